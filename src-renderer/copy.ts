import { run } from './api.ts';
import { getState } from './store.ts';
import { notify } from './shell/notices.tsx';
import { t } from './strings.ts';

/** Into the clipboard: by main in a window, by the page itself in a browser, whose clipboard is another machine's business. */
export async function copyText(text: string): Promise<void> {
  if (getState().app?.capabilities.host === 'browser') await navigator.clipboard.writeText(text);
  else await run('system.copy', { text });
  notify({ tone: 'ok', title: t.copied });
}
