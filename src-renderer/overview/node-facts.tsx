import type { ReactNode } from 'react';
import type { TunnelView } from '../../shared/app.ts';
import { daysUntil, type ChannelSnapshot } from '../../shared/tunnel.ts';
import { ago, clock, count, duration } from '../format.ts';
import { useNow } from '../now.ts';
import { t } from '../strings.ts';

const words = t.overview.facts;

type Fact = readonly [string, ReactNode] | undefined;

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts
        .filter((fact) => fact !== undefined)
        .map(([name, value]) => [<dt key={`${name}:`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}

const useAgo = () => {
  const now = useNow();
  return (at: number | undefined): string => (at === undefined ? words.never : ago(at, now));
};

export function CallerFacts({ view }: { readonly view: TunnelView }) {
  const since = useAgo();
  const { caller, snapshot } = view;
  return (
    <Facts
      facts={[
        [words.says, caller ? [caller.name, caller.version].filter(Boolean).join(' ') : words.saysNothing],
        [words.lastCall, since(snapshot.lastCommandAt)],
        [words.callsSince, count(snapshot.counts.commands)],
      ]}
    />
  );
}

export function ControlPlaneFacts({ view }: { readonly view: TunnelView }) {
  const since = useAgo();
  const now = useNow();
  const { snapshot, certificates } = view;
  const certificate = certificates.find(({ of }) => of === 'control-plane');
  const own = certificates.find(({ of }) => of === 'client');
  const proxy = snapshot.proxies?.find(({ route }) => route === 'control-plane');
  return (
    <Facts
      facts={[
        [words.address, <code key="url">{snapshot.controlPlane}</code>],
        [words.tunnelId, <code key="id">{snapshot.tunnelId}</code>],
        snapshot.title === undefined ? undefined : [words.title, snapshot.title],
        snapshot.description === undefined ? undefined : [words.description, snapshot.description],
        [words.lastPoll, since(snapshot.lastPollAt)],
        [words.roundTrip, snapshot.roundTripMs === undefined ? words.unknown : duration(snapshot.roundTripMs)],
        [words.polls, count(snapshot.pollsOut)],
        certificate && [
          words.certificate,
          words.certificateLeft(daysUntil(certificate.notAfter, now), certificate.subject),
        ],
        own && [words.ownCertificate, words.certificateLeft(daysUntil(own.notAfter, now), own.subject)],
        proxy && [words.proxy, `${proxy.proxy}, ${words.proxyStates[proxy.state]}`],
        snapshot.pollCut && [words.pollWait, duration(snapshot.pollCut.waitMs)],
      ]}
    />
  );
}

export function AppFacts({ view }: { readonly view: TunnelView }) {
  const { queue, inFlight, counts } = view.snapshot;
  return (
    <Facts
      facts={[
        [words.queue, t.overview.queue(queue.depth, queue.capacity)],
        [words.inFlight, count(inFlight)],
        [words.answered, count(counts.answered)],
        [words.errors, count(counts.errors)],
        [words.dropped, count(counts.dropped)],
        [words.duplicates, count(counts.duplicates)],
      ]}
    />
  );
}

const processes = (first: number, second: number | undefined): string =>
  second === undefined ? String(first) : `${first}, ${second} ${words.anEraEach}`;

export function ServerFacts({ channel }: { readonly channel: ChannelSnapshot }) {
  const since = useAgo();
  const { state } = channel;
  const server = state.kind === 'ready' ? state.server : undefined;
  return (
    <Facts
      facts={[
        [words.channel, channel.name],
        [channel.transport === 'http' ? words.at : words.runs, <code key="target">{channel.target}</code>],
        [words.state, `${t.overview.server[state.kind]}, ${words.since} ${clock(state.since)[0]}`],
        server?.name === undefined ? undefined : [words.says, [server.name, server.version].filter(Boolean).join(' ')],
        server && server.protocolVersions.length > 0 ? [words.speaks, server.protocolVersions.join(', ')] : undefined,
        state.kind === 'ready' && state.pid !== undefined
          ? [words.pid, processes(state.pid, state.secondPid)]
          : undefined,
        state.kind === 'ready' && state.uninitialized
          ? [
              words.handshake,
              `${count(state.uninitialized.calls)} ${words.uninitialized}, ${since(state.uninitialized.lastAt)}`,
            ]
          : undefined,
        server?.tools && [words.toolList, <code key="tools">{server.tools.join(', ')}</code>],
        [words.inFlight, count(channel.inFlight)],
        [words.lastAnswer, since(channel.lastAnswerAt)],
      ]}
    />
  );
}
