import { LineSplitter } from '../../json/lines.ts';
import type { Redact } from '../../detect/redact.ts';
import { LogBudget, type StdioLog } from './stdio-log.ts';

/** Lines that are kept for the state and for the trace of calls that a crash takes down: a stack and what led to it. */
const ringSize = 40;
/** Longer lines are cut: it is a log, not a dump. */
const longestLine = 2_000;

/** A child's stderr: the last lines for people, and a stream to the log that a flood cannot swell. All of it masked. */
export class StderrLog {
  readonly #redact: Redact;
  readonly #log: StdioLog;
  readonly #budget: LogBudget;
  readonly #reader: LineSplitter;
  #ring: string[] = [];

  /** `now` in monotonic milliseconds. */
  constructor(redact: Redact, log: StdioLog, now: () => number) {
    this.#redact = redact;
    this.#log = log;
    this.#budget = new LogBudget(now, 200, 50);
    this.#reader = new LineSplitter(64 * 1024, {
      onLine: (line) => this.#take(line),
      onOverlong: (head) => this.#take(head),
    });
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  /** The last lines, oldest first. What has no line end yet counts once the stream is over. */
  get last(): string[] {
    // Masked when asked for: a flood costs no regular expressions.
    return this.#ring.map((line) => this.#redact(line));
  }

  end(): void {
    this.#reader.end();
    this.#reportSuppressed();
  }

  #take(line: Buffer): void {
    const text = line.toString('utf8', 0, longestLine);
    if (this.#ring.length >= ringSize) this.#ring.shift();
    this.#ring.push(text);
    if (!this.#budget.take()) return;
    this.#reportSuppressed();
    this.#log({ kind: 'stderr', text: this.#redact(text) });
  }

  #reportSuppressed(): void {
    const lines = this.#budget.takeSuppressed();
    if (lines > 0) this.#log({ kind: 'stderr-suppressed', lines });
  }
}
