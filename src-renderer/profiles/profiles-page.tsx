import { useState } from 'react';
import { run } from '../api.ts';
import { PickDialog } from '../imports/pick-dialog.tsx';
import { go, useRoute } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { AskDialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { TextMenu } from '../ui/menu.tsx';
import { Page } from '../ui/page.tsx';
import { EditorPage } from './editor-page.tsx';
import { importProfile } from './import-profile.ts';
import { ProfileRow } from './profile-row.tsx';

const words = t.profiles;

function NewProfile({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const create = async (): Promise<void> => {
    if (name.trim() === '') return;
    const made = await run('profiles.create', { name: name.trim() });
    if (!made) return;
    onClose();
    go('profiles', made.id);
  };
  return (
    <AskDialog
      title={words.new}
      onClose={onClose}
      action={words.create}
      isDisabled={name.trim() === ''}
      onAction={() => void create()}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Field label={words.name} value={name} onChange={setName} autoFocus />
      </form>
    </AskDialog>
  );
}

function ProfileList() {
  const profiles = useApp((app) => app.profiles);
  const [creating, setCreating] = useState(false);
  const [picking, setPicking] = useState(false);
  const setUp = async (candidates: string[]): Promise<boolean> => {
    const draft = await run('drafts.create', { candidates });
    if (draft) go('wizard', draft.id);
    return draft !== undefined;
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
      {creating && <NewProfile onClose={() => setCreating(false)} />}
    </Page>
  );
}

export function ProfilesPage() {
  const { item } = useRoute();
  return item === undefined ? <ProfileList /> : <EditorPage key={item} id={item} />;
}
