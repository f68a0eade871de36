import type { ChannelSnapshot, TunnelSnapshot } from '../../shared/tunnel.ts';
import { channelFault } from '../diagnosis/attribution.ts';
import { plain } from './http-listener.ts';
import type { Listener } from './listener.ts';
import { json, readsOnly } from './probes.ts';

export interface HealthSource {
  snapshots(): readonly TunnelSnapshot[];
  isReady(): boolean;
  readonly instanceId: string;
  readonly version: string;
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  isDraining(): boolean;
  /** What `/health` gives when it is not asked for either. */
  readonly showDetails: boolean;
}

type Status = 'ok' | 'degraded' | 'unknown' | 'disabled';
interface Component {
  readonly status: Status;
  readonly state: string;
  readonly reason_code?: string;
  readonly observed_at?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const observed = (ms: number | undefined): { observed_at?: string } =>
  ms === undefined ? {} : { observed_at: iso(ms) };

/** At most what a reader needs to recognise a server; names beyond are left out, not cut. */
const mostTools = 256;

function channelComponent(channel: ChannelSnapshot): Component {
  const { state } = channel;
  const error = channelFault(channel)?.error ?? channel.failing?.error;
  const server = state.kind === 'ready' ? state.server : undefined;
  const status: Status = error ? 'degraded' : state.kind === 'ready' ? 'ok' : 'unknown';
  return {
    status,
    state: state.kind === 'ready' && server?.tools ? 'discovered' : state.kind,
    ...(error ? { reason_code: error.code } : {}),
    observed_at: iso(state.since),
    details: {
      channel: channel.name,
      transport: channel.transport,
      in_flight: channel.inFlight,
      ...(channel.lastAnswerAt === undefined ? {} : { last_answer_at: iso(channel.lastAnswerAt) }),
      ...(channel.failing ? { unanswered_calls: channel.failing.calls } : {}),
      ...(server
        ? {
            protocol_versions: [...server.protocolVersions].sort(),
            server_name: server.name,
            server_version: server.version,
            tool_names: server.tools === undefined ? undefined : [...server.tools].sort().slice(0, mostTools),
          }
        : {}),
    },
  };
}

/** The parts of one tunnel, by the reference's names; channels beside `main` are `mcp-NAME`. Reading never asks anybody. */
export function componentsOf(tunnel: TunnelSnapshot): Readonly<Record<string, Component>> {
  const { state, counts, queue } = tunnel;
  const polling = state.kind === 'connected' || state.kind === 'degraded';
  const failing = state.kind === 'waiting' || state.kind === 'unauthorised';
  const components: Record<string, Component> = {
    'control-plane': {
      status: polling ? 'ok' : failing ? 'degraded' : 'unknown',
      state: polling ? 'polling' : state.kind,
      ...(failing ? { reason_code: state.error.code } : {}),
      ...observed(tunnel.lastPollAt),
      details: { polls_out: tunnel.pollsOut, ...(failing ? { next_try_at: iso(state.nextTryAt) } : {}) },
    },
    dispatcher: {
      status: 'ok',
      state: tunnel.inFlight > 0 ? 'active' : 'idle',
      ...observed(tunnel.lastCommandAt),
      details: {
        active: tunnel.inFlight,
        held: tunnel.held ?? 0,
        commands: counts.commands,
        duplicates: counts.duplicates,
      },
    },
    queue: {
      status: 'ok',
      state: queue.depth >= queue.capacity ? 'full' : 'accepting',
      details: { depth: queue.depth, capacity: queue.capacity },
    },
    'response-delivery': {
      status: counts.answered > 0 ? 'ok' : 'unknown',
      state: counts.answered > 0 ? 'delivering' : 'not_observed',
      ...observed(tunnel.lastAnswerAt),
      details: {
        answered: counts.answered,
        errors: counts.errors,
        dropped: counts.dropped,
        round_trip_ms: tunnel.roundTripMs,
      },
    },
  };
  if (tunnel.proxies && tunnel.proxies.length > 0) {
    const broken = tunnel.proxies.find((proxy) => proxy.state === 'unhealthy');
    components['proxy'] = {
      status: broken ? 'degraded' : 'ok',
      state: broken ? 'unhealthy' : 'healthy',
      ...(broken?.error ? { reason_code: broken.error.code } : {}),
      ...observed(Math.max(...tunnel.proxies.map(({ checkedAt }) => checkedAt))),
      details: {
        routes: tunnel.proxies.map(({ route, name, proxy, state: health }) => ({ route, name, proxy, state: health })),
      },
    };
  }
  for (const channel of tunnel.channels) {
    components[channel.name === 'main' ? 'mcp' : channel.name === 'harpoon' ? 'harpoon' : `mcp-${channel.name}`] =
      channelComponent(channel);
  }
  return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `/health`, `/health?details=true|false` and `/health/COMPONENT`: what was seen, told to programs on this machine alone. */
export function mountHealth(listener: Listener, source: HealthSource): void {
  listener.mount('/health', 'local', (request, response, url) => {
    if (!readsOnly(request, response)) return;
    const now = Date.now();
    const tunnels = source.snapshots();
    const [first] = tunnels;
    const component = url.pathname.slice('/health/'.length);
    const query = [...url.searchParams];
    if (component !== '') {
      const found = first && componentsOf(first)[component];
      if (query.length > 0) return plain(response, 400, 'a component takes no parameters');
      if (!found) return plain(response, 404, `there is no component ${component.slice(0, 64)}`);
      return json(response, 200, { schema_version: 1, snapshot_at: iso(now), component, ...found });
    }
    const [name, value] = query[0] ?? [];
    if (query.length > 1 || (name !== undefined && (name !== 'details' || (value !== 'true' && value !== 'false')))) {
      return plain(response, 400, 'only details=true or details=false is known here');
    }
    const details = value === undefined ? source.showDetails : value === 'true';
    const lifecycle = source.isDraining()
      ? 'draining'
      : tunnels.some(({ state }) => state.kind === 'starting')
        ? 'starting'
        : 'running';
    return json(response, 200, {
      schema_version: 1,
      live: true,
      ready: source.isReady(),
      snapshot_at: iso(now),
      runtime: {
        instance_id: source.instanceId,
        version: source.version,
        flavor: 'culvert',
        started_at: iso(source.startedAt),
        uptime_seconds: Math.floor((now - source.startedAt) / 1_000),
        lifecycle,
      },
      ...(details && first ? { components: componentsOf(first) } : {}),
      ...(details && tunnels.length > 1
        ? { tunnels: tunnels.map((tunnel) => ({ tunnel_id: tunnel.tunnelId, components: componentsOf(tunnel) })) }
        : {}),
    });
  });
}
