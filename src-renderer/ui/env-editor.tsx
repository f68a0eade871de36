import { useState } from 'react';
import type { EnvEntry } from '../../shared/draft.ts';
import { run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from './button.tsx';
import { Field } from './field.tsx';
import { Choice } from './select.tsx';

const words = t.wizard.server;

interface Props {
  /** Draft or profile under whose id secrets are kept. */
  readonly owner: string;
  readonly channel: string;
  readonly entries: readonly EnvEntry[];
  readonly onChange: (entries: EnvEntry[]) => void;
}

interface RowProps {
  readonly entry: EnvEntry;
  readonly onChange: (entry: EnvEntry) => void;
  readonly onRemove: () => void;
  readonly onSecret: (value: string) => Promise<boolean>;
}

function EnvRow({ entry, onChange, onRemove, onSecret }: RowProps) {
  const [typed, setTyped] = useState('');
  const [kept, setKept] = useState(entry.kind === 'secret' && entry.name !== '');
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const isSecret = entry.kind === 'secret';
  const keep = async (): Promise<void> => {
    if (typed === '' || entry.name === '' || !(await onSecret(typed))) return;
    setTyped('');
    setKept(true);
  };
  const placeholder = isSecret && kept ? words.envSecretSet : entry.kind === 'reference' ? words.envReference : '';
  return (
    <li className="env-row">
      <Field
        label={words.envName}
        hideLabel
        mono
        placeholder={words.envName}
        value={entry.name}
        onChange={(name) => onChange({ ...entry, name })}
      />
      <Choice
        label={words.envKind}
        value={entry.kind}
        onChange={(kind) => onChange({ ...entry, kind, value: '' })}
        options={[
          ['plain', words.envKinds.plain],
          ...(hasKeychain ? [['secret', words.envKinds.secret] as const] : []),
          ['reference', words.envKinds.reference],
        ]}
      />
      {isSecret ? (
        <Field
          label={words.envValue}
          hideLabel
          mono
          type="password"
          placeholder={placeholder}
          value={typed}
          onChange={setTyped}
          onBlur={() => void keep()}
        />
      ) : (
        <Field
          label={words.envValue}
          hideLabel
          mono
          placeholder={placeholder}
          value={entry.value}
          onChange={(value) => onChange({ ...entry, value })}
        />
      )}
      <IconButton icon="trash" label={words.removeVariable(entry.name)} onPress={onRemove} />
    </li>
  );
}

/** Variables of a server. A secret's value leaves the page as soon as its field is left, and does not come back. */
export function EnvEditor({ owner, channel, entries, onChange }: Props) {
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  return (
    <div className="field">
      <span className="label">{words.env}</span>
      {entries.length > 0 && (
        <ul className="env">
          {entries.map((entry, index) => (
            <EnvRow
              key={index}
              entry={entry}
              onChange={(next) => onChange(entries.map((each, i) => (i === index ? next : each)))}
              onRemove={() => onChange(entries.filter((_, i) => i !== index))}
              onSecret={async (value) =>
                (await run('secrets.set', { owner, slot: `env.${channel}.${entry.name}`, value })) !== undefined
              }
            />
          ))}
        </ul>
      )}
      <span className="hint">{hasKeychain ? words.envHint : words.envHintNoKeychain}</span>
      <div>
        <Button
          icon="plus"
          onPress={() => onChange([...entries, { name: '', kind: hasKeychain ? 'secret' : 'plain', value: '' }])}
        >
          {words.addVariable}
        </Button>
      </div>
    </div>
  );
}
