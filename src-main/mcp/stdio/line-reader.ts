const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What is kept of a line that is too long: enough to tell whose answer it was. */
const kept = 1_024;

export interface LineHandlers {
  /** One line without its end, never empty. A view into the chunk where that is possible: copy what outlives the call. */
  onLine(line: Buffer): void;
  /** A line of more than `limit` bytes was thrown away, but for its first and last kilobyte. */
  onTooLong(head: Buffer, tail: Buffer): void;
}

/** Cuts a byte stream into lines. Works on bytes, so that a character split between two chunks stays whole. */
export class LineReader {
  readonly #limit: number;
  readonly #handlers: LineHandlers;
  #parts: Buffer[] = [];
  #size = 0;
  /** Set while a line beyond the limit is thrown away: its first bytes. */
  #head: Buffer | undefined;

  /** `limit` in bytes. */
  constructor(limit: number, handlers: LineHandlers) {
    this.#limit = limit;
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  /** The stream is over: what it ended with counts as a line. */
  end(): void {
    this.#endLine();
  }

  #add(part: Buffer): void {
    if (this.#size + part.length > this.#limit) this.#head ??= this.#first(part);
    this.#size += part.length;
    this.#parts.push(part);
    // Too long: only the tail matters now.
    if (this.#head !== undefined && this.#parts.length > 1)
      this.#parts = [Buffer.from(Buffer.concat(this.#parts).subarray(-kept))];
  }

  #first(part: Buffer): Buffer {
    const line: Buffer = this.#parts[0] ?? part;
    return Buffer.from(
      line.length >= kept ? line.subarray(0, kept) : Buffer.concat([...this.#parts, part]).subarray(0, kept),
    );
  }

  #endLine(): void {
    const parts = this.#parts;
    const head = this.#head;
    const [first] = parts;
    this.#parts = [];
    this.#size = 0;
    this.#head = undefined;
    if (first === undefined) return;
    if (head !== undefined) {
      this.#handlers.onTooLong(head, Buffer.concat(parts).subarray(-kept));
      return;
    }
    let line = parts.length === 1 ? first : Buffer.concat(parts);
    if (line.at(-1) === CARRIAGE_RETURN) line = line.subarray(0, -1);
    if (line.length > 0) this.#handlers.onLine(line);
  }
}
