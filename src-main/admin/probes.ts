import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { describeVerdict } from '../../shared/verdict-words.ts';
import { attribute, channelFault, isReady } from '../diagnosis/attribution.ts';
import type { Metrics } from '../observe/metrics.ts';
import { plain } from './http-listener.ts';
import type { Listener } from './listener.ts';

export interface ProbesSource {
  snapshots(): readonly TunnelSnapshot[];
  /** Another instance serves what this one would: as ready as it can be. */
  isStandingBy?(): boolean;
}

const isPolling = ({ state }: TunnelSnapshot): boolean => state.kind === 'connected' || state.kind === 'degraded';

const canReachServer = (tunnel: TunnelSnapshot): boolean => {
  const main = tunnel.channels.find((channel) => channel.name === 'main') ?? tunnel.channels[0];
  return (
    main !== undefined &&
    channelFault(main) === undefined &&
    main.state.kind !== 'starting' &&
    main.state.kind !== 'stopped'
  );
};

const health = (tunnel: TunnelSnapshot) => ({ tunnel_id: tunnel.tunnelId, connected: isPolling(tunnel) });

function readiness(tunnel: TunnelSnapshot) {
  const verdict = attribute(tunnel, Date.now());
  const ready = isReady(tunnel, verdict);
  const { title, cause, next } = describeVerdict(verdict);
  return {
    ready,
    body: {
      status: ready ? 'ready' : 'not_ready',
      polling: isPolling(tunnel),
      mcp_server_reachable: canReachServer(tunnel),
      ...(ready ? {} : { layer: verdict.layer, reason: `${title}. ${cause} ${next}` }),
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Answers anything but GET and HEAD with 405. True = go on. */
export function readsOnly(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  response.setHeader('Allow', 'GET');
  plain(response, 405, 'only GET is answered here');
  return false;
}

/** Whether every tunnel of the process can serve calls. */
export const allReady = (source: ProbesSource): boolean => {
  const tunnels = source.snapshots();
  return tunnels.length > 0 && tunnels.every((tunnel) => readiness(tunnel).ready);
};

/**
 * `/healthz` (the process lives), `/readyz` (it can serve calls) and `/metrics`, with the published bodies. With several
 * tunnels `tunnels` is added, and the whole is ready when each of them is.
 */
export function mountProbes(listener: Listener, source: ProbesSource, metrics: Metrics): void {
  listener.mount('/healthz', 'probe', (request, response) => {
    if (!readsOnly(request, response)) return;
    const tunnels = source.snapshots();
    const [first] = tunnels;
    json(response, 200, {
      status: 'healthy',
      ...(first ? health(first) : { connected: false }),
      ...(tunnels.length > 1 ? { connected: tunnels.every(isPolling), tunnels: tunnels.map(health) } : {}),
    });
  });
  listener.mount('/readyz', 'probe', (request, response) => {
    if (!readsOnly(request, response)) return;
    const tunnels = source.snapshots().map((tunnel) => ({ id: tunnel.tunnelId, ...readiness(tunnel) }));
    const first = tunnels.find(({ ready }) => !ready) ?? tunnels[0];
    // one that stands by must not hold up a rollout
    if (source.isStandingBy?.() === true && source.snapshots().every(({ state }) => state.kind === 'stopped')) {
      json(response, 200, { status: 'standby', polling: false, mcp_server_reachable: false });
      return;
    }
    if (!first) {
      json(response, 503, { status: 'not_ready', polling: false, mcp_server_reachable: false });
      return;
    }
    json(response, first.ready ? 200 : 503, {
      ...first.body,
      ...(tunnels.length > 1 ? { tunnels: tunnels.map(({ id, body }) => ({ tunnel_id: id, ...body })) } : {}),
    });
  });
  listener.mount('/metrics', 'probe', async (request, response) => {
    if (!readsOnly(request, response)) return;
    const { type, text } = await metrics.render();
    response.writeHead(200, { 'Content-Type': type });
    response.end(text);
  });
}
