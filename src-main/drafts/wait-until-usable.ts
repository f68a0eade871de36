import { TunnelError, type ErrorCode } from '../../shared/errors.ts';
import type { DraftWait } from '../../shared/managed-tunnel.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { newTunnelLimitMs } from './new-tunnels.ts';

/** What a refusal may be waited out for, and since when, in milliseconds before now. */
export interface Patience {
  readonly why: DraftWait['why'];
  readonly ageMs: number;
}

const limits: Readonly<Record<DraftWait['why'], { readonly limitMs: number; readonly everyMs: number }>> = {
  'new-tunnel': { limitMs: newTunnelLimitMs, everyMs: 3_000 },
  /** The service says up to half an hour. */
  'new-role': { limitMs: 35 * 60_000, everyMs: 30_000 },
};

/** How the control plane refuses what it does not know yet. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'tunnel_not_found',
  'unauthorized',
  'forbidden',
  'control_plane_error',
]);
/** While a wait is on, none of these ends it. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'timed_out',
  'connect_reset',
  'connect_timeout',
  'connect_refused',
  'connect_unreachable',
  'closed_early',
  'dns_failed',
]);

/** Whether time alone may turn this refusal into an acceptance: a key that is not known at all stays unknown. */
const mayPass = ({ code, params }: TunnelError): boolean =>
  refusals.has(code) && params['detail'] !== 'invalid_api_key';

export interface Wait {
  /** One try; `undefined` = accepted. */
  readonly attempt: () => Promise<TunnelError | undefined>;
  readonly patience: Patience | undefined;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
  /** Told before each pause, and without a wait when there is no more. */
  readonly tell: (wait?: DraftWait) => void;
}

/**
 * Tries until it is accepted, fails for a reason that time will not change, or took too long: then
 * `tunnel_not_usable_yet` or `role_not_active`. Cancelled in a pause, it answers with the last refusal. Rejects only when `attempt` does.
 */
export async function waitUntilUsable(wait: Wait): Promise<TunnelError | undefined> {
  const { attempt, patience, clock, cancellation, tell } = wait;
  const begun = clock.now() - (patience?.ageMs ?? 0);
  const since = clock.wall() - (patience?.ageMs ?? 0);
  const isCancelled = (): boolean => cancellation.reason !== undefined;
  let last: TunnelError | undefined;
  try {
    for (let attempts = 1; ; attempts++) {
      const error = await attempt();
      if (!error || !patience) return error;
      if (isCancelled()) return last ?? error;
      if (!mayPass(error) && !(last && passing.has(error.code))) return error;
      const { limitMs, everyMs } = limits[patience.why];
      const spent = clock.now() - begun;
      if (spent >= limitMs) return gaveUp(patience.why, spent, error);
      const pause = Math.min(everyMs, limitMs - spent);
      last = error;
      tell({
        why: patience.why,
        since,
        until: since + limitMs,
        attempts,
        nextTryAt: clock.wall() + pause,
        error: error.toJSON(),
      });
      await sleep(clock, pause, cancellation);
      if (isCancelled()) return error;
    }
  } finally {
    if (last) tell();
  }
}

function gaveUp(why: DraftWait['why'], spentMs: number, { params }: TunnelError): TunnelError {
  return why === 'new-tunnel'
    ? new TunnelError('tunnel_not_usable_yet', 'control-plane', { ...params, seconds: Math.round(spentMs / 1_000) })
    : new TunnelError('role_not_active', 'control-plane', { ...params, minutes: Math.round(spentMs / 60_000) });
}

/** Resolves after `ms`, or at once when cancelled. */
function sleep(clock: Clock, ms: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      stopTimer();
      stopListening();
      resolve();
    };
    const stopTimer = clock.after(ms, over);
    const stopListening = cancellation.onCancel(() => queueMicrotask(over));
  });
}
