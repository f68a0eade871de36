import type { ChannelSnapshot, ChannelState, TunnelSnapshot } from '../../shared/tunnel.ts';
import { sentence } from '../../shared/messages.ts';
import { channelFault } from '../diagnosis/attribution.ts';
import type { Log } from '../observe/log.ts';

const inWords = (ms: number): string =>
  ms < 90_000 ? `${Math.max(0, Math.round(ms / 1_000))} s` : `${Math.round(ms / 60_000)} min`;
const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function readyWords(channel: ChannelSnapshot, state: Extract<ChannelState, { kind: 'ready' }>): string {
  const { server } = state;
  // it answered over HTTP, which a page or a refusal does as well
  if (server === undefined && channel.transport === 'http') return `The server of the channel ${channel.name} answers.`;
  const who =
    server?.name === undefined ? '' : `: ${server.name}${server.version === undefined ? '' : ` ${server.version}`}`;
  const tools = server?.tools === undefined ? '' : `, ${plural(server.tools.length, 'tool')}`;
  return `The channel ${channel.name} is ready${who}${tools}.`;
}

/** What a channel's new state says, or undefined when it is not worth a line. */
function sayChannel(log: Log, tunnel: string, channel: ChannelSnapshot, now: number): void {
  const { state, name } = channel;
  const scope = { tunnel, channel: name };
  switch (state.kind) {
    case 'ready':
      return log.info(readyWords(channel, state), { target: channel.target, pid: state.pid }, scope);
    case 'restarting':
    case 'crash-loop':
    case 'unusable': {
      const verdict = channelFault(channel);
      const next = state.nextTryAt === undefined ? '' : ` Next try in ${inWords(state.nextTryAt - now)}.`;
      if (verdict?.error)
        log.log(state.kind === 'restarting' ? 'warn' : 'error', sentence(verdict.error) + next, {}, scope);
      return;
    }
    case 'idle':
    case 'starting':
    case 'stopped':
      return log.debug(`The channel ${name} is ${state.kind}.`, { target: channel.target }, scope);
  }
}

function sayTunnel(log: Log, tunnel: TunnelSnapshot, now: number): void {
  const { state, tunnelId, controlPlane } = tunnel;
  const scope = { tunnel: tunnel.id };
  switch (state.kind) {
    case 'connected':
      return log.info(`Connected: ${controlPlane} answers the polls of ${tunnelId}.`, { title: tunnel.title }, scope);
    case 'degraded':
      return log.warn(`Connected, but not every channel is usable: ${state.channels.join(', ')}.`, {}, scope);
    case 'waiting':
    case 'unauthorised':
      return log.log(
        state.kind === 'waiting' ? 'warn' : 'error',
        `${sentence(state.error)} Next try in ${inWords(state.nextTryAt - now)}.`,
        {},
        scope,
      );
    case 'stopped':
      return state.error ? log.error(sentence(state.error), {}, scope) : log.info('The tunnel is stopped.', {}, scope);
    case 'stopping':
      return log.info(`Stopping: ${plural(state.inFlight, 'call')} in flight.`, {}, scope);
    case 'starting':
      return log.debug(`Starting: ${state.step}.`, {}, scope);
  }
}

/** What makes a line of its own; the rest of a state (times, counts) changes too often. */
function mark(state: ChannelState | TunnelSnapshot['state']): string {
  if (state.kind === 'degraded') return `${state.kind} ${state.channels.join()}`;
  return 'error' in state && state.error ? `${state.kind} ${state.error.code}` : state.kind;
}

/** Turns changes of state into lines of the log, each once, in plain words. */
export function createNarrator(log: Log, now: () => number = Date.now): (tunnel: TunnelSnapshot) => void {
  const said = new Map<string, string>();
  const isNew = (key: string, state: ChannelState | TunnelSnapshot['state']): boolean => {
    if (said.get(key) === mark(state)) return false;
    said.set(key, mark(state));
    return true;
  };
  const failing = new Set<string>();
  /** That calls begin to stay without an answer, and that one is answered again. */
  const sayCalls = (tunnel: string, channel: ChannelSnapshot): void => {
    const key = `${tunnel}/${channel.name}`;
    if (failing.has(key) === (channel.failing !== undefined)) return;
    const scope = { tunnel, channel: channel.name };
    if (channel.failing) {
      failing.add(key);
      log.warn(`A call got no answer. ${sentence(channel.failing.error)}`, {}, scope);
    } else {
      failing.delete(key);
      log.info(`The server of the channel ${channel.name} answers again.`, {}, scope);
    }
  };
  return (tunnel) => {
    for (const channel of tunnel.channels) {
      if (isNew(`${tunnel.id}/${channel.name}`, channel.state)) sayChannel(log, tunnel.id, channel, now());
      sayCalls(tunnel.id, channel);
    }
    if (isNew(tunnel.id, tunnel.state)) sayTunnel(log, tunnel, now());
  };
}
