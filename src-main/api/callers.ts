import type { Caller, EventName, EventPayload } from '../../shared/ipc.ts';

/** Whoever looks on at the moment: windows and browser sessions. With nobody there, nothing is computed for them. */
export class Callers {
  readonly #present = new Set<Caller>();
  #changed: (() => void) | undefined;

  get size(): number {
    return this.#present.size;
  }

  /** Called when the first one comes or the last one goes. */
  set onPresence(listener: () => void) {
    this.#changed = listener;
  }

  add(caller: Caller): void {
    if (this.#present.has(caller)) return;
    this.#present.add(caller);
    caller.onGone(() => {
      this.#present.delete(caller);
      if (this.#present.size === 0) this.#changed?.();
    });
    if (this.#present.size === 1) this.#changed?.();
  }

  broadcast<N extends EventName>(event: N, payload: EventPayload<N> | ((caller: Caller) => EventPayload<N>)): void {
    for (const caller of this.#present) {
      caller.send(event, typeof payload === 'function' ? payload(caller) : payload);
    }
  }
}
