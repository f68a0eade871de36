import { useEffect, useState } from 'react';
import { secretSlotOf, type EnvEntry } from '../../shared/draft.ts';
import { call, run } from '../api.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from './button.tsx';
import { Field, Labelled } from './field.tsx';
import { fieldsOf } from './fields-of.ts';
import { Choice } from './select.tsx';

const words = t.wizard.server;

interface Props {
  /** Draft or profile under whose id secrets are kept. */
  readonly owner: string;
  readonly channel: string;
  /** Variables of a command, or headers for an address. */
  readonly kind?: 'stdio' | 'http';
  readonly entries: readonly EnvEntry[];
  /** Secrets whose values are elsewhere than under this owner's slots. */
  readonly elsewhere?: readonly string[];
  /** A secret was typed, and waits for the owner to be saved. */
  readonly onSecret?: () => void;
  readonly onChange: (entries: EnvEntry[]) => void;
}

interface RowProps {
  readonly entry: EnvEntry;
  /** Its value is in the keychain, or waits for that. */
  readonly isKept: boolean;
  readonly onChange: (entry: EnvEntry) => void;
  readonly onRemove: () => void;
  readonly onSecret: (value: string) => Promise<boolean>;
}

function EnvRow({ entry, isKept, onChange, onRemove, onSecret }: RowProps) {
  const [typed, setTyped] = useState('');
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const isSecret = entry.kind === 'secret';
  const of = fieldsOf(entry, onChange);
  const keep = async (): Promise<void> => {
    if (typed === '' || entry.name === '' || !(await onSecret(typed))) return;
    setTyped('');
  };
  const placeholder = isSecret
    ? isKept
      ? words.envSecretSet
      : words.envMissing
    : entry.kind === 'reference'
      ? words.envReference
      : '';
  return (
    <li className="env-row">
      <Field label={words.envName} hideLabel mono placeholder={words.envName} {...of('name')} />
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
      <Field
        label={words.envValue}
        hideLabel
        mono
        placeholder={placeholder}
        {...(isSecret
          ? { type: 'password', value: typed, onChange: setTyped, onBlur: () => void keep() }
          : of('value'))}
      />
      <IconButton icon="trash" label={words.removeVariable(entry.name)} onPress={onRemove} />
    </li>
  );
}

/** Variables of a server. A secret's value leaves the page as soon as its field is left, and does not come back. */
export function EnvEditor({ owner, channel, kind = 'stdio', entries, elsewhere = [], onSecret, onChange }: Props) {
  const hasKeychain = useApp((app) => app.capabilities.keychain.backend !== 'none');
  const [has, setHas] = useState<Readonly<Record<string, boolean>>>({});
  const slotOf = (name: string): string => secretSlotOf(kind, channel, name);
  const secrets = entries.filter((entry) => entry.kind === 'secret' && entry.name !== '');
  const slots = secrets.map(({ name }) => slotOf(name)).join('\n');
  useEffect(() => {
    if (slots === '') return;
    let live = true;
    void call('secrets.has', { owner, slots: slots.split('\n') }).then((reply) => {
      if (live && reply.ok) setHas((before) => ({ ...before, ...reply.value }));
    });
    return () => {
      live = false;
    };
  }, [owner, slots]);
  const keep = async (name: string, value: string): Promise<boolean> => {
    const slot = slotOf(name);
    if (!(await run('secrets.set', { owner, slot, value }))) return false;
    setHas((before) => ({ ...before, [slot]: true }));
    onSecret?.();
    return true;
  };
  const isHeaders = kind === 'http';
  const hint = isHeaders ? words.headersHint : words.envHint;
  return (
    <Labelled label={isHeaders ? words.headers : words.env}>
      {entries.length > 0 && (
        <ul className="env">
          {entries.map((entry, index) => (
            <EnvRow
              key={index}
              entry={entry}
              isKept={has[slotOf(entry.name)] === true || elsewhere.includes(entry.name)}
              onChange={(next) => onChange(entries.map((each, i) => (i === index ? next : each)))}
              onRemove={() => onChange(entries.filter((_, i) => i !== index))}
              onSecret={(value) => keep(entry.name, value)}
            />
          ))}
        </ul>
      )}
      <span className="hint">{hasKeychain ? hint : words.envHintNoKeychain}</span>
      <div>
        <Button
          icon="plus"
          onPress={() => onChange([...entries, { name: '', kind: hasKeychain ? 'secret' : 'plain', value: '' }])}
        >
          {isHeaders ? words.addHeader : words.addVariable}
        </Button>
      </div>
    </Labelled>
  );
}
