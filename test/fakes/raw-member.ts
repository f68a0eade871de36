/**
 * Finds a top-level member of a JSON object without parsing its value, so that a test can compare bytes. Written for
 * tests alone, plainly and slowly: it shares nothing with the engine's scanner, which it is there to judge.
 */

const isSpace = (char: string): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t';

function skipSpace(text: string, at: number): number {
  while (at < text.length && isSpace(text[at]!)) at += 1;
  return at;
}

function endOfString(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index + 1;
  }
  throw new Error('unterminated string');
}

function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return endOfString(text, at);
  if (first !== '{' && first !== '[') {
    let index = at;
    while (index < text.length && !isSpace(text[index]!) && !',]}'.includes(text[index]!)) index += 1;
    return index;
  }
  let depth = 0;
  for (let index = at; index < text.length;) {
    const char = text[index]!;
    if (char === '"') {
      index = endOfString(text, index);
      continue;
    }
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    index += 1;
    if (depth === 0) return index;
  }
  throw new Error('unterminated value');
}

/** The values of every top-level member called `name`, in order, as the exact text they have in `json` (latin1 in, latin1 out for bytes). */
export function rawMembers(json: string, name: string): string[] {
  const found: string[] = [];
  let at = skipSpace(json, 0);
  if (json[at] !== '{') throw new Error('not an object');
  at = skipSpace(json, at + 1);
  while (json[at] !== '}') {
    const keyEnd = endOfString(json, at);
    const key = JSON.parse(json.slice(at, keyEnd)) as string;
    at = skipSpace(json, keyEnd);
    if (json[at] !== ':') throw new Error(`no colon at ${at}`);
    at = skipSpace(json, at + 1);
    const end = endOfValue(json, at);
    if (key === name) found.push(json.slice(at, end));
    at = skipSpace(json, end);
    if (json[at] === ',') at = skipSpace(json, at + 1);
    else if (json[at] !== '}') throw new Error(`no comma at ${at}`);
  }
  return found;
}

/** The last member called `name` (the one that counts when keys repeat), as bytes; undefined when there is none. */
export function rawMember(json: Buffer | string, name: string): Buffer | undefined {
  const text = typeof json === 'string' ? Buffer.from(json).toString('latin1') : json.toString('latin1');
  const value = rawMembers(text, name).at(-1);
  return value === undefined ? undefined : Buffer.from(value, 'latin1');
}
