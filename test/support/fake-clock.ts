import type { Clock } from '../../src-main/base/clock.ts';

/** Time that passes only when a test says so. Both clocks begin at a point of their own, as the real ones do. */
export class FakeClock implements Clock {
  /** What `random` gives. */
  chance = 0.5;
  #now = 1_000;
  #wall = 1_700_000_000_000;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wall;
  }

  random(): number {
    return this.chance;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets so many milliseconds pass, and runs what is due in between, in order. */
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#wall += Math.max(0, next.at - this.#now);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#wall += until - this.#now;
    this.#now = until;
  }

  /** The machine sleeps: the wall clock goes on, the monotonic one stands still. */
  sleep(ms: number): void {
    this.#wall += ms;
  }
}
