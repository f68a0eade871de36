import { useState } from 'react';
import { keptSecretPrefix } from '../../shared/profile-editor.ts';
import { run } from '../api.ts';
import { notify } from '../shell/notices.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import type { Editor } from './use-editor.ts';

const words = t.profiles.secret;

interface Props {
  readonly label: string;
  /** The profile. */
  readonly id: string;
  readonly editor: Editor;
  readonly slot: string;
  /** The reference in the profile. */
  readonly value: string | undefined;
  readonly onChange: (ref: string | undefined) => void;
}

/** A secret by where it is. What is typed here goes to the keychain on save; nothing ever comes back. */
export function SecretField({ label, id: owner, editor, slot, value, onChange }: Props) {
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const state = editor.document?.secrets.find((each) => each.slot === slot);
  /** What becomes of its entry in the keychain on save. */
  const unsaved = editor.document?.unsavedSecrets[slot];
  const isReference = value !== undefined && /^(env|file):/.test(value);
  const isKept = value?.startsWith(keptSecretPrefix) === true;
  const [place, setPlace] = useState<'keychain' | 'reference'>(isReference || !hasKeychain ? 'reference' : 'keychain');
  const [typed, setTyped] = useState('');
  const store = async (): Promise<void> => {
    const kept = await run('secrets.set', { owner, slot, value: typed });
    if (!kept) return;
    setTyped('');
    if (kept.ref !== value) onChange(kept.ref);
    notify({ tone: 'ok', title: words.stored(label) });
    await editor.refreshSecrets();
  };
  const remove = async (): Promise<void> => {
    await run('secrets.delete', { owner, slot });
    notify({ tone: 'ok', title: words.deleted(label) });
    await editor.refreshSecrets();
  };
  const isSet = (unsaved ?? (state?.set === true ? 'kept' : 'gone')) === 'kept' && !isReference && !isKept;
  const isKeptOnSave = unsaved === 'kept' && isSet;
  return (
    <div className="secret">
      <div className="secret-head">
        <span className="label">{label}</span>
        {hasKeychain && (
          <Segments
            label={words.how(label)}
            value={place}
            onChange={setPlace}
            options={[
              ['keychain', words.places.keychain],
              ['reference', words.places.reference],
            ]}
          />
        )}
      </div>
      {place === 'keychain' ? (
        <div className="secret-row">
          <Field
            label={label}
            hideLabel
            type="password"
            mono
            placeholder={isKept ? words.kept : isKeptOnSave ? words.unsaved : isSet ? words.set : words.notSet}
            value={typed}
            onChange={setTyped}
          />
          <Button isDisabled={typed === ''} onPress={() => void store()}>
            {words.use}
          </Button>
          {isSet && (
            <Button kind="danger" onPress={() => void remove()}>
              {words.delete}
            </Button>
          )}
        </div>
      ) : (
        <Field
          label={label}
          hideLabel
          mono
          placeholder={words.reference}
          value={isReference ? value : ''}
          onChange={(ref) => onChange(ref === '' ? undefined : ref)}
        />
      )}
    </div>
  );
}
