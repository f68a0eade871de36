import { hiddenValue } from '../../shared/trace-view.ts';
import type { Span } from '../json/span.ts';
import { rewrite, type Replacement } from '../json/rewrite.ts';
import { decodeString, JsonReader, JsonSyntaxError } from '../json/scan.ts';
import { findSecrets, maskSpans } from './find-secrets.ts';
import { isSecretMember } from './secret-names.ts';

/** Deeper than this nothing is shown to be safe: the whole value is hidden. */
const maxDepth = 200;

const pointerPart = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

interface Hidden {
  /** Undefined for a member's name that looks like a secret: there is no pointer that would not tell it. */
  readonly pointer: string | undefined;
  readonly span: Span;
  /** What is shown in its place, as JSON. */
  readonly shown: string;
}

interface Found {
  readonly hidden: readonly Hidden[];
  /** Where the bytes stop being JSON, and whether that is below a secret's name; undefined when they are JSON throughout. */
  readonly broken: { readonly at: number; readonly secret: boolean } | undefined;
}

const wholly = JSON.stringify(hiddenValue);
const scalars = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** Every value to be hidden, as far as the bytes are JSON. */
function findHidden(bytes: Buffer): Found {
  const hidden: Hidden[] = [];
  const json = new JsonReader(bytes);
  let inSecret = false;
  const scalar = (pointer: string, secret: boolean): void => {
    const span = json.skip();
    if (bytes[span.start] === 0x22) {
      const text = decodeString(bytes, span) ?? bytes.toString('utf8', span.start + 1, span.end - 1);
      if (text === '') return;
      if (secret) return void hidden.push({ pointer, span, shown: wholly });
      const found = findSecrets(text);
      if (found.length > 0) hidden.push({ pointer, span, shown: JSON.stringify(maskSpans(text, found, hiddenValue)) });
      return;
    }
    const isLong = span.end - span.start > 400;
    if (!isLong && !scalars.test(bytes.toString('latin1', span.start, span.end))) throw new JsonSyntaxError(span.start);
    const isLiteral = /^[tfn]/.test(bytes.toString('latin1', span.start, span.start + 1));
    if (isLong || (secret && !isLiteral)) hidden.push({ pointer, span, shown: wholly });
  };
  const visit = (pointer: string, secret: boolean, depth: number): void => {
    inSecret = secret;
    if (depth > maxDepth) {
      hidden.push({ pointer, span: json.skip(), shown: wholly });
    } else if (json.enterObject()) {
      while (json.nextMember()) {
        const { key } = json;
        const inKey = findSecrets(key);
        const name = maskSpans(key, inKey, hiddenValue);
        if (inKey.length > 0) hidden.push({ pointer: undefined, span: json.keySpan, shown: JSON.stringify(name) });
        visit(`${pointer}/${pointerPart(name)}`, secret || isSecretMember(key), depth + 1);
        inSecret = secret;
      }
    } else if (json.enterArray()) {
      for (let index = 0; json.nextElement(); index++) {
        visit(`${pointer}/${index}`, secret, depth + 1);
        inSecret = secret;
      }
    } else {
      scalar(pointer, secret);
    }
  };
  try {
    visit('', false, 0);
    json.finish();
    return { hidden, broken: undefined };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const last = hidden.at(-1)?.span.end ?? 0;
    return { hidden, broken: { at: Math.max(last, Math.min(json.settled, error.offset)), secret: inSecret } };
  }
}

export interface MaskedText {
  readonly text: string;
  /** JSON Pointers (RFC 6901) of what is hidden, whole or in part. */
  readonly hidden: readonly string[];
}

/**
 * A body as it may be seen: the same bytes, with values that are secret by their name or by their looks replaced. List,
 * search, raw view, copy and export all read this, so that none of them shows or finds what is hidden. What is not JSON,
 * or is cut off, is read as text from where it stops being JSON. Linear in the length of `bytes`.
 */
export function maskJson(bytes: Buffer): MaskedText {
  const { hidden, broken } = findHidden(bytes);
  const end = broken?.at ?? bytes.length;
  const replacements = hidden.map(({ span, shown }): Replacement => ({ span, bytes: Buffer.from(shown) }));
  const known = bytes.subarray(0, end);
  const text = (replacements.length === 0 ? known : rewrite(known, replacements)).toString('utf8');
  const pointers = hidden.flatMap(({ pointer }) => pointer ?? []);
  return { text: broken ? text + maskTail(bytes, broken) : text, hidden: pointers };
}

function maskTail(bytes: Buffer, { at, secret }: { readonly at: number; readonly secret: boolean }): string {
  const tail = bytes.toString('utf8', at);
  if (secret && tail.trim() !== '') return hiddenValue;
  return maskSpans(tail, findSecrets(tail), hiddenValue);
}

/** The JSON text of one hidden value; `undefined` when nothing is hidden there. */
export function revealJson(bytes: Buffer, pointer: string): string | undefined {
  const found = findHidden(bytes).hidden.find((hidden) => hidden.pointer === pointer);
  return found && bytes.toString('utf8', found.span.start, found.span.end);
}

const secretHeaders =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-tunnel-shard-token|mcp-session-id|www-authenticate)$|token|secret|password|api-?key/i;

/** Whether a header's value is hidden. */
export const isSecretHeader = (name: string, value: string): boolean =>
  secretHeaders.test(name) || findSecrets(value).length > 0;

export { isSecretMember } from './secret-names.ts';
