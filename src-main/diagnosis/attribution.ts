import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Verdict } from '../../shared/evidence.ts';
import { isOnTheWay, layerOf } from '../../shared/error-layer.ts';
import type { ChannelSnapshot, TunnelSnapshot } from '../../shared/tunnel.ts';
import { lastWords } from '../mcp/stdio/last-words.ts';

/** How long a proved, connected tunnel waits for its first call before "nothing has arrived" is worth saying. */
const firstCallGraceMs = 120_000;
/** One call may fail for reasons of its own; so many in a row say that the server does not work. */
const callsThatTell = 3;

const fault = (error: TunnelErrorData, since: number, rest: Partial<Verdict> = {}): Verdict => ({
  layer: layerOf(error),
  reason: 'fault',
  error,
  since,
  ...rest,
});

/** What is wrong with a channel, as an error of the catalogue; `undefined` when it is usable as far as is known. */
export function channelFault(channel: ChannelSnapshot): Verdict | undefined {
  const { state, name } = channel;
  switch (state.kind) {
    case 'crash-loop':
    case 'restarting': {
      const { exit } = state;
      const lastLine = lastWords(exit.stderr)?.split('\n').at(-1);
      const error: TunnelErrorData = {
        code: state.kind === 'crash-loop' ? 'server_crash_loop' : 'server_exited',
        leg: 'mcp-server',
        params: {
          channel: name,
          attempts: state.attempt,
          ...(exit.exitCode === null ? {} : { exitCode: exit.exitCode }),
          ...(exit.signal === null ? {} : { signal: exit.signal }),
          ...(lastLine === undefined ? {} : { stderr: lastLine }),
        },
      };
      return fault(error, state.since, { channel: name, nextTryAt: state.nextTryAt });
    }
    case 'unusable':
      return fault(state.error, state.since, {
        channel: name,
        ...(state.nextTryAt === undefined ? {} : { nextTryAt: state.nextTryAt }),
      });
    case 'idle':
    case 'starting':
    case 'ready':
    case 'stopped':
      return undefined;
  }
}

/** Whoever has one channel only has not named it: a sentence with its name says nothing more, and is longer. */
function withoutChannel(verdict: Verdict): Verdict {
  if (!verdict.error) return verdict;
  const params = { ...verdict.error.params };
  delete params['channel'];
  return { ...verdict, error: { ...verdict.error, params } };
}

/** `main` speaks first: without it the tunnel is of no use. */
const byImportance = (channels: readonly ChannelSnapshot[]): readonly ChannelSnapshot[] =>
  [...channels].sort((a, b) => Number(b.name === 'main') - Number(a.name === 'main'));

/** It could not take calls, and has not been seen to since. */
const isDown = ({ state }: TunnelSnapshot, channel: string): boolean =>
  state.kind === 'degraded' && state.channels.includes(channel);

/**
 * From evidence to one verdict: which layer is at fault, or that none is. Tray, cards, notifications, doctor and
 * `/readyz` all say what this says; docs/attribution.md is its decision table.
 *
 * @param now - wall-clock milliseconds
 */
export function attribute(tunnel: TunnelSnapshot, now: number): Verdict {
  const { state } = tunnel;
  switch (state.kind) {
    case 'stopped':
      return state.error ? fault(state.error, state.since) : { layer: 'none', reason: 'stopped', since: state.since };
    case 'stopping':
      return { layer: 'none', reason: 'stopping', since: state.since };
    case 'waiting':
    case 'unauthorised':
      return fault(state.error, state.since, { nextTryAt: state.nextTryAt });
    case 'starting':
    case 'connected':
    case 'degraded':
      break;
  }
  for (const channel of byImportance(tunnel.channels)) {
    const found = channelFault(channel);
    // one proxy or network may lead to both: until the first poll has told, nobody knows whether it is the server's own way
    if (found?.error && state.kind === 'starting' && isOnTheWay(found.error)) continue;
    if (found) return tunnel.channels.length === 1 ? withoutChannel(found) : found;
  }
  if (state.kind === 'starting') return { layer: 'unknown', reason: 'starting', since: state.since };
  const again = byImportance(tunnel.channels).find(
    ({ name, state: { kind } }) => kind === 'starting' && isDown(tunnel, name),
  );
  if (again) return { layer: 'unknown', reason: 'starting', since: again.state.since };
  for (const { name, failing } of byImportance(tunnel.channels)) {
    if (!failing) continue;
    const { error, since, calls } = failing;
    const found: Verdict = { layer: layerOf(error), reason: 'calls-fail', error, since, calls, channel: name };
    return tunnel.channels.length === 1 ? withoutChannel(found) : found;
  }
  const { quietCall } = tunnel;
  if (quietCall && now >= quietCall.longAt) {
    const { channel, since } = quietCall;
    const several = tunnel.channels.length > 1;
    return { layer: 'mcp-server', reason: 'no-answer-yet', since, ...(several ? { channel } : {}) };
  }
  if (tunnel.lastCommandAt !== undefined) return { layer: 'none', reason: 'ok', since: tunnel.lastCommandAt };
  if (!tunnel.channels.some((channel) => channel.state.kind === 'ready' && channel.state.server?.tools)) {
    return { layer: 'unknown', reason: 'not-yet-known', since: state.since };
  }
  return now - state.since < firstCallGraceMs
    ? { layer: 'none', reason: 'waiting-first-call', since: state.since }
    : { layer: 'calling-product', reason: 'nothing-arrived', since: state.since };
}

/**
 * `/readyz`: 503 when the verdict is app, network, control plane or `main`'s server; 200 for none, unknown and the calling
 * product, and while a server has left only a call or two without an answer (docs/attribution.md).
 */
export function isReady(tunnel: TunnelSnapshot, verdict: Verdict): boolean {
  if (tunnel.state.kind === 'stopped' || tunnel.state.kind === 'starting' || tunnel.state.kind === 'stopping')
    return false;
  if (isDown(tunnel, 'main')) return false;
  // a server may be slow for good reasons, and other calls may well be answered
  if (verdict.reason === 'no-answer-yet') return true;
  if (verdict.calls !== undefined && verdict.calls < callsThatTell) return true;
  switch (verdict.layer) {
    case 'none':
    case 'unknown':
    case 'calling-product':
      return true;
    case 'mcp-server':
      return verdict.channel !== undefined && verdict.channel !== 'main';
    case 'app':
    case 'network':
    case 'control-plane':
      return false;
  }
}
