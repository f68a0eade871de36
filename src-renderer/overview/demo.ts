import { call } from '../api.ts';
import { duration } from '../format.ts';
import { go } from '../route.ts';
import { notify, notifyFailure } from '../shell/notices.tsx';
import { t } from '../strings.ts';

/** Starts the demo and says what it did; the tunnel then appears by itself. */
export async function startDemo(): Promise<void> {
  const reply = await call('demo.start');
  if (!reply.ok) {
    notifyFailure(reply.error);
    return;
  }
  const { tool, ms, answer, trace } = reply.value;
  go('overview');
  notify({
    tone: 'ok',
    title: t.overview.demoDone(tool, duration(ms)),
    more: t.overview.demoAnswer(answer.length > 120 ? `${answer.slice(0, 119)}…` : answer),
    ...(trace === undefined ? {} : { action: { label: t.overview.showTrace, run: () => go('traces', String(trace)) } }),
  });
}
