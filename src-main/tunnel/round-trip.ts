const windowMs = 30_000;

/**
 * The shortest round trip to the control plane seen lately, in milliseconds: the way itself, without what a busy service or
 * a busy process adds to it. Of the last 30 to 60 seconds, so that a way that became longer is noticed.
 */
export class RoundTrip {
  #current = Infinity;
  #previous = Infinity;
  #since = -Infinity;

  saw(ms: number, now: number): void {
    if (now - this.#since > windowMs) {
      this.#previous = now - this.#since > 2 * windowMs ? Infinity : this.#current;
      this.#current = Infinity;
      this.#since = now;
    }
    if (ms < this.#current) this.#current = ms;
  }

  /** Infinity as long as nothing is known. */
  get shortestMs(): number {
    return Math.min(this.#current, this.#previous);
  }

  /** The way is another one now. */
  forget(): void {
    this.#current = this.#previous = Infinity;
  }
}
