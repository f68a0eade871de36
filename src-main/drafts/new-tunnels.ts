import type { Clock } from '../base/clock.ts';

/** A new tunnel takes some 30 s to be usable; one that is not after this long has another fault. */
export const newTunnelLimitMs = 120_000;

/** The tunnels that were created here moments ago: that they are refused is no failure yet. */
export class NewTunnels {
  readonly #clock: Clock;
  readonly #createdAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  created(id: string): void {
    for (const known of this.#createdAt.keys()) if (this.ageMs(known) === undefined) this.#createdAt.delete(known);
    this.#createdAt.set(id, this.#clock.now());
  }

  /** Undefined for a tunnel that is not new. */
  ageMs(id: string): number | undefined {
    const at = this.#createdAt.get(id);
    if (at === undefined) return undefined;
    const age = this.#clock.now() - at;
    return age < newTunnelLimitMs ? age : undefined;
  }
}
