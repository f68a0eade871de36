import { useEffect, useState, type Ref } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { describe } from '../../shared/messages.ts';
import { isOpenStatus } from '../../shared/trace.ts';
import type { TraceDetail, TraceRow } from '../../shared/trace-view.ts';
import { call, run } from '../api.ts';
import { copyText } from '../copy.ts';
import { clock } from '../format.ts';
import { useNow } from '../now.ts';
import { go } from '../route.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { TextMenu } from '../ui/menu.tsx';
import { Prose } from '../ui/prose.tsx';
import { Chip, Note } from '../ui/tone.tsx';
import { BodyView } from './body-view.tsx';
import { AttemptList, HeaderLists, NotificationList, StderrList } from './detail-lists.tsx';
import { Timeline } from './timeline.tsx';
import { toneOf } from './trace-look.ts';

const words = t.traces.detail;

function CopyMenu({ id, requestId }: { readonly id: number; readonly requestId: string }) {
  const copyAs = async (format: 'curl' | 'json-rpc'): Promise<void> => {
    const result = await run('traces.copyAs', { id, format });
    if (result) await copyText(result.text);
  };
  return (
    <TextMenu
      label={words.copy}
      entries={[
        { label: words.asCurl, icon: 'terminal', onAction: () => void copyAs('curl') },
        { label: words.asRpc, icon: 'traces', onAction: () => void copyAs('json-rpc') },
        { label: words.asId, icon: 'copy', onAction: () => void copyText(requestId) },
      ]}
    />
  );
}

function Parts({ detail }: { readonly detail: TraceDetail }) {
  const { row, notifications, stderr } = detail;
  const open = isOpenStatus(row.status);
  const tab = (id: keyof typeof words.tabs, n?: number) => (
    <Tab id={id}>
      {words.tabs[id]}
      {n !== undefined && n > 0 && <span className="n num">{n}</span>}
    </Tab>
  );
  return (
    <Tabs className="parts" defaultSelectedKey={row.response || !open ? 'response' : 'request'}>
      <TabList className="tabs-list" aria-label={words.label}>
        {tab('request')}
        {tab('response')}
        {tab('headers')}
        {row.notifications > 0 && tab('notifications', row.notifications)}
        {stderr.length > 0 && tab('stderr', stderr.length)}
        {row.attempts.length > 1 && tab('attempts', row.attempts.length)}
      </TabList>
      <TabPanel id="request" className="part">
        <BodyView traceId={row.id} part="request" bodyRef={row.request} isOpen={false} />
      </TabPanel>
      <TabPanel id="response" className="part">
        <BodyView traceId={row.id} part="response" bodyRef={row.response} isOpen={open} />
      </TabPanel>
      <TabPanel id="headers" className="part">
        <HeaderLists detail={detail} />
      </TabPanel>
      <TabPanel id="notifications" className="part">
        <NotificationList traceId={row.id} notifications={notifications} />
      </TabPanel>
      <TabPanel id="stderr" className="part">
        <StderrList lines={stderr} />
      </TabPanel>
      <TabPanel id="attempts" className="part">
        <AttemptList row={row} />
      </TabPanel>
    </Tabs>
  );
}

interface Props {
  readonly id: number;
  /** As the list has it, which is newer while the call runs. */
  readonly row: TraceRow | undefined;
  readonly paneRef: Ref<HTMLElement>;
}

/** A call from its arrival to the answer's delivery. */
export function TraceDetailPane({ id, row: listed, paneRef }: Props) {
  const now = useNow();
  const [detail, setDetail] = useState<TraceDetail | 'gone'>();
  const stage = `${listed?.status ?? ''} ${listed?.notifications ?? ''} ${listed?.attempts.length ?? ''}`;
  useEffect(() => {
    let live = true;
    void call('traces.get', { id }).then((reply) => live && setDetail(reply.ok ? (reply.value ?? 'gone') : 'gone'));
    return () => {
      live = false;
    };
  }, [id, stage]);
  const known = detail === 'gone' ? undefined : detail;
  const row = listed ?? known?.row;
  const tunnel = useApp((app) => app.tunnels.find((view) => view.id === row?.tunnel)?.snapshot.name);
  const close = <IconButton icon="close" label={words.close} onPress={() => go('traces')} />;
  if (!row)
    return (
      <section className="card detail" ref={paneRef} tabIndex={-1} aria-label={words.label}>
        <div className="detail-head">
          <p className="grow muted">{detail === 'gone' ? words.gone : <span className="spinner" />}</p>
          {close}
        </div>
      </section>
    );
  const [time, fraction] = clock(row.receivedAt);
  const tone = toneOf[row.status];
  const meta = [
    row.target === undefined ? undefined : row.method,
    tunnel,
    words.channel(row.channel),
    row.rpcId === undefined ? undefined : words.id(row.rpcId),
    row.attempts.length > 0 ? words.attempts(row.attempts.length) : undefined,
    `${time}${fraction}`,
  ].filter((part) => part !== undefined);
  const said = row.error && describe(row.error);
  return (
    <section
      className="card detail"
      ref={paneRef}
      tabIndex={-1}
      aria-label={words.label}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) go('traces');
      }}
    >
      <div className="detail-head">
        <h2 className="grow clip" title={row.target ?? row.method}>
          {row.target ?? row.method}
        </h2>
        <IconButton
          icon="pin"
          on={row.pinned}
          label={row.pinned ? words.unpin : words.pin}
          onPress={() => void run('traces.pin', { ids: [id], pinned: !row.pinned })}
        />
        <CopyMenu id={id} requestId={row.requestId} />
        {close}
      </div>
      <div className="meta">
        <Chip tone={tone}>{t.traces.status[row.status]}</Chip>
        <p className="grow">{meta.join(' · ')}</p>
      </div>
      <Timeline call={row} now={now} />
      {said && (
        <Note tone={tone === 'fault' ? 'fault' : 'idle'} title={`${said.title}.`}>
          <Prose text={`${said.cause} ${said.next}`} />
        </Note>
      )}
      {known && <Parts key={`${id}`} detail={{ ...known, row }} />}
    </section>
  );
}
