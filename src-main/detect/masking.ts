import { hiddenValue } from '../../shared/trace-view.ts';
import type { Span } from '../json/span.ts';
import { rewrite, type Replacement } from '../json/rewrite.ts';
import { decodeString, JsonReader } from '../json/scan.ts';

/** Deeper than this nothing is shown to be safe: the whole value is hidden. */
const maxDepth = 200;

/** Members whose values are hidden whatever they hold, in snake case. */
const secretNames =
  /(^|_)(api_?key|secret|secret_key|(access|refresh|id|auth|bearer|session|csrf|api)_token|token|password|passwd|passphrase|private_key|client_secret|authorization|cookie|set_cookie|credentials?|email|phone|ssn|iban|card_number)$/;

/** Names that end like a secret's and are none. */
const harmlessNames = /^(progress_token|next_page_token|page_token|public_key)$/;

/** Values that look like a secret, wherever they stand. */
const secretValue =
  /\b(sk|pk|rk)[-_][A-Za-z0-9][A-Za-z0-9_-]{14,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bglpat-[\w-]{16,}|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\beyJ[\w-]{8,}\.[\w-]{8,}|\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^\s/:@]+:[^\s/@]+@/;

const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();

export function isSecretMember(name: string): boolean {
  const snake = snakeCase(name);
  return secretNames.test(snake) && !harmlessNames.test(snake);
}

const pointerPart = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

interface Hidden {
  readonly pointer: string;
  readonly span: Span;
}

/** Every value to be hidden. Throws `JsonSyntaxError` where the bytes are not JSON. */
function findHidden(bytes: Buffer): Hidden[] {
  const hidden: Hidden[] = [];
  const json = new JsonReader(bytes);
  const visit = (pointer: string, secret: boolean, depth: number): void => {
    if (depth > maxDepth) {
      hidden.push({ pointer, span: json.skip() });
    } else if (json.enterObject()) {
      while (json.nextMember()) {
        const { key } = json;
        visit(`${pointer}/${pointerPart(key)}`, secret || isSecretMember(key), depth + 1);
      }
    } else if (json.enterArray()) {
      for (let index = 0; json.nextElement(); index++) visit(`${pointer}/${index}`, secret, depth + 1);
    } else {
      const span = json.skip();
      const text = bytes[span.start] === 0x22 ? decodeString(bytes, span) : undefined;
      const empty = text === '' || (text === undefined && /^[ntf]/.test(String.fromCharCode(bytes[span.start] ?? 0)));
      if ((secret && !empty) || (text !== undefined && secretValue.test(text))) hidden.push({ pointer, span });
    }
  };
  visit('', false, 0);
  json.finish();
  return hidden;
}

export interface MaskedText {
  readonly text: string;
  /** JSON Pointers (RFC 6901) of what is hidden. */
  readonly hidden: readonly string[];
}

const mask = Buffer.from(JSON.stringify(hiddenValue));

/**
 * A body as it may be seen: the same bytes, with values that are secret by their name or by their looks replaced. List,
 * search, raw view, copy and export all read this, so that none of them shows or finds what is hidden.
 */
export function maskJson(bytes: Buffer): MaskedText {
  let hidden: Hidden[];
  try {
    hidden = findHidden(bytes);
  } catch {
    // not JSON, or cut off: hide every line that might hold a secret
    const lines = bytes.toString('utf8').split('\n');
    const safe = lines.map((line) => (secretValue.test(line) || isSuspicious(line) ? hiddenValue : line));
    return { text: safe.join('\n'), hidden: [] };
  }
  if (hidden.length === 0) return { text: bytes.toString('utf8'), hidden: [] };
  const replacements = hidden.map(({ span }): Replacement => ({ span, bytes: mask }));
  return { text: rewrite(bytes, replacements).toString('utf8'), hidden: hidden.map(({ pointer }) => pointer) };
}

const isSuspicious = (line: string): boolean =>
  [...line.matchAll(/([A-Za-z][\w-]*)["']?\s*[:=]/g)].some((match) => isSecretMember(match[1] ?? ''));

/** The JSON text of one hidden value; `undefined` when nothing is hidden there. */
export function revealJson(bytes: Buffer, pointer: string): string | undefined {
  try {
    const found = findHidden(bytes).find((hidden) => hidden.pointer === pointer);
    return found && bytes.toString('utf8', found.span.start, found.span.end);
  } catch {
    return undefined;
  }
}

const secretHeaders =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-tunnel-shard-token|mcp-session-id|www-authenticate)$|token|secret|password|api-?key/i;

/** Whether a header's value is hidden. */
export const isSecretHeader = (name: string, value: string): boolean =>
  secretHeaders.test(name) || secretValue.test(value);
