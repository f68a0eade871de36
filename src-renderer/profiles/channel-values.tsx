import { useState } from 'react';
import { secretSlotOf, type EnvEntry } from '../../shared/draft.ts';
import { keptSecretPrefix } from '../../shared/profile-editor.ts';
import { EnvEditor } from '../ui/env-editor.tsx';

type Values = Readonly<Record<string, string>>;

interface Owner {
  /** The profile. */
  readonly id: string;
  readonly channel: string;
  /** Variables of a command, or headers for an address. */
  readonly kind: 'stdio' | 'http';
}

function entryOf(name: string, value: string): EnvEntry {
  if (value.startsWith('keychain:') || value.startsWith(keptSecretPrefix)) return { name, kind: 'secret', value: '' };
  return { name, kind: /^(env|file):/.test(value) ? 'reference' : 'plain', value };
}

const toEntries = (values: Values): EnvEntry[] => Object.entries(values).map(([name, value]) => entryOf(name, value));

/** Secrets that were there keep their reference; new ones are in the keychain under the channel's slot. */
function toValues(entries: readonly EnvEntry[], before: Values, { id, channel, kind }: Owner): Record<string, string> {
  return Object.fromEntries(
    entries
      .filter(({ name }) => name !== '')
      .map((entry) => {
        const { name, value } = entry;
        const known = before[name];
        const isSecret = known !== undefined && entryOf(name, known).kind === 'secret';
        if (entry.kind !== 'secret') return [name, value];
        return [name, isSecret ? known : `keychain:${id}/${secretSlotOf(kind, channel, name)}`];
      }),
  );
}

interface Props extends Owner {
  readonly values: Values;
  /** A secret was typed: there is something to save. */
  readonly onSecret: () => Promise<void>;
  readonly onChange: (values: Record<string, string>) => void;
}

/** Variables or headers of a profile's server, where a row without a name is not yet part of the profile. */
export function ChannelValues({ values, onSecret, onChange, ...owner }: Props) {
  const [entries, setEntries] = useState(() => toEntries(values));
  const [shown, setShown] = useState(values);
  // The text was edited: what it says replaces the rows.
  if (values !== shown && JSON.stringify(values) !== JSON.stringify(toValues(entries, values, owner))) {
    setShown(values);
    setEntries(toEntries(values));
  }
  const { id, channel, kind } = owner;
  const isElsewhere = (name: string): boolean => values[name] !== `keychain:${id}/${secretSlotOf(kind, channel, name)}`;
  return (
    <EnvEditor
      owner={id}
      channel={channel}
      kind={kind}
      entries={entries}
      elsewhere={Object.keys(values).filter(isElsewhere)}
      onSecret={() => void onSecret()}
      onChange={(next) => {
        setEntries(next);
        onChange(toValues(next, values, owner));
      }}
    />
  );
}
