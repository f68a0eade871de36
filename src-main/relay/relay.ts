import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIPv6, type AddressInfo } from 'node:net';
import { TunnelError } from '../../shared/errors.ts';
import { channelNamePattern, tunnelIdPattern } from '../../shared/names.ts';
import { isLoopbackName } from '../base/loopback.ts';
import { ApiError, methodNotAllowed, notFound } from './api-error.ts';
import { handlePoll, handleResponse, requireOrganization } from './control-routes.ts';
import { Guard } from './guard.ts';
import { sendError, sendJson } from './http.ts';
import { KeyRing, requireManage, requireRead, requireUse, type KeyOptions } from './keys.ts';
import { handleChange, handleCollection, type NewTunnel } from './management-routes.ts';
import { handleDiscovery, handleMcp, type CallReport, type McpCall } from './mcp-routes.ts';
import { OAuthShim } from './oauth-shim.ts';
import { RelayTunnel, type TunnelLimits, type TunnelStats } from './tunnel.ts';

export interface RelayOptions extends Partial<TunnelLimits> {
  /** Default `127.0.0.1`. Off loopback only with `allowRemote`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly allowRemote?: boolean;
  /** Names, besides loopback's own, under which the relay may be called. */
  readonly allowedHosts?: readonly string[];
  /** PEM. Serves HTTPS. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /** Longest that a poll is held, whatever it asks for. */
  readonly maxPollMs?: number;
  /** After how long without a word a call gets its headers and a comment. Default 10,000. */
  readonly quietMs?: number;
  /** How long a server may take to tell of its sign-in before its callers get 404. Default 5,000. */
  readonly discoveryTimeoutMs?: number;
  /** Largest MCP message and largest posted response. */
  readonly maxBodyBytes?: number;
  /** Known beforehand; otherwise the relay makes one up. */
  readonly adminKey?: string;
  /** How long a tunnel that is created by a management call is unknown to runtime keys. Default 0; the service takes some 30 s. */
  readonly newTunnelDelayMs?: number;
  /** Monotonic milliseconds for that delay; the machine's when absent. */
  readonly now?: () => number;
  readonly onEvent?: (event: RelayEvent) => void;
}

/** What a person at the relay's terminal wants to see. */
export type RelayEvent =
  | { readonly kind: 'client'; readonly tunnelId: string; readonly connected: boolean }
  | ({ readonly kind: 'call'; readonly tunnelId: string; readonly channel: string } & CallReport);

export interface TunnelOptions {
  /** `tunnel_` and 32 of a-z and 0-9; made up when absent. */
  readonly id?: string;
  readonly name?: string;
  readonly description?: string;
  /** The runtime key's secret; made up when absent. */
  readonly apiKey?: string;
  /** Clients must name this organization in `OpenAI-Organization`. */
  readonly organizationId?: string;
}

export interface AddedTunnel {
  readonly id: string;
  /** A runtime key for this tunnel alone: for its client and for its callers. */
  readonly apiKey: string;
  readonly mcpUrl: string;
}

export interface Relay {
  /** `http://127.0.0.1:PORT`: the control plane's base URL. */
  readonly address: string;
  /** Manages tunnels, and nothing else. */
  readonly adminKey: string;
  /** Throws `TunnelError` `tunnel_id_invalid`. */
  addTunnel(options?: TunnelOptions): AddedTunnel;
  /** Adds a key and returns its secret. */
  addKey(options: KeyOptions): string;
  removeKey(secret: string): void;
  mcpUrl(tunnelId: string, channel?: string): string;
  /** Undefined for a tunnel that does not exist. */
  stats(tunnelId: string): TunnelStats | undefined;
  /** Whether a tunnel client polls this tunnel. */
  connected(tunnelId: string): boolean;
  /** Whoever still waits is told so; resolves once the port is free. */
  close(): Promise<void>;
}

/** Above what clients keep idle connections for, so that a warm connection is not closed under a request. */
const keepAliveMs = 75_000;

/** Where an issuer's metadata is (RFC 8414, OpenID Connect): before its path or behind it. */
const serverWellKnowns = new Set(['oauth-authorization-server', 'openid-configuration']);

const newTunnelId = (): string => `tunnel_${randomBytes(16).toString('hex')}`;

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'port_in_use' : 'listen_failed';
      reject(
        new TunnelError(code, 'local', { address: `${host}:${port}`, detail: error.code ?? '' }, { cause: error }),
      );
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/**
 * A control plane on loopback: the service's side of the client protocol (metadata, poll, response, tunnel management)
 * and an MCP endpoint for callers, all in memory. Rejects with `TunnelError` (`port_in_use`, `listen_failed`,
 * `not_allowed` for an address off loopback that was not asked for with `allowRemote`).
 */
export async function createRelay(options: RelayOptions = {}): Promise<Relay> {
  const {
    host = '127.0.0.1',
    port = 0,
    maxPollMs = 60_000,
    maxBodyBytes = 32 * 1024 * 1024,
    newTunnelDelayMs = 0,
    quietMs = 10_000,
    discoveryTimeoutMs = 5_000,
    now = () => performance.now(),
  } = options;
  const limits: TunnelLimits = {
    responseTimeoutMs: options.responseTimeoutMs ?? 120_000,
    maxQueued: options.maxQueued ?? 1_000,
    maxPolls: options.maxPolls ?? 256,
    graceMs: options.graceMs ?? 5_000,
  };
  if (!isLoopbackName(host) && options.allowRemote !== true)
    throw new TunnelError('not_allowed', 'local', { detail: `${host} is not this machine alone` });

  const onEvent = options.onEvent ?? (() => undefined);
  const guard = new Guard(isLoopbackName(host), options.allowedHosts ?? []);
  const keys = new KeyRing();
  const adminKey = keys.add({ kind: 'admin', ...(options.adminKey !== undefined && { secret: options.adminKey }) });
  const tunnels = new Map<string, RelayTunnel>();
  const shims = new WeakMap<RelayTunnel, OAuthShim>();
  /** Of tunnels that are not usable yet, on the monotonic clock. */
  const usableAt = new Map<string, number>();

  const register = (id: string, fields: NewTunnel, organization?: string): RelayTunnel => {
    const record = { id, creator: 'relay', ...fields };
    const tunnel = new RelayTunnel(record, limits, organization, (connected) =>
      onEvent({ kind: 'client', tunnelId: id, connected }),
    );
    tunnels.set(id, tunnel);
    return tunnel;
  };
  const registry = {
    list: () => tunnels.values(),
    create: (fields: NewTunnel) => {
      const id = newTunnelId();
      if (newTunnelDelayMs > 0) usableAt.set(id, now() + newTunnelDelayMs);
      return register(id, fields);
    },
    remove: (id: string) => {
      usableAt.delete(id);
      tunnels.get(id)?.close(notFound('Tunnel'));
      tunnels.delete(id);
    },
  };
  const tunnelOf = (id: string): RelayTunnel => {
    if (!tunnelIdPattern.test(id))
      throw new ApiError(400, 'invalid_tunnel_id_format', 'A tunnel id is tunnel_ and 32 of a-z and 0-9.', {
        param: 'tunnel_id',
      });
    const tunnel = tunnels.get(id);
    if (!tunnel) throw notFound('Tunnel');
    return tunnel;
  };

  /** The tunnel as a runtime key finds it. */
  const usableTunnel = (id: string): RelayTunnel => {
    if (now() < (usableAt.get(id) ?? 0)) throw notFound('Tunnel');
    usableAt.delete(id);
    return tunnelOf(id);
  };

  const scheme = options.tls ? 'https' : 'http';

  const tunnelRoute = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    id: string,
    action: string | undefined,
  ): Promise<void> => {
    const key = keys.of(request);
    if (action === undefined && request.method !== 'GET') {
      requireManage(key);
      await handleChange(request, response, tunnelOf(id), registry);
      return;
    }
    const tunnel = key.kind === 'runtime' ? usableTunnel(id) : tunnelOf(id);
    switch (action) {
      case undefined:
        requireRead(key, id);
        if (key.kind === 'runtime') requireOrganization(request, tunnel, 403);
        sendJson(response, 200, JSON.stringify(tunnel.record));
        return;
      case 'poll':
        requireUse(key, id, 401);
        if (request.method !== 'GET') throw methodNotAllowed('GET');
        handlePoll(request, response, url, tunnel, maxPollMs);
        return;
      case 'response':
        requireUse(key, id, 401);
        if (request.method !== 'POST') throw methodNotAllowed('POST');
        await handleResponse(request, response, tunnel, maxBodyBytes, (requestId) =>
          [...tunnels.values()].some((other) => other.holds(requestId)),
        );
        return;
      default:
        throw notFound('Path');
    }
  };

  const mcpCall = (
    request: IncomingMessage,
    response: ServerResponse,
    tunnel: RelayTunnel,
    channelName: string,
  ): McpCall => {
    const channel = channelName.trim().toLowerCase();
    if (!channelNamePattern.test(channel))
      throw new ApiError(400, 'invalid_channel_format', 'Channels are made of a-z, 0-9, - and _.');
    const { id } = tunnel.record;
    return {
      request,
      response,
      tunnel,
      channel,
      maxBodyBytes,
      quietMs,
      discoveryTimeoutMs,
      resourceMetadataUrl: `${scheme}://${request.headers.host ?? ''}/.well-known/oauth-protected-resource/v1/mcp/${id}`,
      report: (call) => onEvent({ kind: 'call', tunnelId: id, channel, ...call }),
    };
  };

  const shimOf = (tunnel: RelayTunnel): OAuthShim => {
    const shim = shims.get(tunnel) ?? new OAuthShim(tunnel);
    shims.set(tunnel, shim);
    return shim;
  };
  const shimAddress = (request: IncomingMessage, { record }: RelayTunnel): string =>
    `${scheme}://${request.headers.host ?? ''}/v1/oauth/${record.id}`;

  /** Public as an authorization server's own addresses are: a client has no key of the relay's for them. */
  const oauthRoute = async (
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    label: string | undefined,
  ): Promise<void> => {
    const tunnel = tunnelOf(id);
    const report = (call: CallReport): void => onEvent({ kind: 'call', tunnelId: id, channel: 'harpoon', ...call });
    const call = { request, response, address: shimAddress(request, tunnel), report };
    return label === undefined ? shimOf(tunnel).metadata(call) : shimOf(tunnel).endpoint(call, label);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    guard.check(request);
    const url = new URL(request.url ?? '/', 'http://relay');
    const [, first, second, third, fourth, fifth, ...rest] = url.pathname.split('/');
    if (rest.length > 0) throw notFound('Path');
    if (first === 'healthz' && second === undefined) {
      sendJson(response, 200, '{"status":"ok"}');
    } else if (first === 'v1' && (second === 'tunnels' || second === 'tunnel') && fifth === undefined) {
      if (third !== undefined) return tunnelRoute(request, response, url, third, fourth);
      requireManage(keys.of(request));
      return handleCollection(request, response, url, registry);
    } else if (first === 'v1' && second === 'mcp' && third !== undefined && fifth === undefined) {
      const key = keys.of(request);
      const tunnel = usableTunnel(third);
      requireUse(key, third, 403);
      return handleMcp(mcpCall(request, response, tunnel, fourth ?? 'main'));
    } else if (first === '.well-known' && serverWellKnowns.has(second ?? '') && fourth === 'oauth') {
      return oauthRoute(request, response, fifth ?? '', undefined);
    } else if (first === 'v1' && second === 'oauth' && third !== undefined && fourth !== undefined) {
      const isMetadata = fourth === '.well-known' && serverWellKnowns.has(fifth ?? '');
      if (fifth !== undefined && !isMetadata) throw notFound('Path');
      return oauthRoute(request, response, third, isMetadata ? undefined : fourth);
    } else if (first === '.well-known' && second === 'oauth-protected-resource' && fourth === 'mcp') {
      // Public by its nature (RFC 9728): a caller that still has to learn where to get a token has none to show.
      const tunnel = tunnelOf(fifth ?? '');
      handleDiscovery(
        mcpCall(request, response, tunnel, 'main'),
        `${scheme}://${request.headers.host ?? ''}/v1/mcp/${tunnel.record.id}`,
        shimOf(tunnel),
        shimAddress(request, tunnel),
      );
    } else {
      throw notFound('Path');
    }
  };

  const listener: RequestListener = (request, response) => {
    response.setHeader('X-Request-Id', randomBytes(8).toString('hex'));
    handle(request, response).catch((error: unknown) => sendError(response, error));
  };
  const serverOptions = { keepAliveTimeout: keepAliveMs, headersTimeout: keepAliveMs };
  const server = options.tls
    ? createTlsServer({ ...serverOptions, ...options.tls }, listener)
    : createServer(serverOptions, listener);
  const address = await listen(server, host, port);
  const base = `${scheme}://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`;

  const mcpUrl = (tunnelId: string, channel?: string): string =>
    `${base}/v1/mcp/${tunnelId}${channel === undefined ? '' : `/${channel}`}`;

  return {
    address: base,
    adminKey,
    addTunnel: ({ id = newTunnelId(), name = 'Local tunnel', description = '', apiKey, organizationId } = {}) => {
      if (!tunnelIdPattern.test(id)) throw new TunnelError('tunnel_id_invalid', 'local', { tunnelId: id });
      const organization_ids = organizationId === undefined ? [] : [organizationId];
      register(id, { name, description, tenant_ids: [], workspace_ids: [], organization_ids }, organizationId);
      return {
        id,
        apiKey: keys.add({ tunnelId: id, ...(apiKey !== undefined && { secret: apiKey }) }),
        mcpUrl: mcpUrl(id),
      };
    },
    addKey: (keyOptions) => keys.add(keyOptions),
    removeKey: (secret) => keys.remove(secret),
    mcpUrl,
    stats: (tunnelId) => tunnels.get(tunnelId)?.stats,
    connected: (tunnelId) => tunnels.get(tunnelId)?.connected ?? false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        const closing = new ApiError(503, null, 'The relay is shutting down.', { headers: { Connection: 'close' } });
        for (const tunnel of tunnels.values()) tunnel.close(closing);
        server.closeIdleConnections();
        setImmediate(() => server.closeAllConnections());
      }),
  };
}
