import type { ProfileSummary, TunnelView } from '../../shared/app.ts';
import { stateKey, type StateKey } from '../../shared/state-words.ts';
import type { Tone } from '../ui/tone.tsx';
import { t } from '../strings.ts';

export interface Look {
  readonly key: StateKey;
  readonly tone: Tone;
  readonly word: string;
  /** Switched on by a person, whether it works or not. */
  readonly on: boolean;
  /** Carries calls. */
  readonly up: boolean;
  readonly canRetry: boolean;
}

const tones: Readonly<Record<StateKey, Tone>> = {
  stopped: 'idle',
  paused: 'idle',
  starting: 'busy',
  stopping: 'busy',
  connected: 'ok',
  busy: 'busy',
  slow: 'warn',
  degraded: 'warn',
  waiting: 'warn',
  attention: 'fault',
};

const canMend: ReadonlySet<StateKey> = new Set(['degraded', 'waiting', 'attention']);

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

/** How many tunnels and profiles wait for a person: the number in the heading and beside the page's name. */
export const countNeeding = (profiles: readonly ProfileSummary[], tunnels: readonly TunnelView[]): number =>
  tunnels.filter((view) => !view.draft && lookOf(view).tone === 'fault').length +
  idleProfiles(profiles, tunnels).filter(({ problem, notStarted }) => problem ?? notStarted).length;

/** A tunnel's badge: the word and colour for what engine and attribution say about it. */
export function lookOf(view: TunnelView): Look {
  const key = stateKey(view);
  const { kind } = view.snapshot.state;
  const on = kind !== 'stopped' && kind !== 'stopping';
  return {
    key,
    tone: tones[key],
    word: t.overview.states[key],
    on,
    up: kind === 'connected' || kind === 'degraded',
    canRetry: on && canMend.has(key),
  };
}
