import type { ProfileSummary } from '../../shared/app.ts';
import { run } from '../api.ts';
import { saveFile } from '../download.ts';
import { go } from '../route.ts';
import { notify } from '../shell/notices.tsx';
import { t } from '../strings.ts';
import type { MenuEntry } from '../ui/menu.tsx';
import { getState } from '../store.ts';

const words = t.profiles;

async function duplicate(id: string): Promise<void> {
  const made = await run('profiles.duplicate', { id });
  if (made) go('profiles', made.id);
}

async function remove({ id, name }: ProfileSummary): Promise<void> {
  const gone = await run('profiles.delete', { id });
  if (!gone) return;
  go('profiles');
  notify({
    tone: 'ok',
    title: `${words.deleted(name)}.`,
    more: words.deletedMore,
    action: { label: t.undo, run: () => void run('profiles.undoDelete', { undo: gone.undo }) },
  });
}

async function exportAs({ id, name }: ProfileSummary, format: 'culvert' | 'reference-yaml'): Promise<void> {
  const result = await run('profiles.export', { id, format });
  if (!result || result.file.kind === 'cancelled') return;
  saveFile(result.file);
  if (result.dropped.length > 0)
    notify({ tone: 'warn', title: `${words.exported(name)}.`, more: words.dropped(result.dropped.join(', ')) });
}

/** What can be done with a profile besides editing it. */
export function profileActions(profile: ProfileSummary): readonly (MenuEntry | '-' | undefined)[] {
  const { id } = profile;
  const hasFiles = getState().app?.capabilities.files === true;
  return [
    { label: words.duplicate, icon: 'copy', onAction: () => void duplicate(id) },
    { label: words.exportOwn, icon: 'download', onAction: () => void exportAs(profile, 'culvert') },
    { label: words.exportReference, icon: 'download', onAction: () => void exportAs(profile, 'reference-yaml') },
    hasFiles
      ? { label: words.showFile, icon: 'folder', onAction: () => void run('system.showProfile', { id }) }
      : undefined,
    '-',
    { label: words.delete, icon: 'trash', danger: true, onAction: () => void remove(profile) },
  ];
}
