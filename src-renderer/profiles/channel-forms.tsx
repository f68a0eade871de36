import { useState } from 'react';
import type { CallResult } from '../../shared/ipc.ts';
import type { ChannelConfig, HttpChannelConfig, StdioChannelConfig } from '../../shared/profile.ts';
import { DroppedList } from '../imports/dropped-list.tsx';
import { PickDialog } from '../imports/pick-dialog.tsx';
import { notify } from '../shell/notices.tsx';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { TextMenu } from '../ui/menu.tsx';
import { ChannelValues } from './channel-values.tsx';
import { OptionalField } from './form-field.tsx';
import { withOptional } from './optional.ts';
import { RouteTest } from './route-test.tsx';
import type { Editor } from './use-editor.ts';

const words = t.profiles.form;
type Added = CallResult<'profiles.addServers'>['added'];

interface ServerProps<C> {
  readonly channel: C;
  readonly onChange: (channel: ChannelConfig) => void;
}

function StdioForm({ id, channel, onChange }: ServerProps<StdioChannelConfig> & { readonly id: string }) {
  return (
    <>
      <Field
        label={words.command}
        mono
        value={channel.command}
        onChange={(command) => onChange({ ...channel, command })}
      />
      <OptionalField
        label={words.folder}
        mono
        value={channel.cwd}
        onChange={(cwd) => onChange(withOptional(channel, 'cwd', cwd))}
      />
      <ChannelValues
        id={id}
        channel={channel.name}
        kind="stdio"
        values={channel.env}
        onChange={(env) => onChange({ ...channel, env })}
      />
      <div className="field">
        <span className="label">{words.concurrency}</span>
        <Segments
          label={words.concurrency}
          value={channel.concurrency}
          onChange={(concurrency) => onChange({ ...channel, concurrency })}
          options={[
            ['parallel', words.concurrencies.parallel],
            ['serial', words.concurrencies.serial],
          ]}
        />
      </div>
    </>
  );
}

const none = {};

function HttpForm({
  id,
  text,
  channel,
  onChange,
}: ServerProps<HttpChannelConfig> & { readonly id: string; readonly text: string }) {
  return (
    <>
      <Field label={words.url} mono value={channel.url} onChange={(url) => onChange({ ...channel, url })} />
      <OptionalField
        label={words.unixSocket}
        mono
        value={channel.unixSocket}
        onChange={(path) => onChange(withOptional(channel, 'unixSocket', path))}
      />
      <ChannelValues
        id={id}
        channel={channel.name}
        kind="http"
        values={channel.extraHeaders ?? none}
        onChange={(headers) =>
          onChange(withOptional(channel, 'extraHeaders', Object.keys(headers).length > 0 ? headers : undefined))
        }
      />
      <div className="two">
        <OptionalField
          label={words.routeProxy}
          mono
          value={channel.httpProxy}
          onChange={(value) => onChange(withOptional(channel, 'httpProxy', value))}
        />
        <OptionalField
          label={words.routeCaBundle}
          mono
          value={channel.caBundle}
          onChange={(value) => onChange(withOptional(channel, 'caBundle', value))}
        />
        <OptionalField
          label={words.clientCert}
          mono
          value={channel.clientCert}
          onChange={(value) => onChange(withOptional(channel, 'clientCert', value))}
        />
        <OptionalField
          label={words.clientKey}
          mono
          value={channel.clientKey}
          onChange={(value) => onChange(withOptional(channel, 'clientKey', value))}
        />
      </div>
      <RouteTest id={id} text={text} channel={channel.name} />
    </>
  );
}

const freeName = (channels: readonly ChannelConfig[]): string => {
  const taken = new Set(channels.map(({ name }) => name));
  if (!taken.has('main')) return 'main';
  for (let n = 2; ; n++) if (!taken.has(`server-${n}`)) return `server-${n}`;
};

const asStdio = (name: string): ChannelConfig => ({
  kind: 'stdio',
  name,
  command: 'node server.mjs',
  env: {},
  concurrency: 'parallel',
});
const asHttp = (name: string): ChannelConfig => ({ kind: 'http', name, url: 'http://127.0.0.1:8000/mcp' });

interface Props {
  readonly id: string;
  /** The profile as it stands in the editor. */
  readonly text: string;
  readonly channels: readonly ChannelConfig[];
  readonly isDisabled: boolean;
  readonly onChange: (channels: ChannelConfig[]) => void;
  /** Adds servers of other apps; `undefined` when that failed, which was said. */
  readonly onAdd: Editor['addServers'];
}

/** The servers behind the tunnel, one a channel. */
export function ChannelForms({ id, text, channels, isDisabled, onChange, onAdd }: Props) {
  const [picking, setPicking] = useState(false);
  const [added, setAdded] = useState<Added>([]);
  const addFound = async (candidates: string[]): Promise<boolean> => {
    const now = await onAdd(candidates);
    if (!now) return false;
    setAdded((before) => [...before, ...now]);
    const names = now.map(({ channel }) => channel).join(', ');
    notify({ tone: 'ok', title: t.imports.dialog.added(names), more: t.imports.dialog.addedMore });
    return true;
  };
  const replace = (index: number, next: ChannelConfig): void =>
    onChange(channels.map((channel, i) => (i === index ? next : channel)));
  return (
    <section>
      <h2>{words.servers}</h2>
      {channels.map((channel, index) => (
        <div key={index} className="channel">
          <div className="channel-head">
            <Field
              label={words.channel}
              hideLabel
              mono
              value={channel.name}
              onChange={(name) => replace(index, { ...channel, name: name.trim().toLowerCase() })}
            />
            <Segments
              label={words.kind}
              value={channel.kind}
              onChange={(kind) => replace(index, kind === 'stdio' ? asStdio(channel.name) : asHttp(channel.name))}
              options={[
                ['stdio', words.kinds.stdio],
                ['http', words.kinds.http],
              ]}
            />
            <span className="grow" />
            <IconButton
              icon="trash"
              label={words.removeServer(channel.name)}
              onPress={() => onChange(channels.filter((_, i) => i !== index))}
            />
          </div>
          {channel.kind === 'stdio' ? (
            <StdioForm id={id} channel={channel} onChange={(next) => replace(index, next)} />
          ) : (
            <HttpForm id={id} text={text} channel={channel} onChange={(next) => replace(index, next)} />
          )}
        </div>
      ))}
      <DroppedList of={added.map(({ channel, dropped }) => ({ title: channel, dropped }))} />
      <div>
        <TextMenu
          label={words.addServer}
          icon="plus"
          isDisabled={isDisabled}
          entries={[
            { label: words.addFound, icon: 'search', onAction: () => setPicking(true) },
            {
              label: words.addCommand,
              icon: 'terminal',
              onAction: () => onChange([...channels, asStdio(freeName(channels))]),
            },
            { label: words.addUrl, icon: 'globe', onAction: () => onChange([...channels, asHttp(freeName(channels))]) },
          ]}
        />
      </div>
      {picking && <PickDialog action={t.imports.dialog.channels} onPick={addFound} onClose={() => setPicking(false)} />}
    </section>
  );
}
