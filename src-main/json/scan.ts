import type { Span } from './span.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** How many bytes of a string are looked at one by one before a native search pays for its call. */
const NEAR = 48;

/** What was read is not JSON, as far as the reader had to look. `offset` is in bytes. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly offset: number;

  constructor(offset: number) {
    super(`not JSON at byte ${offset}`);
    this.offset = offset;
  }
}

/** Index after the string whose opening quote is at `at`, or -1. Does not judge control characters and escapes. */
function endOfString(bytes: Buffer, at: number, end: number): number {
  let index = at + 1;
  for (;;) {
    const near = Math.min(index + NEAR, end);
    while (index < near) {
      const byte = bytes[index];
      if (byte === QUOTE) return index + 1;
      index += byte === BACKSLASH ? 2 : 1;
    }
    if (index >= end) return -1;
    const quote = bytes.indexOf(QUOTE, index);
    if (quote < 0 || quote >= end) return -1;
    let backslashes = 0;
    while (quote - backslashes > index && bytes[quote - backslashes - 1] === BACKSLASH) backslashes++;
    index = quote + 1;
    if (backslashes % 2 === 0) return index;
  }
}

/** Index after the container that opens at `at`, or -1. Counts brackets; which kind closes which is `isWellFormed`'s business. */
function endOfContainer(bytes: Buffer, at: number, end: number): number {
  let depth = 0;
  let index = at;
  while (index < end) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      index = endOfString(bytes, index, end);
      if (index < 0) return -1;
      continue;
    }
    index++;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return index;
  }
  return -1;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Index after the number or literal that starts at `at`. */
function endOfScalar(bytes: Buffer, at: number, end: number): number {
  let index = at;
  for (; index < end; index++) {
    const byte = bytes[index];
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte)) break;
    if (byte === QUOTE || byte === COLON || byte === OPEN_BRACE || byte === OPEN_BRACKET) return -1;
  }
  return index === at ? -1 : index;
}

/**
 * Walks a JSON document in one pass and hands out the byte ranges of its values, without building any of them. Enter a
 * container, take its members or elements one by one, and either enter or `skip` each value:
 *
 *     if (json.enterObject()) while (json.nextMember()) if (json.key === 'id') id = json.skip(); else json.skip();
 *
 * Every method throws `JsonSyntaxError` where the bytes stop making sense; the reader looks only at what it needs, so
 * check with `isWellFormed` what has to be JSON throughout. Offsets are absolute in `bytes`. A leading BOM is passed over.
 */
export class JsonReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #first = false;
  #keyStart = 0;
  #keyEnd = 0;
  #settled = 0;

  constructor(bytes: Buffer, span: Span = { start: 0, end: bytes.length }) {
    this.#bytes = bytes;
    this.#at = span.start;
    this.#end = span.end;
    if (bytes[span.start] === 0xef && bytes[span.start + 1] === 0xbb && bytes[span.start + 2] === 0xbf) this.#at += 3;
  }

  /** The current member's key, decoded. */
  get key(): string {
    return keyAt(this.#bytes, this.#keyStart, this.#keyEnd);
  }

  /** The current member's key, quotes included. */
  get keySpan(): Span {
    return { start: this.#keyStart, end: this.#keyEnd };
  }

  /** Where the next value begins. */
  peek(): number {
    this.#space();
    return this.#at;
  }

  /** Where the reader is. */
  get at(): number {
    return this.#at;
  }

  /** Where the last value, member name or bracket that could be read ends: all before it is JSON as far as the reader looked. */
  get settled(): number {
    return this.#settled;
  }

  /** Steps into the object that is the next value; false, and nothing moves, when the next value is something else. */
  enterObject(): boolean {
    return this.#enter(OPEN_BRACE);
  }

  /** Steps into the array that is the next value; false, and nothing moves, when the next value is something else. */
  enterArray(): boolean {
    return this.#enter(OPEN_BRACKET);
  }

  /** Moves to the next member of the object entered last; false once the object is over and left. */
  nextMember(): boolean {
    if (!this.#next(CLOSE_BRACE)) return false;
    if (this.#bytes[this.#at] !== QUOTE) throw new JsonSyntaxError(this.#at);
    this.#keyStart = this.#at;
    this.#keyEnd = this.#checked(endOfString(this.#bytes, this.#at, this.#end));
    this.#at = this.#keyEnd;
    this.#space();
    if (this.#bytes[this.#at] !== COLON || this.#at >= this.#end) throw new JsonSyntaxError(this.#at);
    this.#at++;
    this.#settled = this.#at;
    return true;
  }

  /** Moves to the next element of the array entered last; false once the array is over and left. */
  nextElement(): boolean {
    return this.#next(CLOSE_BRACKET);
  }

  /** Passes over the next value, whatever it is, and returns where it is. */
  skip(): Span {
    this.#space();
    const start = this.#at;
    const byte = start < this.#end ? this.#bytes[start] : undefined;
    if (byte === undefined) throw new JsonSyntaxError(start);
    const end =
      byte === QUOTE
        ? endOfString(this.#bytes, start, this.#end)
        : byte === OPEN_BRACE || byte === OPEN_BRACKET
          ? endOfContainer(this.#bytes, start, this.#end)
          : endOfScalar(this.#bytes, start, this.#end);
    this.#at = this.#checked(end);
    this.#settled = end;
    return { start, end };
  }

  /** Throws unless nothing but white space is left. */
  finish(): void {
    this.#space();
    if (this.#at < this.#end) throw new JsonSyntaxError(this.#at);
  }

  #enter(open: number): boolean {
    this.#space();
    if (this.#at >= this.#end) throw new JsonSyntaxError(this.#at);
    if (this.#bytes[this.#at] !== open) return false;
    this.#at++;
    this.#first = true;
    return true;
  }

  #next(close: number): boolean {
    this.#space();
    if (this.#at >= this.#end) throw new JsonSyntaxError(this.#at);
    const byte = this.#bytes[this.#at];
    const first = this.#first;
    this.#first = false;
    if (byte === close) {
      this.#at++;
      return false;
    }
    if (first) return true;
    if (byte !== COMMA) throw new JsonSyntaxError(this.#at);
    this.#at++;
    this.#space();
    return true;
  }

  #space(): void {
    while (this.#at < this.#end && isSpace(this.#bytes[this.#at])) this.#at++;
  }

  #checked(end: number): number {
    if (end < 0) throw new JsonSyntaxError(this.#at);
    return end;
  }
}

/** Decodes the string token (quotes included) between two offsets, where the bytes say that it is one. */
function keyAt(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    throw new JsonSyntaxError(start);
  }
}

/** The string at `span`, decoded; undefined when the value is not a string or its escapes are broken. */
export function decodeString(bytes: Buffer, span: Span): string | undefined {
  if (bytes[span.start] !== QUOTE || span.end - span.start < 2) return undefined;
  try {
    return keyAt(bytes, span.start, span.end);
  } catch {
    return undefined;
  }
}

/** Whether the value at `span` is this literal. */
export const isLiteral = (bytes: Buffer, span: Span, literal: 'null' | 'true'): boolean =>
  span.end - span.start === 4 &&
  bytes[span.start] === literal.charCodeAt(0) &&
  bytes.toString('latin1', span.start, span.end) === literal;

/** Whether the value at `span` is `null`. */
export const isNull = (bytes: Buffer, span: Span): boolean => isLiteral(bytes, span, 'null');
