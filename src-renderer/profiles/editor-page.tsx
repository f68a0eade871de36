import { useState } from 'react';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { go } from '../route.ts';
import { notify } from '../shell/notices.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Page } from '../ui/page.tsx';
import { Refusal } from '../ui/refusal.tsx';
import { Note } from '../ui/tone.tsx';
import { ProblemList } from './problem-list.tsx';
import { ProfileMenu } from './profile-menu.tsx';
import { ProfileForm } from './profile-form.tsx';
import { useEditor, type Editor } from './use-editor.ts';
import { YamlField } from './yaml-field.tsx';

const words = t.profiles.editor;
type View = 'both' | 'form' | 'text';

function Failed({ error, onReload }: { readonly error: TunnelErrorData; readonly onReload: () => void }) {
  if (error.code !== 'revision_conflict') return <Refusal error={error} />;
  return (
    <Note tone="fault" title={words.conflict} actions={<Button onPress={onReload}>{words.reload}</Button>}>
      {words.conflictMore}
    </Note>
  );
}

function Sides({ id, editor, view }: { readonly id: string; readonly editor: Editor; readonly view: View }) {
  const [aim, setAim] = useState<{ readonly line: number; readonly column: number }>();
  const { profile, text, problems, isUnreadable } = editor;
  return (
    <div className={`editor ${view}`}>
      {view !== 'text' && (
        <section className="card editor-form" aria-label={words.form}>
          {isUnreadable && (
            <Note tone="fault" title={words.broken}>
              {words.brokenMore}
            </Note>
          )}
          {profile && <ProfileForm id={id} editor={editor} profile={profile} isDisabled={isUnreadable} />}
        </section>
      )}
      {view !== 'form' && (
        <section className="card editor-text" aria-label={words.text}>
          <YamlField text={text} problems={problems} aim={aim} onChange={editor.setText} />
          <ProblemList problems={problems} onPick={({ line, column }) => setAim({ line, column })} />
        </section>
      )}
    </div>
  );
}

/** One profile as a form and as YAML, each following the other. */
export function EditorPage({ id }: { readonly id: string }) {
  const editor = useEditor(id);
  const [view, setView] = useState<View>('both');
  const [failure, setFailure] = useState<TunnelErrorData>();
  const summary = useApp((app) => app.profiles.find((profile) => profile.id === id));
  const { document, error, isDirty, isBroken } = editor;
  const save = async (): Promise<void> => {
    const result = await editor.save();
    if ('code' in result) {
      setFailure(result);
      return;
    }
    setFailure(undefined);
    const more =
      result.applied === 'restarting'
        ? words.applied.restarting(result.restarting.join(', '))
        : words.applied[result.applied];
    notify({ tone: 'ok', title: `${words.saved}.`, more });
  };
  const file = summary?.file ?? document?.file;
  const name = summary?.name ?? document?.name ?? t.pages.profiles;
  return (
    <Page
      title={name}
      scrolls={false}
      say={
        <span className="block clip" title={file}>
          {isDirty && <b className="tone-warn">{words.unsaved} · </b>}
          {file}
        </span>
      }
      actions={
        <>
          <Button kind="quiet" onPress={() => go('profiles')}>
            {words.back}
          </Button>
          <Segments
            label={words.view}
            value={view}
            onChange={setView}
            options={[
              ['both', words.both],
              ['form', words.form],
              ['text', words.text],
            ]}
          />
          <Button isDisabled={!isDirty} onPress={() => void editor.reload()}>
            {words.revert}
          </Button>
          <Button data-save="" kind="primary" isDisabled={!isDirty || isBroken} onPress={() => void save()}>
            {words.save}
          </Button>
          {summary && <ProfileMenu profile={summary} />}
        </>
      }
    >
      {error && <Failed error={error} onReload={() => void editor.reload()} />}
      {failure && (
        <Failed
          error={failure}
          onReload={() => {
            setFailure(undefined);
            void editor.reload();
          }}
        />
      )}
      {document ? <Sides id={id} editor={editor} view={view} /> : !error && <span className="spinner" />}
    </Page>
  );
}
