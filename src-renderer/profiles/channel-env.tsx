import { useState } from 'react';
import type { EnvEntry } from '../../shared/draft.ts';
import { keptSecretPrefix } from '../../shared/profile-editor.ts';
import type { StdioChannelConfig } from '../../shared/profile.ts';
import { EnvEditor } from '../ui/env-editor.tsx';

type Env = StdioChannelConfig['env'];

function entryOf(name: string, value: string): EnvEntry {
  if (value.startsWith('keychain:') || value.startsWith(keptSecretPrefix)) return { name, kind: 'secret', value: '' };
  return { name, kind: /^(env|file):/.test(value) ? 'reference' : 'plain', value };
}

const toEntries = (env: Env): EnvEntry[] => Object.entries(env).map(([name, value]) => entryOf(name, value));

/** Secrets that were there keep their reference; new ones are in the keychain under the channel's slot. */
export function toEnv(entries: readonly EnvEntry[], before: Env, id: string, channel: string): Env {
  return Object.fromEntries(
    entries
      .filter(({ name }) => name !== '')
      .map(({ name, kind, value }) => {
        const known = before[name];
        const isSecret = known !== undefined && entryOf(name, known).kind === 'secret';
        if (kind !== 'secret') return [name, value];
        return [name, isSecret ? known : `keychain:${id}/env.${channel}.${name}`];
      }),
  );
}

interface Props {
  readonly id: string;
  readonly channel: StdioChannelConfig;
  readonly onChange: (env: Env) => void;
}

/** The environment of a profile's server, where a row without a name is not yet part of the profile. */
export function ChannelEnv({ id, channel, onChange }: Props) {
  const { env, name } = channel;
  const [entries, setEntries] = useState(() => toEntries(env));
  const [shown, setShown] = useState(env);
  // The text was edited: what it says replaces the rows.
  if (env !== shown && JSON.stringify(env) !== JSON.stringify(toEnv(entries, env, id, name))) {
    setShown(env);
    setEntries(toEntries(env));
  }
  return (
    <EnvEditor
      owner={id}
      channel={name}
      entries={entries}
      onChange={(next) => {
        setEntries(next);
        onChange(toEnv(next, env, id, name));
      }}
    />
  );
}
