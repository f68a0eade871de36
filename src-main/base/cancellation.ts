export type CancelReason = 'deadline' | 'cancelled' | 'lifetime' | 'shutdown';

/** A call's one way to be stopped from outside: an AbortSignal without its cost on the hot path. Cancels at most once. */
export class Cancellation {
  #reason: CancelReason | undefined;
  /** An array, as there are few: a `Set` for each call was a hundredth of its CPU. */
  #listeners: ((reason: CancelReason) => void)[] = [];

  get reason(): CancelReason | undefined {
    return this.#reason;
  }

  cancel(reason: CancelReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of [...listeners]) if (listeners.includes(listener)) listener(reason);
  }

  /** Runs `listener` when the call is cancelled, at once if it already was. Returns the way to unsubscribe. */
  onCancel(listener: (reason: CancelReason) => void): () => void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return () => undefined;
    }
    const listeners = this.#listeners;
    listeners.push(listener);
    return () => {
      const place = listeners.indexOf(listener);
      if (place >= 0) listeners.splice(place, 1);
    };
  }
}
