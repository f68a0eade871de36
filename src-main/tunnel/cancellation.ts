export type CancelReason = 'deadline' | 'cancelled' | 'lifetime' | 'shutdown';

/** A call's one way to be stopped from outside: an AbortSignal without its cost on the hot path. Cancels at most once. */
export class Cancellation {
  #reason: CancelReason | undefined;
  #listeners: Set<(reason: CancelReason) => void> | undefined;

  get reason(): CancelReason | undefined {
    return this.#reason;
  }

  cancel(reason: CancelReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) for (const listener of listeners) listener(reason);
  }

  /** Runs `listener` when the call is cancelled, at once if it already was. Returns the way to unsubscribe. */
  onCancel(listener: (reason: CancelReason) => void): () => void {
    if (this.#reason !== undefined) {
      listener(this.#reason);
      return () => undefined;
    }
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
