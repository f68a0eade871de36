import type { TunnelError } from '../../shared/errors.ts';

/** A connection that is closed sooner was not closed for being quiet. */
const quietMs = 2_000;
const leastWaitMs = 1_000;
const similar = (a: number, b: number): boolean => Math.abs(a - b) <= 500 + 0.15 * Math.max(a, b);

/** How something on the way ends a connection on which nothing moved: without a word, or with a gateway's. */
const isCut = ({ code, params: { status } }: TunnelError): boolean =>
  code === 'closed_early' || code === 'connect_reset' || status === 504 || status === 408;

export interface Cut {
  readonly cutAfterMs: number;
  readonly waitMs: number;
}

/**
 * Tells a proxy that ends quiet connections from an outage: a poll that was closed without an answer after a long wait is
 * tried again at once, and when the next one is closed at about the same age, polls wait for less than that from then on.
 */
export class CutDetector {
  #waitMs: number;
  #suspect: { readonly age: number; readonly at: number } | undefined;
  #grace = true;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** How long the service is asked to hold a poll, in milliseconds. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** A poll of so many milliseconds failed at a monotonic time: `again` = try at once, a cut = the wait was shortened, undefined = a failure like any other. */
  closed(error: TunnelError, age: number, now: number): Cut | 'again' | undefined {
    if (!isCut(error) || age < quietMs || age > this.#waitMs) return undefined;
    // polls that were out together end together when the other end goes away: only a later one proves anything
    if (this.#suspect && now - age < this.#suspect.at) return 'again';
    if (this.#suspect && similar(this.#suspect.age, age)) {
      const cutAfterMs = Math.round(Math.min(this.#suspect.age, age));
      this.#waitMs = Math.max(leastWaitMs, Math.floor(cutAfterMs * 0.8));
      this.#suspect = undefined;
      return { cutAfterMs, waitMs: this.#waitMs };
    }
    this.#suspect = { age, at: now };
    const again = this.#grace;
    this.#grace = false;
    return again ? 'again' : undefined;
  }

  /** A poll was answered after so many milliseconds. */
  survived(age: number): void {
    this.#grace = true;
    if (this.#suspect && age > this.#suspect.age * 1.2) this.#suspect = undefined;
  }
}
