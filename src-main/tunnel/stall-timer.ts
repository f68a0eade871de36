import type { Clock } from '../base/clock.ts';

/** Fires once when nothing moved for a while. That something moved costs a number, not a timer. */
export class StallTimer {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #stalled: () => void;
  #movedAt: number;
  #stop: () => void;

  /** Runs from now on; `stalled` is called `ms` after the last move. */
  constructor(clock: Clock, ms: number, stalled: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#stalled = stalled;
    this.#movedAt = clock.now();
    this.#stop = clock.after(ms, () => this.#look());
  }

  moved(): void {
    this.#movedAt = this.#clock.now();
  }

  stop(): void {
    this.#stop();
  }

  #look(): void {
    const left = this.#movedAt + this.#ms - this.#clock.now();
    // Timers may go off a fraction early.
    if (left > 1) this.#stop = this.#clock.after(left, () => this.#look());
    else this.#stalled();
  }
}
