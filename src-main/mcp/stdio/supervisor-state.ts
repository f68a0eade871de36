import type { TunnelErrorData } from '../../../shared/errors.ts';
import type { ChannelState, ChildExit, ServerInfo } from '../../../shared/tunnel.ts';

/** A moment, with the chance that an event may use: the reducer has none of its own. */
export interface Moment {
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Wall-clock milliseconds, for people. */
  readonly wall: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** How the last child came to nothing: it ran and ended, or could not be started. */
export type Failure =
  { readonly kind: 'exit'; readonly exit: ChildExit } | { readonly kind: 'error'; readonly error: TunnelErrorData };

/**
 * One stdio child over its lives. `failures` counts lives in a row that ended badly; a life in which calls were answered,
 * or of a healthy minute, clears it. `wakeAt` (monotonic) is when a `tick` is due; a phase without it waits for the child alone.
 */
export type SupervisorState =
  | { readonly phase: 'idle'; readonly since: number }
  /** Being spawned, or repeating the handshake of its callers: calls wait. */
  | { readonly phase: 'starting'; readonly since: number; readonly failures: number; readonly pid?: number }
  /**
   * Takes calls. An MCP server says nothing by itself, so a child that was spawned and lives is ready; only one that
   * ended badly just before must first stay alive for a moment, or answer, until it is `proven`: a crash loop does not
   * look ready at every try.
   */
  | {
      readonly phase: 'open';
      readonly since: number;
      readonly openedAt: number;
      readonly failures: number;
      readonly pid: number;
      readonly proven: boolean;
      /** It answered a call: whatever ends it later, it did not fail to start. */
      readonly served: boolean;
      readonly server?: ServerInfo;
      readonly wakeAt?: number;
    }
  | {
      readonly phase: 'waiting';
      readonly since: number;
      readonly failures: number;
      readonly failure: Failure;
      /** Monotonic; when the wait began. */
      readonly from: number;
      /** Wall-clock, for people; `wakeAt` is the same moment on the monotonic clock. */
      readonly nextTryAt: number;
      readonly wakeAt: number;
    }
  | { readonly phase: 'stopped'; readonly since: number };

type Open = Extract<SupervisorState, { phase: 'open' }>;

export type SupervisorEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'spawned'; readonly pid: number }
  /** Spawned, and the handshake repeated if there was one. */
  | { readonly kind: 'opened'; readonly server?: ServerInfo }
  /** The child said something that is MCP, `call` when that answers a caller; `server` when it said who it is. */
  | { readonly kind: 'answered'; readonly call?: boolean; readonly server?: ServerInfo }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The timer for this state's `wakeAt` went off; timers may do so a little early. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'nudge' }
  /** A call came while the next try is far away. */
  | { readonly kind: 'prompt' }
  | { readonly kind: 'stop' };

/** Times in milliseconds. */
export const supervision = {
  /** A life shorter than this counts towards a crash loop. */
  fastExitMs: 10_000,
  /** A life of this length clears what was before. */
  healthyMs: 60_000,
  crashLoopAfter: 5,
  firstDelayMs: 200,
  maxDelayMs: 30_000,
  /** Between tries in a crash loop, or of a command that cannot be started at all. */
  slowDelayMs: 60_000,
  unusableDelayMs: 30_000,
  /** A call that comes so long after the last try, or later, has it tried again at once. */
  promptMs: 3_000,
  /** How long a child that follows a bad end must live to look ready again. */
  proofMs: 1_000,
} as const;

const isCrashLoop = (failures: number): boolean => failures >= supervision.crashLoopAfter;

/** Exponential between half and the whole of the step; the slow tries between the whole and a fifth more. */
function delayMs(failure: Failure, failures: number, random: number): number {
  if (failure.kind === 'error') return supervision.unusableDelayMs * (1 + random / 5);
  if (isCrashLoop(failures)) return supervision.slowDelayMs * (1 + random / 5);
  const step = Math.min(supervision.firstDelayMs * 2 ** (failures - 1), supervision.maxDelayMs);
  return step * (0.5 + random / 2);
}

function failuresAfter(state: SupervisorState, now: number): number {
  if (state.phase === 'starting') return state.failures + 1;
  if (state.phase !== 'open') return 1;
  const lived = now - state.openedAt;
  if (state.served || lived >= supervision.healthyMs) return 1;
  return lived < supervision.fastExitMs ? state.failures + 1 : Math.max(1, state.failures);
}

function waiting(state: SupervisorState, failure: Failure, { now, wall, random }: Moment): SupervisorState {
  const failures = failuresAfter(state, now);
  const delay = delayMs(failure, failures, random);
  return { phase: 'waiting', since: wall, failures, failure, from: now, nextTryAt: wall + delay, wakeAt: now + delay };
}

const starting = (failures: number, { wall }: Moment): SupervisorState => ({
  phase: 'starting',
  since: wall,
  failures,
});

function proven(state: Open, { wall }: Moment, server: ServerInfo | undefined): SupervisorState {
  const { phase, openedAt, failures, pid, served } = state;
  const since = state.proven ? state.since : wall;
  return { phase, since, openedAt, failures, pid, served, proven: true, ...(server && { server }) };
}

/**
 * The life of a supervised child, as a pure function. Whoever runs it spawns a child on every entry into `starting`
 * (a new object without `pid`), ends it on `stopped`, and sends `tick` at `wakeAt`. An event that does not belong to the
 * phase changes nothing and returns the same object.
 */
export function next(state: SupervisorState, event: SupervisorEvent, moment: Moment): SupervisorState {
  if (state.phase === 'stopped') return state;
  switch (event.kind) {
    case 'start':
      return state.phase === 'idle' ? starting(0, moment) : state;
    case 'spawned':
      return state.phase === 'starting' ? { ...state, pid: event.pid } : state;
    case 'opened': {
      if (state.phase !== 'starting' || state.pid === undefined) return state;
      const { failures, pid } = state;
      const open = {
        phase: 'open' as const,
        since: failures === 0 ? moment.wall : state.since,
        openedAt: moment.now,
        failures,
        pid,
        served: false,
        ...(event.server && { server: event.server }),
      };
      return failures === 0
        ? { ...open, proven: true }
        : { ...open, proven: false, wakeAt: moment.now + supervision.proofMs };
    }
    case 'answered': {
      if (state.phase !== 'open') return state;
      const served = state.served || event.call === true;
      if (state.proven && event.server === undefined && served === state.served) return state;
      return proven({ ...state, served }, moment, event.server ?? state.server);
    }
    case 'failed':
      return state.phase === 'starting' || state.phase === 'open' ? waiting(state, event.failure, moment) : state;
    case 'tick':
      if (state.phase === 'waiting') return starting(state.failures, moment);
      if (state.phase === 'open' && state.wakeAt !== undefined) {
        return proven(state, moment, state.server);
      }
      return state;
    case 'nudge':
      return state.phase === 'waiting' ? starting(state.failures, moment) : state;
    case 'prompt':
      return state.phase === 'waiting' && moment.now - state.from >= supervision.promptMs
        ? starting(state.failures, moment)
        : state;
    case 'stop':
      return { phase: 'stopped', since: moment.wall };
  }
}

/** What window, tray and `/readyz` see of it. */
export function channelState(state: SupervisorState): ChannelState {
  switch (state.phase) {
    case 'idle':
    case 'stopped':
      return { kind: state.phase === 'idle' ? 'idle' : 'stopped', since: state.since };
    case 'starting':
      return { kind: 'starting', since: state.since };
    case 'open':
      if (!state.proven) return { kind: 'starting', since: state.since };
      return { kind: 'ready', since: state.since, pid: state.pid, ...(state.server && { server: state.server }) };
    case 'waiting': {
      const { since, failure, failures, nextTryAt } = state;
      if (failure.kind === 'error') return { kind: 'unusable', since, error: failure.error, nextTryAt };
      const kind = isCrashLoop(failures) ? 'crash-loop' : 'restarting';
      return { kind, since, exit: failure.exit, attempt: failures, nextTryAt };
    }
  }
}
