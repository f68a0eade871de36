/** How many calls of one target run at a time: one that is slow holds up its own callers alone. */
const slotsOfTarget = 16;

/** Lets calls of each target run as long as it has a slot; the others wait in the order in which they came. */
export class Slots {
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Runs `work` when the target has a slot. */
  async run<T>(label: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(label) ?? 0;
    if (running >= slotsOfTarget) {
      await new Promise<void>((resolve) => {
        const waiting = this.#waiting.get(label);
        if (waiting) waiting.push(resolve);
        else this.#waiting.set(label, [resolve]);
      });
    } else this.#running.set(label, running + 1);
    try {
      return await work();
    } finally {
      const next = this.#waiting.get(label)?.shift();
      // the slot goes on to whoever waits
      if (next) next();
      else this.#running.set(label, (this.#running.get(label) ?? 1) - 1);
    }
  }
}
