/** Time and chance, passed in so that tests can own them. */
export interface Clock {
  /** Monotonic milliseconds: deadlines and durations. Stands still in suspend on Linux. */
  now(): number;
  /** Wall-clock milliseconds since the epoch: what people see, and how sleep is noticed. */
  wall(): number;
  /** Uniform in [0, 1): jitter. */
  random(): number;
  /** Calls `run` once after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
