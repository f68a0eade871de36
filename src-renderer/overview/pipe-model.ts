import type { TunnelView } from '../../shared/app.ts';
import { isOnTheWay } from '../../shared/error-layer.ts';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { ChannelSnapshot } from '../../shared/tunnel.ts';
import { ago, duration } from '../format.ts';
import { t } from '../strings.ts';
import type { Tone } from '../ui/tone.tsx';

export interface PipeNode {
  readonly tone: Tone;
  readonly name: string;
  readonly detail: string;
}

export interface ServerNode extends PipeNode {
  readonly channel: string;
}

/** The line of layers that a call crosses. `edges[i]` is the stretch after node i. */
export interface Pipe {
  readonly caller: PipeNode;
  readonly controlPlane: PipeNode;
  readonly app: PipeNode;
  readonly servers: readonly ServerNode[];
  readonly edges: readonly [Tone, Tone, Tone];
}

const words = t.overview;

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

function serverTone({ state, inFlight }: ChannelSnapshot): Tone {
  switch (state.kind) {
    case 'crash-loop':
    case 'unusable':
      return 'fault';
    case 'restarting':
      return 'warn';
    case 'starting':
      return 'busy';
    case 'ready':
      return inFlight > 0 ? 'busy' : 'ok';
    case 'idle':
    case 'stopped':
      return 'idle';
  }
}

export const serverName = ({ state, target }: ChannelSnapshot): string =>
  (state.kind === 'ready' ? state.server?.name : undefined) ?? shortTarget(target);

/** The last word of a path, the host of a URL. */
function shortTarget(target: string): string {
  if (/^https?:/.test(target)) return hostOf(target);
  const [program = target] = target.split(' ');
  return program.split(/[/\\]/).pop() ?? program;
}

function serverNode(channel: ChannelSnapshot): ServerNode {
  const { state } = channel;
  const tools = state.kind === 'ready' ? state.server?.tools?.length : undefined;
  const said = tools === undefined ? words.server[state.kind] : words.tools(tools);
  const ended =
    state.kind === 'crash-loop' || state.kind === 'restarting'
      ? state.exit.exitCode === null
        ? (state.exit.signal ?? said)
        : `exit ${state.exit.exitCode}, ${state.attempt}×`
      : said;
  return { channel: channel.name, tone: serverTone(channel), name: serverName(channel), detail: ended };
}

/** An error that came with a status is an answer, whatever it says; unless a proxy on the way gave it. */
function answerOf(error: TunnelErrorData): string {
  const { code, params } = error;
  if (code === 'tunnel_not_found') return words.knowsNoTunnel;
  if (code === 'unauthorized' || code === 'forbidden') return words.refuses;
  return isOnTheWay(error) || params['status'] === undefined ? words.noAnswer : words.answers(params['status']);
}

function controlPlaneNode({ snapshot, verdict }: TunnelView): PipeNode {
  const { state, roundTripMs } = snapshot;
  const name = hostOf(snapshot.controlPlane);
  if (verdict.reason === 'fault' && verdict.layer === 'control-plane')
    return { tone: 'fault', name, detail: verdict.error ? answerOf(verdict.error) : words.noAnswer };
  if (state.kind === 'connected' || state.kind === 'degraded')
    return {
      tone: 'ok',
      name,
      detail: roundTripMs === undefined ? words.polling : words.away(duration(roundTripMs)),
    };
  if (state.kind === 'unauthorised') return { tone: 'ok', name, detail: answerOf(state.error) };
  return { tone: 'idle', name, detail: state.kind === 'waiting' ? answerOf(state.error) : words.notAsked };
}

function appNode({ snapshot, verdict }: TunnelView): PipeNode {
  const { state, queue, inFlight } = snapshot;
  const detail = inFlight > 0 ? words.inFlight(inFlight) : words.queue(queue.depth, queue.capacity);
  if (verdict.reason === 'fault' && verdict.layer === 'app') return { tone: 'fault', name: words.nodes.app, detail };
  const tone: Tone = state.kind === 'stopped' ? 'idle' : inFlight > 0 || state.kind !== 'connected' ? 'busy' : 'ok';
  return { tone: state.kind === 'degraded' || state.kind === 'waiting' ? 'ok' : tone, name: words.nodes.app, detail };
}

function callerNode({ snapshot, caller }: TunnelView, now: number): PipeNode {
  const { lastCommandAt } = snapshot;
  if (lastCommandAt === undefined)
    return { tone: 'idle', name: caller?.name ?? words.nodes.caller, detail: words.callerNone };
  return { tone: 'ok', name: caller?.name ?? words.nodes.caller, detail: ago(lastCommandAt, now) };
}

/** What is known about each layer, from evidence only: a stretch nobody has crossed yet is grey, not green. */
export function pipeOf(view: TunnelView, now: number): Pipe {
  const caller = callerNode(view, now);
  const controlPlane = controlPlaneNode(view);
  const app = appNode(view);
  const { verdict } = view;
  const servers = view.snapshot.channels.map((channel): ServerNode => {
    const node = serverNode(channel);
    if (channel.failing && node.tone !== 'fault')
      return { ...node, tone: 'warn', detail: words.unanswered(channel.failing.calls) };
    if (verdict.reason !== 'no-answer-yet' || (verdict.channel ?? channel.name) !== channel.name) return node;
    return { ...node, tone: 'warn', detail: words.silent(duration(now - (verdict.since ?? now))) };
  });
  const broken = verdict.reason === 'fault' ? verdict.layer : undefined;
  const middle: Tone =
    broken === 'network' || broken === 'control-plane' || (broken === 'app' && view.snapshot.state.kind !== 'degraded')
      ? 'fault'
      : controlPlane.tone === 'ok'
        ? 'ok'
        : 'idle';
  const order: readonly Tone[] = ['fault', 'warn', 'busy', 'ok', 'idle'];
  const worst = order.find((tone) => servers.some((server) => server.tone === tone)) ?? 'idle';
  const last: Tone =
    servers.length > 1 && worst === 'fault' && servers.some(({ tone }) => tone === 'ok') ? 'ok' : worst;
  const first: Tone = caller.tone === 'ok' && controlPlane.tone === 'ok' ? 'ok' : 'idle';
  return { caller, controlPlane, app, servers, edges: [first, middle, last] };
}
