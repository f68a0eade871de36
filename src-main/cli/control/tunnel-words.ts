import type { TunnelView } from '../../../shared/app.ts';
import type { Verdict } from '../../../shared/evidence.ts';
import { hourMinute } from '../../../shared/state-words.ts';
import { describeVerdict } from '../../../shared/verdict-words.ts';

/** The verdict in one line; that nothing is to be done goes without saying. */
export function verdictSentence(verdict: Verdict): string {
  const { title, cause, next } = describeVerdict(verdict);
  return [`${title}.`, cause, ...(next === 'Nothing to do.' ? [] : [next])].join(' ');
}

export function tunnelSentence(view: TunnelView): string {
  if (view.pausedUntil === undefined) return verdictSentence(view.verdict);
  return `Starts again at ${hourMinute(view.pausedUntil)}.`;
}
