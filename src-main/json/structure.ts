import { isUtf8 } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

/** How many bytes of a string are looked at one by one before words pay. */
const NEAR = 16;
const noWords = new Int32Array(0);

/** Bit flags per byte: what may stand where. */
const SPACE = 1;
const DIGIT = 2;
const HEX = 4;
const ESCAPE = 8;
const classes = new Uint8Array(256);
const mark = (characters: string, flag: number): void => {
  for (const byte of Buffer.from(characters, 'latin1')) classes[byte] = (classes[byte] ?? 0) | flag;
};
mark(' \n\r\t', SPACE);
mark('0123456789', DIGIT);
mark('0123456789abcdefABCDEF', HEX);
mark('"\\/bfnrt', ESCAPE);

const plain = new Uint8Array(256).fill(1, 0x20);
plain[QUOTE] = 0;
plain[BACKSLASH] = 0;

const is = (bytes: Buffer, index: number, flag: number): boolean => ((classes[bytes[index] ?? 0] ?? 0) & flag) !== 0;

/** Index after the escape whose backslash is at `at`, or -1. */
function afterEscape(bytes: Buffer, at: number): number {
  if (is(bytes, at + 1, ESCAPE)) return at + 2;
  if (bytes[at + 1] !== 0x75) return -1;
  for (let index = at + 2; index < at + 6; index++) if (index >= bytes.length || !is(bytes, index, HEX)) return -1;
  return at + 6;
}

/** Below this a view of its own does not pay. */
const WORTH_WORDS = 256;

/** A message as bytes and, where it is long, as 32-bit words from its first aligned byte, `pad`, on. */
class Text {
  readonly bytes: Buffer;
  readonly #words: Int32Array;
  readonly #pad: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#pad = -bytes.byteOffset & 3;
    const length = bytes.length < WORTH_WORDS ? 0 : (bytes.length - this.#pad) >> 2;
    this.#words = length === 0 ? noWords : new Int32Array(bytes.buffer, bytes.byteOffset + this.#pad, length);
  }

  /** Index of the first byte from `at` on that is not plain text within a string; the length if there is none. */
  afterPlain(at: number): number {
    const { bytes } = this;
    let index = at;
    for (;;) {
      const near = index + NEAR + ((this.#pad - index) & 3);
      while (index < near) {
        if (plain[bytes[index] ?? 0] !== 1) return index;
        index++;
      }
      // Four bytes a step: some byte is below 0x20, a quote or a backslash exactly where a high bit remains.
      const words = this.#words;
      let word = (index - this.#pad) >> 2;
      for (; word < words.length; word++) {
        const four = words[word] ?? 0;
        const found = (four - 0x20202020) | ((four ^ 0x22222222) - 0x01010101) | ((four ^ 0x5c5c5c5c) - 0x01010101);
        if ((found & ~four & 0x80808080) !== 0) break;
      }
      index = Math.max(index, this.#pad + (word << 2));
    }
  }
}

/** Index after the string whose opening quote is at `at`, or -1 when it does not end, or holds a control character or a bad escape. */
function afterString(text: Text, at: number): number {
  const { bytes } = text;
  let index = at + 1;
  for (;;) {
    index = text.afterPlain(index);
    const byte = bytes[index];
    if (byte === QUOTE) return index + 1;
    if (byte !== BACKSLASH) return -1;
    index = afterEscape(bytes, index);
    if (index < 0) return -1;
  }
}

/** Index after the number that starts at `at`, or -1. */
function afterNumber(bytes: Buffer, at: number): number {
  let index = bytes[at] === 0x2d ? at + 1 : at;
  if (!is(bytes, index, DIGIT)) return -1;
  if (bytes[index] === 0x30) index++;
  else while (is(bytes, index, DIGIT)) index++;
  if (bytes[index] === 0x2e) {
    index++;
    if (!is(bytes, index, DIGIT)) return -1;
    while (is(bytes, index, DIGIT)) index++;
  }
  if (bytes[index] === 0x65 || bytes[index] === 0x45) {
    index++;
    if (bytes[index] === 0x2b || bytes[index] === 0x2d) index++;
    if (!is(bytes, index, DIGIT)) return -1;
    while (is(bytes, index, DIGIT)) index++;
  }
  return index;
}

const afterWord = (bytes: Buffer, at: number, word: string): number =>
  bytes.toString('latin1', at, at + word.length) === word ? at + word.length : -1;

/** Index after the string, number or literal that starts at `at`, or -1. */
function afterScalar(text: Text, at: number): number {
  const { bytes } = text;
  switch (bytes[at]) {
    case QUOTE:
      return afterString(text, at);
    case 0x74:
      return afterWord(bytes, at, 'true');
    case 0x66:
      return afterWord(bytes, at, 'false');
    case 0x6e:
      return afterWord(bytes, at, 'null');
    default:
      return afterNumber(bytes, at);
  }
}

function isJson(bytes: Buffer): boolean {
  const text = new Text(bytes);
  const open: number[] = [];
  let index = 0;
  const space = (): void => {
    while (is(bytes, index, SPACE)) index++;
  };
  /** Moves past `"key":` to the value. */
  const key = (): boolean => {
    if (bytes[index] !== QUOTE) return false;
    index = afterString(text, index);
    if (index < 0) return false;
    space();
    if (bytes[index] !== 0x3a) return false;
    index++;
    space();
    return true;
  };

  space();
  for (;;) {
    // A value starts here.
    const byte = bytes[index];
    if (byte === OPEN_BRACE || byte === 0x5b) {
      index++;
      space();
      if (bytes[index] !== byte + 2) {
        open.push(byte);
        if (byte === OPEN_BRACE && !key()) return false;
        continue;
      }
      index++;
    } else {
      index = afterScalar(text, index);
      if (index < 0) return false;
    }
    // A value ended here: close what closes, then go on after a comma.
    for (;;) {
      space();
      const container = open.at(-1);
      if (container === undefined) return index === bytes.length;
      const next = bytes[index];
      index++;
      if (next === 0x2c) {
        space();
        if (container === OPEN_BRACE && !key()) return false;
        break;
      }
      if (next !== container + 2) return false;
      open.pop();
    }
  }
}

/**
 * Whether the bytes are one complete JSON value in valid UTF-8: what `JSON.parse` would accept, nothing more and nothing
 * less, found without building it. Whatever goes into the envelope of a response must pass, lest a body such as
 * `{}},"resp_code":…` end the envelope early. Nesting is bounded by memory alone.
 */
export const isWellFormed = (bytes: Buffer): boolean => isUtf8(bytes) && isJson(bytes);
