import type { TunnelErrorData } from '../../shared/errors.ts';
import type { TunnelState } from '../../shared/tunnel.ts';

/** What happens to a tunnel. Times are wall-clock milliseconds. */
export type TunnelEvent =
  | { readonly kind: 'start'; readonly at: number }
  | { readonly kind: 'step'; readonly at: number; readonly step: Extract<TunnelState, { kind: 'starting' }>['step'] }
  /** A poll was answered as it should be; `unusable` are the channels that cannot take calls now. */
  | { readonly kind: 'polled'; readonly at: number; readonly unusable: readonly string[] }
  | {
      readonly kind: 'poll-failed';
      readonly at: number;
      readonly error: TunnelErrorData;
      readonly attempt: number;
      /** How many answers in a row refused the key or the tunnel id. */
      readonly refusals: number;
      readonly nextTryAt: number;
    }
  /** An answer was refused with 401 or 403, and not for the first time; it is tried again at `nextTryAt`. */
  | {
      readonly kind: 'answer-refused';
      readonly at: number;
      readonly error: TunnelErrorData;
      readonly nextTryAt: number;
    }
  /** An answer was taken. */
  | { readonly kind: 'answered'; readonly at: number; readonly unusable: readonly string[] }
  | { readonly kind: 'channels'; readonly at: number; readonly unusable: readonly string[] }
  | { readonly kind: 'stop'; readonly at: number; readonly inFlight: number; readonly forced: boolean }
  | { readonly kind: 'stopped'; readonly at: number; readonly error?: TunnelErrorData };

export const stoppedSince = (at: number): TunnelState => ({ kind: 'stopped', since: at });

/** The control plane does not take the key or the tunnel id that is set here. */
const needsPerson = ({ code }: TunnelErrorData): boolean =>
  code === 'unauthorized' || code === 'forbidden' || code === 'tunnel_not_found';

/** How long after its next try a refused answer may take to be taken, or to be refused again. */
const answerPatienceMs = 15_000;

/** What tells a key that may poll but not answer from one that may do neither. */
const forAnswers = 'response';

const isForAnswers = (state: TunnelState): boolean =>
  state.kind === 'unauthorised' && state.error.params.request === forAnswers;

function working(state: TunnelState, at: number, unusable: readonly string[]): TunnelState {
  if (unusable.length === 0) return state.kind === 'connected' ? state : { kind: 'connected', since: at };
  const channels = [...unusable].sort();
  if (state.kind === 'degraded' && state.channels.join() === channels.join()) return state;
  return { kind: 'degraded', since: state.kind === 'degraded' ? state.since : at, channels };
}

/**
 * The state of a tunnel after an event (docs/architecture.md). Pure; gives back the same object when nothing changes,
 * and `since` is when the state's kind began.
 */
export function next(state: TunnelState, event: TunnelEvent): TunnelState {
  if (event.kind === 'start') {
    return state.kind === 'stopped' ? { kind: 'starting', since: event.at, step: 'secrets' } : state;
  }
  if (event.kind === 'stopped') {
    return { kind: 'stopped', since: event.at, ...(event.error === undefined ? {} : { error: event.error }) };
  }
  if (state.kind === 'stopped') return state;
  if (event.kind === 'stop') {
    const { inFlight, forced } = event;
    const since = state.kind === 'stopping' ? state.since : event.at;
    const already = state.kind === 'stopping' && state.forced;
    return { kind: 'stopping', since, inFlight, forced: forced || already };
  }
  if (state.kind === 'stopping') return state;
  switch (event.kind) {
    case 'step':
      return state.kind === 'starting' ? { ...state, step: event.step } : state;
    case 'polled':
      // a good poll does not prove that the key may answer: that the next try of the answer will show
      if (state.kind === 'unauthorised' && isForAnswers(state) && event.at < state.nextTryAt + answerPatienceMs)
        return state;
      return working(state, event.at, event.unusable);
    case 'answered':
      return isForAnswers(state) ? working(state, event.at, event.unusable) : state;
    case 'answer-refused': {
      const { error, nextTryAt } = event;
      const params = { ...error.params, request: forAnswers };
      const since = state.kind === 'unauthorised' ? state.since : event.at;
      return { kind: 'unauthorised', since, error: { ...error, params }, nextTryAt };
    }
    case 'channels':
      return state.kind === 'connected' || state.kind === 'degraded' ? working(state, event.at, event.unusable) : state;
    case 'poll-failed': {
      const { error, attempt, refusals, nextTryAt } = event;
      // one refusal proves nothing: a gateway may have given it while the service was being replaced
      if (needsPerson(error) && (refusals > 1 || state.kind === 'unauthorised')) {
        return {
          kind: 'unauthorised',
          since: state.kind === 'unauthorised' ? state.since : event.at,
          error,
          nextTryAt,
        };
      }
      return { kind: 'waiting', since: state.kind === 'waiting' ? state.since : event.at, error, attempt, nextTryAt };
    }
  }
}
