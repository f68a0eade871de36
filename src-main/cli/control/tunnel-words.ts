import type { TunnelView } from '../../../shared/app.ts';
import type { Verdict } from '../../../shared/evidence.ts';
import { describeVerdict, stateName } from '../../../shared/verdict-words.ts';

export const stateWord = ({ snapshot, pausedUntil }: TunnelView): string =>
  pausedUntil === undefined ? stateName(snapshot.state) : 'Paused';

/** The verdict in one line; that nothing is to be done goes without saying. */
export function verdictSentence(verdict: Verdict): string {
  const { title, cause, next } = describeVerdict(verdict);
  return [`${title}.`, cause, ...(next === 'Nothing to do.' ? [] : [next])].join(' ');
}

export function tunnelSentence(view: TunnelView): string {
  if (view.pausedUntil === undefined) return verdictSentence(view.verdict);
  const at = new Date(view.pausedUntil);
  const time = [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
  return `Starts again at ${time}.`;
}
