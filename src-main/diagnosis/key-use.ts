import { TunnelError } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import type { TunnelState } from '../../shared/tunnel.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import type { TunnelManager } from '../tunnel/tunnel-manager.ts';

/** Refusals come at once, and the first poll asks to be answered within a second. */
const useProofMs = 20_000;

/** What one poll came to: this very state is what there was before it. */
const keyOf = (state: TunnelState | undefined): string => JSON.stringify(state ?? null);

/**
 * Proves by real polls that a key may use its tunnel, for the wizard and the doctor: the first try starts the tunnel, each later
 * one has it try again at once, and whatever a poll brings is served.
 */
export class KeyUse {
  readonly #manager: TunnelManager;
  readonly #profile: Profile;
  readonly #clock: Clock;
  readonly #cancellation: Cancellation;
  #starting: Promise<void> | undefined;
  /** What `start` has put in its place, as the manager knows it. */
  #ours: object | undefined;

  constructor(manager: TunnelManager, profile: Profile, clock: Clock, cancellation: Cancellation) {
    this.#manager = manager;
    this.#profile = profile;
    this.#clock = clock;
    this.#cancellation = cancellation;
  }

  /** Resolves with `undefined` when a poll was accepted, or with why it was not. */
  attempt(): Promise<TunnelError | undefined> {
    const { id } = this.#profile;
    const manager = this.#manager;
    const current = (): TunnelState | undefined => manager.snapshots().find((snapshot) => snapshot.id === id)?.state;
    return new Promise((resolve) => {
      // a tunnel that was proved before is still there, with what it came to then
      const before = keyOf(current());
      const placeBefore = manager.instance(id);
      const finish = (outcome: TunnelError | undefined): void => {
        unsubscribe();
        stopTimer();
        stopListening();
        resolve(outcome);
      };
      const look = (state: TunnelState): void => {
        if (keyOf(state) === before) return;
        if (state.kind === 'connected' || state.kind === 'degraded') finish(undefined);
        else if ((state.kind === 'waiting' || state.kind === 'unauthorised' || state.kind === 'stopped') && state.error)
          finish(new TunnelError(state.error.code, state.error.leg, state.error.params));
      };
      const unsubscribe = manager.onChange((snapshot) => {
        if (snapshot.id !== id) return;
        const place = manager.instance(id);
        if (place !== placeBefore) this.#ours ??= place;
        look(snapshot.state);
      });
      const stopTimer = this.#clock.after(useProofMs, () =>
        finish(new TunnelError('timed_out', 'control-plane', { request: 'poll', seconds: useProofMs / 1_000 })),
      );
      const stopListening = this.#cancellation.onCancel(() =>
        queueMicrotask(() => finish(new TunnelError('cancelled', 'local'))),
      );
      if (this.#starting) return manager.nudge('person', id);
      this.#starting = manager.start(this.#profile);
      this.#starting.catch((error: unknown) => {
        finish(asTunnelError(error));
      });
    });
  }

  /** Stops what the first try has started, once it has drained; what somebody has started since in its place goes on. */
  async end(): Promise<void> {
    const { id } = this.#profile;
    await this.#starting?.catch(() => undefined);
    if (this.#ours && this.#manager.instance(id) === this.#ours) await this.#manager.stop(id);
  }
}
