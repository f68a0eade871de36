import type { TunnelView } from './app.ts';

/** What is needed to name the state of a tunnel. */
export type Stated = Pick<TunnelView, 'snapshot' | 'verdict' | 'pausedUntil'>;

/** One word for a state. Badges, the tray's menu and `culvert status` have it from here. */
export const stateWords = {
  stopped: 'Stopped',
  paused: 'Paused',
  starting: 'Starting',
  stopping: 'Stopping',
  connected: 'Connected',
  busy: 'Busy',
  slow: 'Slow',
  degraded: 'Degraded',
  waiting: 'Waiting',
  attention: 'Needs attention',
} as const;
export type StateKey = keyof typeof stateWords;

/** What a person is told a tunnel's state is: *attention* once someone has to act, *degraded* and *waiting* while it may mend itself. */
export function stateKey({ snapshot, verdict, pausedUntil }: Stated): StateKey {
  const { state, channels, inFlight } = snapshot;
  const faulty = verdict.reason === 'fault';
  switch (state.kind) {
    case 'stopped':
      if (pausedUntil !== undefined) return 'paused';
      return faulty ? 'attention' : 'stopped';
    case 'stopping':
      return 'stopping';
    case 'starting':
      return faulty ? 'attention' : 'starting';
    case 'unauthorised':
      return 'attention';
    case 'waiting':
      return 'waiting';
    case 'connected':
    case 'degraded': {
      const crashing = channels.some((channel) => channel.state.kind === 'crash-loop');
      const unusable = channels.some((channel) => channel.state.kind === 'unusable');
      if (crashing || (unusable && faulty)) return 'attention';
      if (faulty || verdict.reason === 'calls-fail' || state.kind === 'degraded') return 'degraded';
      if (verdict.reason === 'no-answer-yet') return 'slow';
      return inFlight > 0 ? 'busy' : 'connected';
    }
  }
}

export const stateWord = (tunnel: Stated): string => stateWords[stateKey(tunnel)];

/** `14:05`, local time: everywhere in this form, whatever the language of the machine. */
export function hourMinute(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

export const pausedWords = (until: number): string => `Paused until ${hourMinute(until)}`;
