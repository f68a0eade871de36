import type { FileResult } from '../shared/trace-view.ts';
import { notify } from './shell/notices.tsx';
import { t } from './strings.ts';

/** A file that main wrote is announced; in a browser it is fetched, once. */
export function saveFile(result: FileResult): void {
  if (result.kind === 'saved') notify({ tone: 'ok', title: t.savedTo(result.path) });
  if (result.kind !== 'download') return;
  const link = document.createElement('a');
  link.href = result.url;
  link.download = result.name;
  link.click();
}
