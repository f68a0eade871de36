import type { ProfileSummary, TunnelView } from '../../shared/app.ts';
import { t } from '../strings.ts';
import type { Tone } from '../ui/tone.tsx';

export interface Look {
  readonly key: keyof typeof t.overview.chips;
  readonly tone: Tone;
  readonly word: string;
  /** Switched on by a person, whether it works or not. */
  readonly on: boolean;
  /** Carries calls. */
  readonly up: boolean;
  readonly canRetry: boolean;
}

const look = (key: Look['key'], tone: Tone, rest: Partial<Pick<Look, 'on' | 'up' | 'canRetry'>> = {}): Look => ({
  key,
  tone,
  word: t.overview.chips[key],
  on: true,
  up: false,
  canRetry: false,
  ...rest,
});

/** Carries calls, and its server answers them. */
export const works = ({ up, tone }: Look): boolean => up && tone !== 'fault';

/** Profiles without a tunnel: not switched on since Culvert started. */
export function idleProfiles(
  profiles: readonly ProfileSummary[],
  tunnels: readonly TunnelView[],
): readonly ProfileSummary[] {
  const known = new Set(tunnels.map(({ id }) => id));
  return profiles.filter(({ id }) => !known.has(id));
}

/** A tunnel's badge: the word and colour for what engine and attribution say about it. */
export function lookOf({ snapshot, verdict, pausedUntil }: TunnelView): Look {
  const { state, inFlight } = snapshot;
  const faulty = verdict.reason === 'fault';
  switch (state.kind) {
    case 'stopped':
      if (pausedUntil !== undefined) return look('paused', 'idle', { on: false });
      return state.error ? look('attention', 'fault', { on: false }) : look('stopped', 'idle', { on: false });
    case 'stopping':
      return look('stopping', 'busy', { on: false });
    case 'starting':
      return faulty ? look('attention', 'fault', { canRetry: true }) : look('starting', 'busy');
    case 'unauthorised':
      return look('attention', 'fault', { canRetry: true });
    case 'waiting':
      return look('waiting', 'warn', { canRetry: true });
    case 'connected':
    case 'degraded': {
      const crashing = snapshot.channels.some((channel) => channel.state.kind === 'crash-loop');
      const unusable = snapshot.channels.some((channel) => channel.state.kind === 'unusable');
      if (crashing || (unusable && faulty)) return look('attention', 'fault', { up: true, canRetry: true });
      if (faulty || state.kind === 'degraded') return look('degraded', 'warn', { up: true, canRetry: true });
      if (inFlight > 0) return look('busy', 'busy', { up: true });
      return look('connected', 'ok', { up: true });
    }
  }
}
