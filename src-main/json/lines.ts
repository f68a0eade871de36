const LF = 0x0a;
const CR = 0x0d;

/** How much of an overlong line is kept to tell whose it was. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 1024;

export interface LineListener {
  /** One line without its line end; blank lines are passed over. Often a slice of the chunk: copy what is to outlive it. */
  onLine(line: Buffer): void;
  /** A line grew beyond the cap: called once, as soon as it does, with how it begins; its rest is discarded. */
  onOverlong(head: Buffer): void;
  /** The overlong line has ended, with these bytes: many servers write an answer's id last. */
  onOverlongEnd?(tail: Buffer): void;
}

/**
 * Newline-delimited framing (MCP stdio) over chunks that split lines, `\r\n` and characters anywhere. A line that lies
 * within one chunk is not copied; no more than `maxBytes` of one that does not is held.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #listener: LineListener;
  #parts: Buffer[] = [];
  #held = 0;
  /** The last bytes so far of an overlong line, while its rest is discarded. */
  #tail: Buffer | undefined;

  constructor(maxBytes: number, listener: LineListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk, start, end);
      this.#finishLine();
      start = end + 1;
    }
    this.#hold(chunk, start, chunk.length);
  }

  /** The stream ended: what is left is a line. */
  end(): void {
    this.#finishLine();
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    if (start === end) return;
    if (this.#tail !== undefined) {
      const part = chunk.subarray(start, end);
      this.#tail = Buffer.from(
        (part.length < TAIL_BYTES ? Buffer.concat([this.#tail, part]) : part).subarray(-TAIL_BYTES),
      );
      return;
    }
    this.#parts.push(chunk.subarray(start, end));
    this.#held += end - start;
    // One byte more for the `\r` that may yet turn out to be part of the line end.
    if (this.#held <= this.#maxBytes + 1) return;
    const line = this.#take();
    this.#tail = Buffer.from(line.subarray(-TAIL_BYTES));
    this.#listener.onOverlong(line.subarray(0, HEAD_BYTES));
  }

  #finishLine(): void {
    if (this.#tail !== undefined) {
      const tail = this.#tail;
      this.#tail = undefined;
      this.#listener.onOverlongEnd?.(tail);
      return;
    }
    if (this.#held === 0) return;
    const held = this.#take();
    const line = held[held.length - 1] === CR ? held.subarray(0, -1) : held;
    if (line.length > this.#maxBytes) {
      this.#listener.onOverlong(line.subarray(0, HEAD_BYTES));
      this.#listener.onOverlongEnd?.(line.subarray(-TAIL_BYTES));
    } else if (line.length > 0) this.#listener.onLine(line);
  }

  #take(): Buffer {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts, this.#held);
    this.#parts = [];
    this.#held = 0;
    return line;
  }
}
