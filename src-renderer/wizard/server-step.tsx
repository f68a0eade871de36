import { useState } from 'react';
import { channelNamesFor, mainChannel } from '../../shared/channel-names.ts';
import type { Draft, DraftServer } from '../../shared/draft.ts';
import { sourceNames } from '../../shared/import-words.ts';
import { DroppedList, type DroppedOf } from '../imports/dropped-list.tsx';
import { ServerPicker } from '../imports/server-picker.tsx';
import { useCandidates } from '../imports/use-candidates.ts';
import { startDemo } from '../overview/demo.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { TextMenu } from '../ui/menu.tsx';
import { ChannelList } from './channel-list.tsx';
import { ServerForm } from './server-form.tsx';
import { StepFrame } from './step-frame.tsx';
import type { DraftHandle } from './use-draft.ts';
import type { ServerProbes } from './use-server-probes.ts';

const words = t.wizard.server;

interface Props {
  readonly handle: DraftHandle;
  readonly draft: Draft;
  readonly probes: ServerProbes;
  readonly onNext: () => void;
  readonly onDiscard: () => Promise<void>;
}

type From = 'found' | DraftServer['kind'];

const isEmpty = (server: DraftServer): boolean => (server.kind === 'stdio' ? server.command : server.url).trim() === '';

const droppedOf = (servers: readonly DraftServer[]): DroppedOf[] =>
  servers.flatMap(({ origin, channel }) =>
    origin
      ? [
          {
            title: t.imports.ofServer(servers.length > 1 ? channel : origin.name, sourceNames[origin.source]),
            dropped: origin.dropped,
          },
        ]
      : [],
  );

const blank = (kind: DraftServer['kind'], key: string, channel: string): DraftServer =>
  kind === 'stdio' ? { key, channel, kind, command: '', env: [] } : { key, channel, kind, url: '', headers: [] };

const freeKey = (servers: readonly DraftServer[]): string => {
  for (let n = 1; ; n++) if (!servers.some(({ key }) => key === `typed-${n}`)) return `typed-${n}`;
};

export function ServerStep({ handle, draft, probes, onNext, onDiscard }: Props) {
  const { servers, id } = draft;
  const [first] = servers;
  const filled = servers.filter((server) => !isEmpty(server));
  const [from, setFrom] = useState<From>(first && filled.length > 0 ? first.kind : 'found');
  const [picked, setPicked] = useState<string[]>([]);
  const unproved = (all: readonly DraftServer[], but?: string): string | undefined =>
    all.find(({ key }) => key !== but && !probes.of(key).proved)?.key;
  const [open, setOpen] = useState(() => unproved(servers));
  const found = useCandidates();
  const hasDemo = useApp((app) => app.capabilities.demo);

  const update = (next: DraftServer[]): void => handle.update({ servers: next });
  const change = (next: DraftServer): void => {
    probes.clear(next.key);
    update(servers.map((server) => (server.key === next.key ? next : server)));
  };
  const add = (kind: DraftServer['kind']): void => {
    const key = freeKey(servers);
    const [channel = mainChannel] = channelNamesFor(
      ['server'],
      servers.map((server) => server.channel),
    );
    update([...servers, blank(kind, key, channel)]);
    setOpen(key);
    setFrom(kind);
  };
  const choose = (kind: From): void => {
    setFrom(kind);
    if (kind === 'found' || !first || first.kind === kind) return;
    update([blank(kind, freeKey(servers), first.channel)]);
  };
  const addPicked = async (): Promise<void> => {
    await handle.flush();
    const next = await handle.add(picked);
    if (!next) return;
    setPicked([]);
    setFrom(next.servers[0]?.kind ?? 'stdio');
    setOpen(unproved(next.servers));
  };
  const prove = async (key: string): Promise<void> => {
    await handle.flush();
    if (await probes.start(id, key)) setOpen((now) => (now === key ? (unproved(servers, key) ?? now) : now));
  };

  const isPicking = from === 'found';
  const several = servers.length > 1;
  const provedCount = servers.filter(({ key }) => probes.of(key).proved).length;
  const allProved = provedCount === servers.length;
  const names = (found?.servers ?? []).filter(({ id: each }) => picked.includes(each)).map(({ name }) => name);
  return (
    <StepFrame
      step={1}
      title={words.title(isPicking ? 1 : servers.length)}
      left={
        <>
          <Button kind="quiet" onPress={() => void onDiscard()}>
            {t.wizard.discard}
          </Button>
          {isPicking && filled.length > 0 && (
            <Button kind="quiet" onPress={() => setFrom(first?.kind ?? 'stdio')}>
              {words.toChosen}
            </Button>
          )}
        </>
      }
      right={
        isPicking ? (
          <Button kind="primary" isDisabled={picked.length === 0} onPress={() => void addPicked()}>
            {words.use(picked.length)}
          </Button>
        ) : (
          <>
            {several && <span className="faint num">{words.provedOf(provedCount, servers.length)}</span>}
            {!allProved && filled.length === servers.length && (
              <Button kind="quiet" onPress={onNext}>
                {t.wizard.withoutProof}
              </Button>
            )}
            <Button kind="primary" isDisabled={!allProved} onPress={onNext}>
              {words.next}
            </Button>
          </>
        )
      }
    >
      {!several && (
        <Segments
          label={words.from}
          value={from}
          onChange={choose}
          options={[
            ['found', words.kinds.found],
            ['stdio', words.kinds.stdio],
            ['http', words.kinds.http],
          ]}
        />
      )}
      {isPicking && (
        <>
          <p className="muted">{t.imports.say}</p>
          <ServerPicker found={found} picked={picked} onPick={setPicked} taken={servers.map(({ key }) => key)} />
          {names.length > 1 && <p className="faint small">{t.imports.chosen(names.length, names.join(', '))}</p>}
        </>
      )}
      {!isPicking && several && (
        <>
          <p className="muted">
            {words.channelsSay}
            {servers.some(({ kind, channel }) => kind === 'http' && channel !== mainChannel) && ` ${words.signInSay}`}
          </p>
          <ChannelList
            handle={handle}
            id={id}
            servers={servers}
            probes={probes}
            open={open}
            onOpen={setOpen}
            onChange={update}
            onProve={prove}
          />
        </>
      )}
      {!isPicking && !several && first && (
        <ServerForm
          handle={handle}
          id={id}
          server={first}
          probe={probes.of(first.key)}
          onChange={change}
          onProve={() => prove(first.key)}
        />
      )}
      {!isPicking && <DroppedList of={droppedOf(servers)} />}
      {!isPicking && filled.length === servers.length && (
        <div>
          <TextMenu
            label={words.addAnother}
            icon="plus"
            entries={[
              { label: words.addFound, icon: 'search', onAction: () => setFrom('found') },
              { label: words.addCommand, icon: 'terminal', onAction: () => add('stdio') },
              { label: words.addUrl, icon: 'globe', onAction: () => add('http') },
            ]}
          />
        </div>
      )}
      {isPicking && hasDemo && filled.length === 0 && (
        <Button kind="quiet" icon="spark" onPress={() => void startDemo()}>
          {words.demo}
        </Button>
      )}
    </StepFrame>
  );
}
