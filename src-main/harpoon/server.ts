import type { Cancellation } from '../base/cancellation.ts';
import { TunnelError } from '../../shared/errors.ts';
import { version } from '../base/version.ts';
import { problemWith } from './arguments.ts';
import type {
  Answered,
  CallArguments,
  Caller,
  CalloutArguments,
  GraphqlArguments,
  PlannedRequest,
  TemplateArguments,
} from './caller.ts';
import type { CallLog } from './call-log.ts';
import { Refusal } from './refusal.ts';
import type { Registry, Target } from './registry.ts';
import { Rewriter } from './rewrite.ts';
import { instructions, toolsFor, type Tool, type ToolLimits } from './tools.ts';

/** MCP revisions of the older era that Harpoon speaks, newest first, and the one of the newer era. */
const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const modernVersion = '2026-07-28';
const versionKey = 'io.modelcontextprotocol/protocolVersion';
const templateArgumentBytes = 32_768;

const serverInfo = { name: 'harpoon', title: 'Harpoon (Constrained HTTP Client)', version };

export interface HarpoonDeps {
  readonly registry: Registry;
  readonly caller: Caller;
  readonly limits: ToolLimits;
  readonly calls: CallLog;
}

interface Asked {
  readonly method: string;
  readonly params: Record<string, unknown>;
  /** The arguments of a tool call as they were written: repeated keys would be lost in `params`. */
  readonly rawArguments: () => string;
}

/** An answer that is a JSON-RPC error. */
class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Harpoon's MCP server: no session, nothing remembered from one message to the next, both eras of the protocol. */
export class HarpoonServer {
  readonly #deps: HarpoonDeps;

  constructor(deps: HarpoonDeps) {
    this.#deps = deps;
  }

  /** The JSON of `result` or `error`, without the envelope. Rejects with `TunnelError` `cancelled` alone. */
  async answer(asked: Asked, cancellation: Cancellation): Promise<string> {
    try {
      return `"result":${json(await this.#result(asked, cancellation))}`;
    } catch (error) {
      if (error instanceof TunnelError) throw error;
      if (error instanceof ProtocolError) return `"error":${json({ code: error.code, message: error.message })}`;
      return `"error":${json({ code: -32_603, message: 'Internal error' })}`;
    }
  }

  get tools(): readonly Tool[] {
    const { registry, limits } = this.#deps;
    const { targets } = registry;
    return toolsFor(limits, {
      templates: targets.some(({ kind }) => kind === 'template'),
      graphql: targets.some((target) => target.kind === 'exact' && target.graphql !== undefined),
      callouts: targets.some((target) => target.kind === 'exact' && target.allowsPaths === true),
    });
  }

  async #result({ method, params, rawArguments }: Asked, cancellation: Cancellation): Promise<unknown> {
    const meta = params['_meta'] as Record<string, unknown> | undefined;
    const isModern = typeof meta?.[versionKey] === 'string';
    const complete = isModern ? { resultType: 'complete' } : {};
    switch (method) {
      case 'initialize':
        return this.#initialize(params);
      case 'server/discover':
        return this.#discover();
      case 'ping':
      case 'logging/setLevel':
        return complete;
      case 'tools/list':
        return { tools: this.tools, ...complete };
      case 'prompts/list':
        return { prompts: [], ...complete };
      case 'resources/list':
        return { resources: [], ...complete };
      case 'resources/templates/list':
        return { resourceTemplates: [], ...complete };
      case 'tools/call':
        return { ...(await this.#call(params, rawArguments, cancellation)), ...complete };
      default:
        throw new ProtocolError(-32_601, `Method not found: ${method.slice(0, 100)}`);
    }
  }

  #initialize(params: Record<string, unknown>): unknown {
    const wanted = params['protocolVersion'];
    const protocolVersion = typeof wanted === 'string' && legacyVersions.includes(wanted) ? wanted : legacyVersions[0];
    return {
      capabilities: { tools: {} },
      instructions: this.#instructions,
      protocolVersion,
      serverInfo,
    };
  }

  #discover(): unknown {
    return {
      resultType: 'complete',
      supportedVersions: [modernVersion],
      capabilities: { tools: {} },
      instructions: this.#instructions,
      _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
    };
  }

  get #instructions(): string {
    return instructions(this.#deps.registry.targets.some(({ kind }) => kind === 'template'));
  }

  async #call(
    params: Record<string, unknown>,
    rawArguments: () => string,
    cancellation: Cancellation,
  ): Promise<Record<string, unknown>> {
    const name = typeof params['name'] === 'string' ? params['name'] : '';
    const tool = this.tools.find((one) => one.name === name);
    if (!tool) throw new ProtocolError(-32_602, `unknown tool ${json(name)}`);
    const given = params['arguments'] ?? {};
    if (name === 'call_target_template') return this.#template(rawArguments(), cancellation);
    // call_target takes a template's arguments as well, as newer callers send them
    const viaCall = name === 'call_target' && this.#isTemplate(given);
    if (viaCall) return this.#template(rawArguments(), cancellation, true);
    const problem = problemWith(given, tool.inputSchema);
    if (problem !== undefined) {
      const { $id = '' } = tool.inputSchema as { $id?: string };
      throw new ProtocolError(-32_602, `invalid params: validating "arguments": validating ${$id}: ${problem}`);
    }
    switch (name) {
      case 'list_targets':
        return this.#list(given);
      case 'get_oauth_target_audience':
        return this.#audience((given as { label: string }).label);
      case 'graphql_callout':
        return this.#run((given as GraphqlArguments).target, cancellation, () =>
          this.#deps.caller.planGraphql(given as GraphqlArguments),
        );
      case 'http_callout':
        return this.#run((given as CalloutArguments).target, cancellation, () =>
          this.#deps.caller.planCallout(given as CalloutArguments),
        );
      default:
        return this.#run((given as CallArguments).label, cancellation, () =>
          this.#deps.caller.planCall(given as CallArguments),
        );
    }
  }

  #isTemplate(given: unknown): boolean {
    const label = (given as { label?: unknown }).label;
    return (
      typeof label === 'string' && this.#deps.registry.get(label)?.kind === 'template' && hasOwn(given, 'parameters')
    );
  }

  async #template(raw: string, cancellation: Cancellation, viaCall = false): Promise<Record<string, unknown>> {
    let given: TemplateArguments;
    try {
      given = strictArguments(raw, viaCall);
    } catch {
      return toolError('', 'invalid template arguments');
    }
    return this.#run(given.label, cancellation, () => this.#deps.caller.planTemplate(given), true);
  }

  /** Plans and sends; `isPrivate`: nothing but label, outcome, status and time is kept of the call, and answers pass as they are. */
  async #run(
    label: string,
    cancellation: Cancellation,
    plan: () => PlannedRequest | Promise<PlannedRequest>,
    isPrivate = false,
  ): Promise<Record<string, unknown>> {
    const { calls, caller, registry } = this.#deps;
    const record = calls.begin(label, isPrivate);
    let request: PlannedRequest | undefined;
    try {
      request = await plan();
      const answered = await caller.send(request, cancellation);
      const shown = isPrivate ? answered : rewritten(answered, new Rewriter(registry.targets));
      record.answered(request, answered, shown.body);
      return callResult(shown, answered.body.length);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(label, 'request failed', { cause: error });
      record.refused(request, refusal);
      if (error instanceof TunnelError && (error.code === 'cancelled' || error.code === 'shutting_down')) throw error;
      return toolError(refusal.label, refusal.reason);
    }
  }

  #list({ categories = [], sources = [], tags = [] }: ListArguments): Record<string, unknown> {
    const clean = (values: readonly string[]): string[] =>
      values.map((value) => value.trim().toLowerCase()).filter((value) => value !== '');
    const [wantedCategories, wantedSources, wantedTags] = [clean(categories), clean(sources), clean(tags)];
    const targets = this.#deps.registry.targets.filter(
      ({ category = '', source = '', tags: has = [] }) =>
        (wantedCategories.length === 0 || wantedCategories.includes(category)) &&
        (wantedSources.length === 0 || wantedSources.includes(source)) &&
        wantedTags.every((tag) => has.includes(tag)),
    );
    const entries = targets.map(listed);
    return {
      content: [{ type: 'text', text: json({ targets: entries }) }],
      structuredContent: { targets: entries.map(sorted) },
    };
  }

  #audience(given: string): Record<string, unknown> {
    const label = given.trim();
    if (label === '') return toolError(label, 'label is required');
    const target = this.#deps.registry.get(label);
    if (!target) return toolError(label, 'unknown target');
    const tags = target.tags ?? [];
    if (
      target.kind !== 'exact' ||
      target.category !== 'oauth' ||
      !tags.includes('auth-server-metadata') ||
      !tags.includes('token-endpoint')
    )
      return toolError(label, 'target is not an OAuth token endpoint');
    if (target.url.hash !== '' || target.url.username !== '')
      return toolError(label, 'target URL cannot be used as an OAuth audience');
    const audience = { audience: target.written };
    return { content: [{ type: 'text', text: json(audience) }], structuredContent: audience };
  }
}

interface ListArguments {
  readonly categories?: readonly string[];
  readonly sources?: readonly string[];
  readonly tags?: readonly string[];
}

const hasOwn = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name);

/** What callers learn of a target: never its address. */
function listed(target: Target): Record<string, unknown> {
  const { label, description, category, source, tags } = target;
  return {
    label,
    ...(description !== undefined && { description }),
    ...(category !== undefined && { category }),
    ...(source !== undefined && { source }),
    ...(tags && tags.length > 0 && { tags }),
    allowed_methods:
      target.kind === 'template'
        ? [target.template.config.method]
        : target.graphql
          ? ['POST']
          : (target.allowedMethods ?? ['GET', 'POST', 'PUT']),
    ...(target.kind === 'exact' && target.graphql && { operations: target.graphql.listed() }),
    ...(target.kind === 'template' && { template_version: 1, parameters_schema: target.template.schema() }),
  };
}

const sorted = (entry: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const toolError = (label: string, reason: string): Record<string, unknown> => ({
  content: [{ type: 'text', text: `label ${label === '' ? 'unknown' : label}: ${reason}` }],
  isError: true,
});

type Shown = Pick<Answered, 'status' | 'headers' | 'body'>;

const rewritten = ({ status, headers, body }: Answered, rewriter: Rewriter): Shown => ({
  status,
  headers: rewriter.headers(headers),
  body: rewriter.json(body),
});

function callResult({ status, headers, body }: Shown, size: number): Record<string, unknown> {
  const named = Object.fromEntries([...headers].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const body_base64 = body.toString('base64');
  const text = json({
    status_code: status,
    ...(headers.size > 0 && { headers: named }),
    ...(body.length > 0 && { body_base64 }),
    body_size_bytes: size,
  });
  return {
    content: [{ type: 'text', text }],
    structuredContent: { body_base64, body_size_bytes: size, headers: named, status_code: status, truncated: false },
  };
}

/** JSON as the reference client writes it: these characters are escaped, which changes nothing for a reader. */
const json = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const templateKeys = new Set(['label', 'parameters', 'headers', 'timeout_ms', 'max_response_bytes']);
const callKeys = new Set([
  ...templateKeys,
  'operation',
  'method',
  'body',
  'content_type',
  'follow_redirects',
  'max_redirects',
]);

/** A template's arguments, read strictly: nothing unknown, nothing twice, nothing deep, nothing null. Throws. */
function strictArguments(raw: string, viaCall: boolean): TemplateArguments {
  if (Buffer.byteLength(raw) > templateArgumentBytes) throw new Error('too large');
  const parsed = parseStrict(raw);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('no object');
  const given = parsed as Record<string, unknown>;
  for (const [name, value] of Object.entries(given))
    if (!(viaCall ? callKeys : templateKeys).has(name) || value === null) throw new Error(name);
  const { label, parameters, headers, timeout_ms: timeout, max_response_bytes: most } = given;
  if (typeof label !== 'string' || typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
    throw new Error('label and parameters');
  if (viaCall && given['body'] !== undefined && given['body'] !== '') throw new Error('body');
  if (
    headers !== undefined &&
    (typeof headers !== 'object' || Object.values(headers as object).some((value) => typeof value !== 'string'))
  )
    throw new Error('headers');
  for (const number of [timeout, most])
    if (number !== undefined && !Number.isInteger(number)) throw new Error('number');
  return given as unknown as TemplateArguments;
}

/** As `JSON.parse`, but refuses repeated keys and more than a few levels. */
function parseStrict(raw: string): unknown {
  const value: unknown = JSON.parse(raw);
  const keys = countKeys(value, 0);
  // each key of the text is one of the value's, or there was one more than the value kept
  let written = 0;
  let inString = false;
  let depth = 0;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === ':') written++;
    else if (character === '{' || character === '[') depth++;
    if (depth > 1_000) throw new Error('too deep');
  }
  if (written !== keys) throw new Error('a key stands twice');
  return value;
}

function countKeys(value: unknown, depth: number): number {
  if (depth > 4) throw new Error('too deep');
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  const own = Array.isArray(value) ? 0 : members.length;
  return members.reduce<number>((sum, member) => sum + countKeys(member, depth + 1), own);
}
