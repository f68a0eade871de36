/**
 * The relay's own reading of JSON, which shares nothing with the client's: two that read with the same code prove little
 * about each other. Validity is `JSON.parse`'s word; places are found afterwards, in bytes that are known to be valid.
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value of valid UTF-8 JSON; undefined for anything else. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const quote = 0x22;
const backslash = 0x5c;
const openers = new Set([0x5b, 0x7b]);
const closers = new Set([0x5d, 0x7d]);
const blank = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Index behind the string that begins at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  let index = at + 1;
  while (bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1;
  return index + 1;
}

/** The bytes of each member's value of a valid JSON object; of a repeated member the last. */
export function membersOf(bytes: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>();
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  const close = (end: number): void => {
    if (key === undefined) return;
    let last = end;
    while (blank.has(bytes[last - 1] ?? 0)) last--;
    members.set(key, bytes.subarray(start, last));
    key = undefined;
  };
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === quote) {
      const end = stringEnd(bytes, index);
      if (depth === 1 && key === undefined) {
        key = JSON.parse(bytes.toString('utf8', index, end)) as string;
        start = bytes.indexOf(':', end) + 1;
        while (blank.has(bytes[start] ?? 0)) start++;
        index = start - 1;
      } else {
        index = end - 1;
      }
    } else if (openers.has(byte)) {
      depth++;
    } else if (closers.has(byte)) {
      if (depth === 1) close(index);
      depth--;
    } else if (byte === 0x2c && depth === 1) {
      close(index);
    }
  }
  return members;
}

/** A whole pair is one character here, and none of these. */
const loneSurrogate = /\p{Surrogate}/u;

/** Whether a text in it holds half of a surrogate pair, which no UTF-8 can carry on. */
export function hasLoneSurrogate(bytes: Buffer, value: unknown): boolean {
  // only an escape can have brought one in
  if (!/\\u[dD][89a-fA-F]/.test(bytes.toString('latin1'))) return false;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') {
      if (loneSurrogate.test(next)) return true;
    } else if (typeof next === 'object' && next !== null) {
      for (const [name, inner] of Object.entries(next)) {
        if (loneSurrogate.test(name)) return true;
        waiting.push(inner);
      }
    }
  }
  return false;
}
