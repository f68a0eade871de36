import type { ChannelConfig, HttpChannelConfig, StdioChannelConfig } from '../../shared/profile.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { Field, OptionalField } from '../ui/field.tsx';
import { fieldsOf } from '../ui/fields-of.ts';
import { ChannelValues } from './channel-values.tsx';
import { RouteFields } from './route-fields.tsx';
import type { Editor } from './use-editor.ts';

const words = t.profiles.form;
const none = {};

interface Props<C> {
  /** The profile. */
  readonly id: string;
  readonly editor: Editor;
  readonly channel: C;
  readonly onChange: (channel: ChannelConfig) => void;
}

function StdioForm({ id, editor, channel, onChange }: Props<StdioChannelConfig>) {
  const of = fieldsOf(channel, onChange);
  return (
    <>
      <Field label={words.command} mono {...of('command')} />
      <OptionalField label={words.folder} mono {...of('cwd')} />
      <ChannelValues
        id={id}
        channel={channel.name}
        kind="stdio"
        values={channel.env}
        onSecret={editor.refreshSecrets}
        onChange={(env) => onChange({ ...channel, env })}
      />
      <Segments
        label={words.concurrency}
        showLabel
        {...of('concurrency')}
        options={[
          ['parallel', words.concurrencies.parallel],
          ['serial', words.concurrencies.serial],
        ]}
      />
    </>
  );
}

function HttpForm({ id, editor, channel, onChange }: Props<HttpChannelConfig>) {
  const of = fieldsOf(channel, onChange);
  const headers = of('extraHeaders');
  return (
    <>
      <Field label={words.url} mono {...of('url')} />
      <OptionalField label={words.unixSocket} mono {...of('unixSocket')} />
      <ChannelValues
        id={id}
        channel={channel.name}
        kind="http"
        values={headers.value ?? none}
        onSecret={editor.refreshSecrets}
        onChange={(values) => headers.onChange(Object.keys(values).length > 0 ? values : undefined)}
      />
      <RouteFields id={id} editor={editor} of={of} channel={channel.name} />
    </>
  );
}

/** What a server is before anything is known of it. */
export const blankChannel = (kind: ChannelConfig['kind'], name: string): ChannelConfig =>
  kind === 'stdio'
    ? { kind, name, command: 'node server.mjs', env: {}, concurrency: 'parallel' }
    : { kind, name, url: 'http://127.0.0.1:8000/mcp' };

/** One server behind the tunnel: its channel, whether it is a command or a URL, and the rest. */
export function ChannelForm({ onRemove, ...props }: Props<ChannelConfig> & { readonly onRemove: () => void }) {
  const { channel, onChange } = props;
  return (
    <div className="channel">
      <div className="channel-head">
        <Field
          label={words.channel}
          hideLabel
          mono
          value={channel.name}
          onChange={(name) => onChange({ ...channel, name: name.trim().toLowerCase() })}
        />
        <Segments
          label={words.kind}
          value={channel.kind}
          onChange={(kind) => onChange(blankChannel(kind, channel.name))}
          options={[
            ['stdio', words.kinds.stdio],
            ['http', words.kinds.http],
          ]}
        />
        <span className="grow" />
        <IconButton icon="trash" label={words.removeServer(channel.name)} onPress={onRemove} />
      </div>
      {channel.kind === 'stdio' ? (
        <StdioForm {...props} channel={channel} />
      ) : (
        <HttpForm {...props} channel={channel} />
      )}
    </div>
  );
}
