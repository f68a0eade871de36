import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { channelNamesFor, isChannelName, mainChannel } from '../../shared/channel-names.ts';
import type { DraftServer } from '../../shared/draft.ts';
import { t } from '../strings.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { toneIcons, type Tone } from '../ui/tone.tsx';
import { ServerForm } from './server-form.tsx';
import type { DraftHandle } from './use-draft.ts';
import type { Proving, ServerProbes } from './use-server-probes.ts';

const words = t.wizard.server;

/** What a channel's name is now, once it is one and no other server has it. */
function ChannelName({
  server,
  taken,
  onChange,
}: {
  readonly server: DraftServer;
  readonly taken: readonly string[];
  readonly onChange: (channel: string) => void;
}) {
  const [typed, setTyped] = useState(server.channel);
  const [shown, setShown] = useState(server.channel);
  if (shown !== server.channel) {
    setShown(server.channel);
    setTyped(server.channel);
  }
  const error = !isChannelName(typed) ? words.channelWrong : taken.includes(typed) ? words.channelTaken : undefined;
  return (
    <Field
      label={words.channel}
      hint={words.channelHint}
      error={error}
      mono
      value={typed}
      onChange={(text) => {
        const name = text.trim().toLowerCase();
        setTyped(name);
        if (!isChannelName(name) || taken.includes(name)) return;
        setShown(name);
        onChange(name);
      }}
    />
  );
}

const stateOf = ({ running, proved, error, evidence }: Proving): keyof typeof words.states =>
  running
    ? 'busy'
    : proved
      ? 'ok'
      : error !== undefined || evidence.some(({ outcome }) => outcome === 'fail')
        ? 'fault'
        : 'idle';

interface CardProps {
  readonly server: DraftServer;
  readonly probe: Proving;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onMain: () => void;
  readonly onRemove: () => void;
  readonly children: React.ReactNode;
}

function ChannelCard({ server, probe, isOpen, onToggle, onMain, onRemove, children }: CardProps) {
  const { channel, kind } = server;
  const target = kind === 'stdio' ? server.command : (server.unixSocket ?? server.url);
  const state = stateOf(probe);
  const tone: Tone = state;
  return (
    <li aria-label={channel}>
      <div className="channel-line">
        <AriaButton className="row-press" aria-expanded={isOpen} onPress={onToggle}>
          <Icon name={isOpen ? 'down' : 'right'} />
          <span className={`state tone-${tone}`} title={words.states[state]}>
            {state === 'busy' ? <span className="spinner" /> : <Icon name={toneIcons[tone]} />}
            <span className="visually-hidden">{words.states[state]}</span>
          </span>
          <b>{channel}</b>
          <code className="clip" title={target}>
            {target.trim() === '' ? words.notFilled : target}
          </code>
        </AriaButton>
        {channel !== mainChannel && (
          <Button kind="quiet" onPress={onMain}>
            {words.makeMain}
          </Button>
        )}
        <IconButton icon="trash" label={`${words.remove} ${channel}`} onPress={onRemove} />
      </div>
      {isOpen && <div className="channel-body">{children}</div>}
    </li>
  );
}

interface Props {
  readonly handle: DraftHandle;
  readonly id: string;
  readonly servers: readonly DraftServer[];
  readonly probes: ServerProbes;
  /** The server whose form is open. */
  readonly open: string | undefined;
  readonly onOpen: (key: string | undefined) => void;
  readonly onChange: (servers: DraftServer[]) => void;
  readonly onProve: (key: string) => Promise<void>;
}

/** Several servers, each a channel: one is shown in full, and the next that is not proved follows it. */
export function ChannelList({ handle, id, servers, probes, open, onOpen, onChange, onProve }: Props) {
  const rename = (key: string, channel: string): void =>
    onChange(servers.map((server) => (server.key === key ? { ...server, channel } : server)));
  /** The one that was main gets a name of its own, in the same breath. */
  const makeMain = (key: string): void => {
    const others = servers.filter((server) => server.key !== key).map(({ channel }) => channel);
    onChange(
      servers.map((server) => {
        if (server.key === key) return { ...server, channel: mainChannel };
        if (server.channel !== mainChannel) return server;
        return { ...server, channel: channelNamesFor([server.origin?.name ?? 'server'], others)[0] ?? 'server' };
      }),
    );
  };
  const remove = (key: string): void => {
    const left = servers.filter((server) => server.key !== key);
    const hasMain = left.some(({ channel }) => channel === mainChannel);
    onChange(
      hasMain ? left : left.map((server, index) => (index === 0 ? { ...server, channel: mainChannel } : server)),
    );
  };
  return (
    <ul className="list framed" aria-label={words.title(servers.length)}>
      {servers.map((server) => {
        const probe = probes.of(server.key);
        return (
          <ChannelCard
            key={server.key}
            server={server}
            probe={probe}
            isOpen={server.key === open}
            onToggle={() => onOpen(server.key === open ? undefined : server.key)}
            onMain={() => makeMain(server.key)}
            onRemove={() => remove(server.key)}
          >
            {server.channel !== mainChannel && (
              <ChannelName
                server={server}
                taken={servers.filter(({ key }) => key !== server.key).map(({ channel }) => channel)}
                onChange={(channel) => rename(server.key, channel)}
              />
            )}
            <ServerForm
              handle={handle}
              id={id}
              server={server}
              probe={probe}
              onChange={(next) => {
                probes.clear(server.key);
                onChange(servers.map((each) => (each.key === server.key ? next : each)));
              }}
              onProve={() => onProve(server.key)}
            />
          </ChannelCard>
        );
      })}
    </ul>
  );
}
