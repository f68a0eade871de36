import { useState } from 'react';
import { isProfileName } from '../../shared/profile-name.ts';
import { t } from '../strings.ts';
import { AskDialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';

interface Props {
  readonly title: string;
  readonly action: string;
  readonly name?: string;
  /** Resolves to whether it is done. */
  readonly onName: (name: string) => Promise<boolean>;
  readonly onClose: () => void;
}

/** Asks for the name of a profile, which is also its file's. */
export function NameDialog({ title, action, name: before = '', onName, onClose }: Props) {
  const [typed, setTyped] = useState(before);
  const name = typed.trim();
  const isWrong = name !== '' && !isProfileName(name);
  const blocked = name === '' || name === before || isWrong;
  const done = async (): Promise<void> => {
    if (!blocked && (await onName(name))) onClose();
  };
  return (
    <AskDialog title={title} onClose={onClose} action={action} isDisabled={blocked} onAction={() => void done()}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void done();
        }}
      >
        <Field
          label={t.profiles.name}
          hint={t.profiles.nameHint}
          error={isWrong ? t.profiles.nameWrong : undefined}
          value={typed}
          onChange={setTyped}
          autoFocus
        />
      </form>
    </AskDialog>
  );
}
