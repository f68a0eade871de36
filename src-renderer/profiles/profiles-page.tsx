import { useState } from 'react';
import { run } from '../api.ts';
import { PickDialog } from '../imports/pick-dialog.tsx';
import { go, useRoute } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { TextMenu } from '../ui/menu.tsx';
import { Page } from '../ui/page.tsx';
import { EditorPage } from './editor-page.tsx';
import { importProfile } from './import-profile.ts';
import { NameDialog } from './name-dialog.tsx';
import { ProfileRow } from './profile-row.tsx';

const words = t.profiles;

function ProfileList() {
  const profiles = useApp((app) => app.profiles);
  const [creating, setCreating] = useState(false);
  const [picking, setPicking] = useState(false);
  const setUp = async (candidates: string[]): Promise<boolean> => {
    const draft = await run('drafts.create', { candidates });
    if (draft) go('wizard', draft.id);
    return draft !== undefined;
  };
  const create = async (name: string): Promise<boolean> => {
    const made = await run('profiles.create', { name });
    if (made) go('profiles', made.id);
    return made !== undefined;
  };
  const open = async (): Promise<void> => {
    const id = await importProfile();
    if (id !== undefined) go('profiles', id);
  };
  return (
    <Page
      title={t.pages.profiles}
      say={words.summary(profiles.length)}
      actions={
        <>
          <Button kind="quiet" icon="key" onPress={() => go('tunnels')}>
            {t.tunnels.manage}
          </Button>
          <TextMenu
            label={words.import}
            icon="download"
            entries={[
              { label: words.importFound, icon: 'search', onAction: () => setPicking(true) },
              { label: words.importFile, icon: 'folder', onAction: () => void open() },
            ]}
          />
          <Button onPress={() => setCreating(true)}>{words.new}</Button>
          <Button kind="primary" onPress={() => go('wizard')}>
            {words.newTunnel}
          </Button>
        </>
      }
    >
      {profiles.length === 0 ? (
        <div className="card">
          <Empty
            icon="profiles"
            title={words.empty.title}
            actions={
              <Button kind="primary" onPress={() => go('wizard')}>
                {words.newTunnel}
              </Button>
            }
          >
            {words.empty.say}
          </Empty>
        </div>
      ) : (
        <ul className="card list" aria-label={words.list}>
          {profiles.map((profile) => (
            <ProfileRow key={profile.id} profile={profile} />
          ))}
        </ul>
      )}
      {picking && (
        <PickDialog action={() => t.imports.dialog.profile} onPick={setUp} onClose={() => setPicking(false)} />
      )}
      {creating && (
        <NameDialog title={words.new} action={words.create} onName={create} onClose={() => setCreating(false)} />
      )}
    </Page>
  );
}

export function ProfilesPage() {
  const { item } = useRoute();
  return item === undefined ? <ProfileList /> : <EditorPage key={item} id={item} />;
}
