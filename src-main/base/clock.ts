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

/** A longer timer would go off at once: Node keeps its length in 31 bits. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer =
        left > longestTimerMs ? setTimeout(() => arm(left - longestTimerMs), longestTimerMs) : setTimeout(run, left);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};
