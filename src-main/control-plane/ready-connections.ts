import type { Clock } from '../base/clock.ts';

/** Idle connections are closed after a minute at most, by us or on the way: looked after more often than that. */
const checkEveryMs = 20_000;
/** A tunnel that was used so recently is likely to be used again. */
const usedWithinMs = 600_000;
/** A burst pays for the handshakes beyond these. */
const most = 4;

/**
 * Keeps as many connections open for answers as were in use at the same time in the last minutes, so that a call after a
 * quiet while does not wait for a handshake, which takes as long as two or three round trips.
 */
export class ReadyConnections {
  readonly #clock: Clock;
  readonly #warm: (count: number) => void;
  #inUse = 0;
  #peak = 0;
  #usedAt = 0;
  #stop: (() => void) | undefined;
  #closed = false;

  /** @param warm - opens connections until so many are idle */
  constructor(clock: Clock, warm: (count: number) => void) {
    this.#clock = clock;
    this.#warm = warm;
  }

  /** A connection is taken. */
  taken(): void {
    this.#inUse++;
    if (this.#inUse > this.#peak) this.#peak = this.#inUse;
  }

  /** It is free again. */
  given(): void {
    this.#inUse--;
    this.#usedAt = this.#clock.now();
    if (this.#stop === undefined && !this.#closed) this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#stop?.();
    this.#stop = undefined;
  }

  #arm(): void {
    this.#stop = this.#clock.after(checkEveryMs, () => {
      this.#stop = undefined;
      if (this.#clock.now() - this.#usedAt > usedWithinMs) {
        this.#peak = 0;
        return;
      }
      if (this.#inUse === 0) this.#warm(Math.min(this.#peak, most));
      this.#arm();
    });
  }
}
