import { call } from '../api.ts';
import { describe } from '../../shared/messages.ts';
import { duration } from '../format.ts';
import { go } from '../route.ts';
import { notify } from '../shell/notices.tsx';
import { t } from '../strings.ts';

/** Starts the demo and says what it did; the tunnel then appears by itself. */
export async function startDemo(): Promise<void> {
  const reply = await call('demo.start');
  if (!reply.ok) {
    const { title, cause, next } = describe(reply.error);
    notify({ tone: 'fault', title: `${title}.`, more: `${cause} ${next}` });
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
