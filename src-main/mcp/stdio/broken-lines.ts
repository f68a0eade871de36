import { readMessage } from '../../json/message.ts';
import { isWellFormed } from '../../json/structure.ts';

const OPEN = 0x7b;
const CLOSE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** How much of a message that is printed over several lines is held. */
const mostHeld = 1024 * 1024;
const mostLines = 20_000;
/** Where a message may begin behind something else on its line: so many braces are tried, so far in. */
const mostTries = 8;
const bannerBytes = 4_096;

const isMessage = (bytes: Buffer): boolean => readMessage(bytes).kind !== 'invalid' && isWellFormed(bytes);

/**
 * A message on a line that holds something else as well: a BOM, a colour code, a NUL, a banner before it, or a reset code
 * after it. Undefined when there is none.
 */
function within(line: Buffer): Buffer | undefined {
  const last = line.lastIndexOf(CLOSE);
  let at = line.indexOf(OPEN);
  for (let tries = 0; at >= 0 && at < last && at <= bannerBytes && tries < mostTries; tries++) {
    const part = line.subarray(at, last + 1);
    if (part.length < line.length && isMessage(part)) return Buffer.from(part);
    at = line.indexOf(OPEN, at + 1);
  }
  return undefined;
}

/** How a text that begins with `{` goes on: still open, closed at its end, or something else. */
class Braces {
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** Whether the object that began is over with the end of this line; undefined when what came is none. */
  push(line: Buffer): boolean | undefined {
    for (const [index, byte] of line.entries()) {
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN || byte === 0x5b) this.#depth++;
      else if (byte === CLOSE || byte === 0x5d) {
        this.#depth--;
        if (
          this.#depth <= 0 &&
          line
            .subarray(index + 1)
            .toString('latin1')
            .trim() !== ''
        )
          return undefined;
      }
    }
    // a string ends on its line
    return this.#inString ? undefined : this.#depth <= 0;
  }
}

/**
 * Puts together what servers write that is not one message on one line each: messages behind banners and colour codes, and
 * messages printed over several lines. Bounded; it looks only at lines that are no message by themselves.
 */
export class BrokenLines {
  #parts: Buffer[] = [];
  #held = 0;
  #braces: Braces | undefined;

  /**
   * `line` is no JSON-RPC message by itself, and may be reused by the reader. Returns the message that it holds or ends;
   * `more` when it may be the beginning of one; `garbage` otherwise.
   */
  take(line: Buffer): Buffer | 'more' | 'garbage' {
    const message = within(line);
    if (message) {
      this.clear();
      return message;
    }
    if (!this.#braces) {
      // printed over several lines, an object begins with its brace alone
      if (line.length > 100 || line.toString('latin1').trim() !== '{') return 'garbage';
      this.#braces = new Braces();
    }
    return this.#add(line);
  }

  /** A message came on a line of its own: what was begun before will not be one. */
  clear(): void {
    this.#parts = [];
    this.#held = 0;
    this.#braces = undefined;
  }

  #add(line: Buffer): Buffer | 'more' | 'garbage' {
    this.#parts.push(Buffer.from(line), Buffer.from(' '));
    this.#held += line.length + 1;
    const isOver = this.#braces?.push(line);
    if (isOver === undefined || this.#held > mostHeld || this.#parts.length > 2 * mostLines) {
      this.clear();
      return 'garbage';
    }
    if (!isOver) return 'more';
    const whole = Buffer.concat(this.#parts);
    this.clear();
    return isMessage(whole) ? whole : 'garbage';
  }
}
