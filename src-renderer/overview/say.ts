import type { TunnelView } from '../../shared/app.ts';
import { describeVerdict } from '../../shared/verdict-words.ts';
import { hourMinute } from '../../shared/state-words.ts';
import { ago, duration } from '../format.ts';
import { t } from '../strings.ts';

const words = t.overview.say;

/** Beside the badge: why it has this state, and when the last real call came, or that none has. */
export function sayOf(view: TunnelView, startsWithApp: boolean, now: number): string {
  const { snapshot, verdict, pausedUntil } = view;
  const { state } = snapshot;
  switch (state.kind) {
    case 'stopped': {
      if (pausedUntil !== undefined) return t.overview.pausedUntil(hourMinute(pausedUntil));
      if (verdict.error) return describeVerdict(verdict).title;
      const off = state.since > 0 ? words.stoppedSince(hourMinute(state.since)) : words.stopped;
      return startsWithApp ? `${off}, ${words.startsWithApp}` : off;
    }
    case 'starting':
      return verdict.reason === 'fault' ? describeVerdict(verdict).title : words.steps[state.step];
    case 'stopping':
      return words.draining(state.inFlight);
    case 'waiting':
    case 'unauthorised':
      return describeVerdict(verdict).title;
    case 'connected':
    case 'degraded':
      if (verdict.error) return describeVerdict(verdict).title;
      if (snapshot.inFlight > 0) {
        const waits = snapshot.oldestCallAt === undefined ? 0 : now - snapshot.oldestCallAt;
        return words.answering(snapshot.inFlight, waits < 1000 ? undefined : duration(waits));
      }
      if (verdict.reason === 'nothing-arrived') return words.nothingSince(duration(now - state.since));
      // the calls of the last hour outlive a restart of the tunnel, its last call does not
      if (snapshot.lastCommandAt === undefined) return view.rates.calls > 0 ? words.noCallSince : words.noCall;
      return words.lastCall(ago(snapshot.lastCommandAt, now));
  }
}
