import type { ServerResponse } from 'node:http';
import type { LogLine } from '../../shared/log.ts';
import type { Profile } from '../../shared/profile.ts';
import type { ChannelSnapshot, TunnelSnapshot } from '../../shared/tunnel.ts';
import { redactor } from '../detect/redact.ts';
import type { DiscoveryResult } from '../oauth/discovery.ts';
import { resourceMetadataUrls } from '../oauth/metadata-url.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { formatDuration } from '../settings/duration.ts';
import type { Listener } from './listener.ts';
import { plain } from './http-listener.ts';
import { json, readsOnly } from './probes.ts';
import { tarGz } from './tar.ts';

export interface ReferenceSource {
  readonly snapshots: () => readonly TunnelSnapshot[];
  readonly profiles: readonly Profile[];
  /** What was found of the sign-in of a profile's server; undefined as long as nobody has looked. */
  readonly discovery: (id: string) => DiscoveryResult | undefined;
  readonly instanceId: string;
  readonly version: string;
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

const pingMs = 15_000;
const minuteMs = 60_000;
const exportMinutes = { standard: 30, most: 1_440 };
const redact = redactor();

const iso = (ms: number): string => new Date(ms).toISOString();

function probeOf({ state }: ChannelSnapshot): { probe_status: string; probe_error?: string } {
  if (state.kind === 'ready') return { probe_status: state.server ? 'ok' : 'pending' };
  if (state.kind !== 'unusable') return { probe_status: state.kind === 'crash-loop' ? 'failed' : 'pending' };
  const { code } = state.error;
  const status = code === 'auth_required' ? 'auth-required' : code === 'timed_out' ? 'timeout' : 'failed';
  return { probe_status: status, probe_error: code };
}

const channelStatus = (channel: ChannelSnapshot) => ({
  name: channel.name,
  enabled: true,
  server_kind: channel.name === 'harpoon' ? 'builtin' : 'external',
  transport_kind: { stdio: 'stdio', http: 'streamable_http', memory: 'in_memory' }[channel.transport],
  ...probeOf(channel),
});

const mainUrl = (profile: Profile | undefined): URL | undefined => {
  const main = profile?.channels.find(({ name }) => name === 'main');
  return main?.kind === 'http' ? new URL(main.url) : undefined;
};

const shown = (url: URL): string => {
  const bare = new URL(url);
  bare.username = bare.password = bare.search = '';
  return bare.href;
};

/** `/api/status`, by the reference client's names. It has one tunnel a process: here it is the first. */
function status({ snapshots, profiles, instanceId, version, startedAt }: ReferenceSource, address: string | undefined) {
  const [profile] = profiles;
  const tunnel = snapshots().find(({ id }) => id === profile?.id);
  const { controlPlane } = profile ?? {};
  const server = mainUrl(profile);
  return {
    version,
    client_instance_id: instanceId,
    started_at: iso(startedAt),
    uptime_seconds: Math.max(0, Math.floor((Date.now() - startedAt) / 1_000)),
    health_listen_addr: address?.replace(/^http:\/\//, ''),
    control_plane_base_url: controlPlane && shown(new URL(controlPlane.baseUrl)).replace(/\/$/, ''),
    control_plane_tunnel_id: controlPlane?.tunnelId,
    control_plane_max_inflight: controlPlane?.maxInflight,
    control_plane_poll_timeout: controlPlane && formatDuration(controlPlane.pollTimeoutMs),
    control_plane_poll_deadline_guardrail: controlPlane && formatDuration(controlPlane.pollDeadlineGuardrailMs),
    mcp_server_url: server && shown(server),
    mcp_resource_metadata_urls: server && resourceMetadataUrls(server).map(({ href }) => href),
    channels: tunnel?.channels.map(channelStatus),
    raw_http_logging_enabled: false,
    tunnel_metadata: tunnel && { id: tunnel.tunnelId, name: tunnel.title, description: tunnel.description },
  };
}

/** `/api/system`: authorities, proxies and the main server's probe. */
function system({ snapshots, profiles }: ReferenceSource) {
  const [profile] = profiles;
  const tunnel = snapshots().find(({ id }) => id === profile?.id);
  const main = tunnel?.channels.find(({ name }) => name === 'main');
  const { probe_status, probe_error } = main ? probeOf(main) : {};
  const bundles = [profile?.caBundle, profile?.controlPlane.caBundle, profile?.mcp.caBundle];
  return {
    tls: { system_roots: true, ca_bundles: bundles.filter((one) => one !== undefined) },
    proxy_health: tunnel?.proxies?.map((proxy) => ({
      route: proxy.name === undefined ? proxy.route : `${proxy.route}:${proxy.name}`,
      proxy: proxy.proxy,
      source: proxy.source,
      state: proxy.state,
      last_check: iso(proxy.checkedAt),
      ...(proxy.succeededAt === undefined ? {} : { last_success: iso(proxy.succeededAt) }),
      ...(proxy.error && { error: proxy.error.code }),
    })),
    main_channel_probe_status: probe_status,
    main_channel_probe_error: probe_error,
  };
}

/** `/api/oauth`: what the main server tells of its sign-in. */
function oauth({ profiles, discovery }: ReferenceSource) {
  const [profile] = profiles;
  const server = mainUrl(profile);
  const found = profile && discovery(profile.id);
  const document =
    found?.kind === 'found'
      ? (JSON.parse(found.resource.body.toString()) as { authorization_servers?: unknown })
      : undefined;
  const servers = Array.isArray(document?.authorization_servers) ? (document.authorization_servers as unknown[]) : [];
  return {
    discovery_urls: server && resourceMetadataUrls(server).map(({ href }) => href),
    metadata:
      found?.kind === 'found'
        ? { url: found.resource.source.href, status_code: found.resource.status, body: document }
        : undefined,
    error: found?.kind === 'failed' ? found.error.code : undefined,
    pending: server !== undefined && found === undefined,
    metadata_source: found?.kind === 'found' ? 'resource_metadata' : undefined,
    auth_server_metadata_mode: 'trusted_origins',
    authorization_server_count: servers.length,
    selected_authorization_server: typeof servers[0] === 'string' ? servers[0] : undefined,
  };
}

/** One log line, by the reference client's names. */
const event = ({ seq, at, level, message, tunnel, channel, fields }: LogLine) => ({
  seq,
  time: iso(at),
  level: level.toUpperCase(),
  message: redact(message),
  attrs: { ...fields, ...(tunnel !== undefined && { tunnel }), ...(channel !== undefined && { channel }) },
});

function numberIn(url: URL, name: string, standard: number, most: number): number {
  const text = url.searchParams.get(name) ?? '';
  return /^[1-9]\d{0,6}$/.test(text) ? Math.min(Number(text), most) : standard;
}

/** New lines as they come, as server-sent events. */
function stream(response: ServerResponse, log: Log): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.flushHeaders();
  const stop = log.onLine((line) => {
    // a reader that does not read misses lines; nothing waits for it
    if (response.writableLength < 1_048_576)
      response.write(`event: log\nid: ${line.seq}\ndata: ${JSON.stringify(event(line))}\n\n`);
  });
  const ping = setInterval(() => response.write(': ping\n\n'), pingMs);
  ping.unref();
  response.once('close', () => {
    stop();
    clearInterval(ping);
  });
}

/** A support archive of the last minutes, masked as the log is. */
async function archive(source: ReferenceSource, minutes: number, address: string | undefined): Promise<Buffer> {
  const now = Date.now();
  const since = now - minutes * minuteMs;
  const lines = source.log.recent(Infinity).filter(({ at }) => at >= since);
  const pretty = (value: unknown): string => `${redact(JSON.stringify(value, undefined, 2))}\n`;
  const files: [string, string][] = [
    ['tunnel-client.logs.ndjson', lines.map((line) => `${redact(JSON.stringify(event(line)))}\n`).join('')],
    ['tunnel-client.metrics.prom', (await source.metrics.render()).text],
    ['admin/status.json', pretty(status(source, address))],
    ['admin/system.json', pretty(system(source))],
    ['admin/oauth.json', pretty(oauth(source))],
  ];
  const manifest = {
    generated_at: iso(now),
    window_start: iso(since),
    window_end: iso(now),
    window: formatDuration(minutes * minuteMs),
    event_count: lines.length,
    redacted: true,
    files: ['manifest.json', ...files.map(([name]) => name)],
  };
  return tarGz([['manifest.json', pretty(manifest)], ...files], now);
}

/**
 * The addresses under `/api` that scripts for the reference client read, with its shapes: `status`, `system`, `oauth`, `logs`,
 * `logs/stream` and `logs/export?minutes=`. Told to programs on this machine alone.
 */
export function mountReferenceApi(
  listener: Listener & { readonly address?: string | undefined },
  source: ReferenceSource,
): void {
  const answers = {
    status: () => status(source, listener.address),
    system: () => system(source),
    oauth: () => oauth(source),
  };
  for (const [name, answer] of Object.entries(answers))
    listener.mount(`/api/${name}`, 'local', (request, response) => {
      if (readsOnly(request, response)) json(response, 200, answer());
    });
  listener.mount('/api/logs', 'local', async (request, response, url) => {
    if (!readsOnly(request, response)) return;
    switch (url.pathname) {
      case '/api/logs':
        return json(response, 200, { events: source.log.recent(numberIn(url, 'limit', 200, 5_000)).map(event) });
      case '/api/logs/stream':
        return stream(response, source.log);
      case '/api/logs/export': {
        const minutes = numberIn(url, 'minutes', exportMinutes.standard, exportMinutes.most);
        const body = await archive(source, minutes, listener.address);
        const name = `tunnel-client-logs-${iso(Date.now()).replace(/[-:]|\.\d+/g, '')}.tar.gz`;
        response.writeHead(200, {
          'Content-Type': 'application/gzip',
          'Content-Disposition': `attachment; filename="${name}"`,
          'Content-Length': body.length,
          'Cache-Control': 'no-store',
        });
        response.end(body);
        return;
      }
      default:
        return plain(response, 404, 'there is nothing here');
    }
  });
}
