import { useState } from 'react';
import type { ProfileSummary } from '../../shared/app.ts';
import { run } from '../api.ts';
import { t } from '../strings.ts';
import { MoreMenu } from '../ui/menu.tsx';
import { NameDialog } from './name-dialog.tsx';
import { profileActions } from './profile-actions.ts';

/** What can be done with a profile besides editing it. */
export function ProfileMenu({ profile }: { readonly profile: ProfileSummary }) {
  const { id, name, format } = profile;
  const [renaming, setRenaming] = useState(false);
  const rename = async (next: string): Promise<boolean> =>
    (await run('profiles.rename', { id, name: next })) !== undefined;
  return (
    <>
      <MoreMenu
        label={t.more(name)}
        entries={[
          // where Culvert has written no id, the file's name is what its keys hang on
          format === 'culvert'
            ? { label: t.profiles.rename, icon: 'profiles', onAction: () => setRenaming(true) }
            : undefined,
          ...profileActions(profile),
        ]}
      />
      {renaming && (
        <NameDialog
          title={t.profiles.renameTitle(name)}
          action={t.profiles.renameNow}
          name={name}
          onName={rename}
          onClose={() => setRenaming(false)}
        />
      )}
    </>
  );
}
