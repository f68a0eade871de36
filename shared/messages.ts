import { variantOf } from './error-variants.ts';
import { errorWords } from './error-words.ts';
import type { ErrorCode, ErrorParams, Leg, TunnelErrorData } from './errors.ts';
import { printable } from './printable.ts';
import { serviceWords } from './service-codes.ts';
import type { Words } from './words.ts';

const parties: Readonly<Record<Leg, string>> = {
  'control-plane': 'the control plane',
  'mcp-server': 'the MCP server',
  oauth: 'the authorization server',
  harpoon: 'the Harpoon target',
  local: 'this machine',
};

const token = /\[([^[\]]*)\]|\{(\w+)(?:\|([^}]*))?\}/g;

function render(template: string, params: ErrorParams): string {
  return template.replace(token, (_whole, optional: string | undefined, name: string, otherwise?: string) => {
    if (optional !== undefined) {
      const needed = [...optional.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      return needed.some((key) => params[key] === undefined) ? '' : render(optional, params);
    }
    return printable(String(params[name] ?? otherwise ?? name));
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Our own words begin with a capital; what a parameter says, such as a file's name, stays as it is. */
function say(template: string, params: ErrorParams): string {
  const text = render(template, params);
  const [, first] = /^\{(\w+)/.exec(template) ?? [];
  return first === undefined || params[first] === undefined ? capital(text) : text;
}

/** Answers of the control plane that carry a code of its own, which says more than their status. */
const answered: ReadonlySet<ErrorCode> = new Set([
  'unauthorized',
  'forbidden',
  'tunnel_not_found',
  'rate_limited',
  'control_plane_error',
  'unexpected_status',
  'admin_key_refused',
  'management_forbidden',
  'management_refused',
]);

const fromService = ({ code, params }: TunnelErrorData): Words | undefined =>
  answered.has(code) ? serviceWords(params['detail']) : undefined;

/** What was typed has no place in a file: the flag says it all. */
const typed: Words = {
  title: 'The command line has a mistake',
  cause: '{field|A flag}: {problem|its value is not allowed}[ (allowed: {allowed})].',
  next: '{hint|Correct it and try again.}',
};
const fromCommandLine = ({ code, params }: TunnelErrorData): Words | undefined =>
  code === 'config_invalid' && params['file'] === 'the command line' ? typed : undefined;

/** The three sentences of an error, for people. Takes what crossed IPC as well as a thrown `TunnelError`. */
export function describe(error: TunnelErrorData): Words {
  const where = parties[error.leg];
  const params = { ...error.params, where, Where: capital(where) };
  const { title, cause, next } =
    fromService(error) ?? fromCommandLine(error) ?? variantOf(error) ?? errorWords[error.code];
  return { title: say(title, params), cause: say(cause, params), next: say(next, params) };
}

/** The whole of it in one line: state, reason, next step. */
export function sentence(error: TunnelErrorData): string {
  const { title, cause, next } = describe(error);
  return `${title}. ${cause} ${next}`;
}
