import { isUtf8 } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

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

/** Index after the string whose opening quote is at `at`, or -1 when it does not end, or holds a control character or a bad escape. */
function afterString(bytes: Buffer, at: number): number {
  let index = at + 1;
  for (;;) {
    while (plain[bytes[index] ?? 0] === 1) index++;
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
function afterScalar(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return afterString(bytes, at);
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
  const open: number[] = [];
  let index = 0;
  const space = (): void => {
    while (is(bytes, index, SPACE)) index++;
  };
  /** Moves past `"key":` to the value. */
  const key = (): boolean => {
    if (bytes[index] !== QUOTE) return false;
    index = afterString(bytes, index);
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
      index = afterScalar(bytes, index);
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
