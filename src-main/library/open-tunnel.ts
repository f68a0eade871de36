import { randomUUID } from 'node:crypto';
import { TunnelError } from '../../shared/errors.ts';
import { sentence } from '../../shared/messages.ts';
import { profileSchema, type ChannelConfig, type Profile } from '../../shared/profile.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { systemClock } from '../base/clock.ts';
import type { Channel } from '../call/channel.ts';
import { createEngine } from '../engine.ts';
import { createHttpChannel } from '../mcp/http-channel.ts';
import { createLog } from '../observe/log.ts';
import { joinCommand } from '../process/command-line.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import { handlerRoutes } from './handler-routes.ts';
import { ObjectChannel } from './object-channel.ts';
import type {
  CallSummary,
  FetchHandler,
  OpenTunnel,
  ServerOption,
  TunnelEvents,
  TunnelOptions,
  TunnelState,
} from './types.ts';

/** Values are literal: a library's caller has them, and no reference is followed. */
const literal: SecretResolver = { resolve: (ref) => Promise.resolve(ref), onReplaced: () => () => undefined };

/**
 * Opens a tunnel to an MCP server from this process. Resolves once it polls, which is before it is connected: `ready()` waits
 * for that. Rejects with an `Error` that has a `code` where the options can never work. Nothing global is touched; the
 * environment is not read.
 */
export async function openTunnel(options: TunnelOptions): Promise<OpenTunnel> {
  const id = `library-${randomUUID()}`;
  const { config, channel } = serverOf(options.server);
  const profile = profileOf(id, options, config);
  const log = createLog('info', ({ level, at, message, fields }) =>
    options.log?.({ level, time: at, message, fields }),
  );
  const calls = new Set<(call: CallSummary) => void>();
  const engine = createEngine({
    secrets: literal,
    env: { PATH: process.env['PATH'] },
    log,
    traces: {
      ended: ({ method, target, status, receivedAt, postedMs, answeredMs }) => {
        const ms = postedMs ?? answeredMs ?? Date.now() - receivedAt;
        for (const listener of calls) listener({ method, status, ms, ...(target !== undefined && { target }) });
      },
    },
    ...(channel && { ownChannels: () => [channel] }),
  });
  const snapshot = (): TunnelSnapshot | undefined => engine.snapshots().find((one) => one.id === id);
  await engine.start(profile);
  return new Tunnel({ id, engine, snapshot, calls });
}

interface Parts {
  readonly id: string;
  readonly engine: ReturnType<typeof createEngine>;
  readonly snapshot: () => TunnelSnapshot | undefined;
  readonly calls: Set<(call: CallSummary) => void>;
}

class Tunnel implements OpenTunnel {
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get state(): TunnelState {
    const snapshot = this.#parts.snapshot();
    return snapshot ? stateOf(snapshot) : { name: 'stopped', since: Date.now() };
  }

  get inFlight(): number {
    return this.#parts.snapshot()?.inFlight ?? 0;
  }

  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      let stop: () => void = () => undefined;
      const look = ({ name, error }: TunnelState): boolean => {
        if (name !== 'connected' && name !== 'stopped') return false;
        stop();
        if (name === 'connected') resolve();
        else reject(new Error(error?.message ?? 'The tunnel is closed.'));
        return true;
      };
      if (!look(this.state)) stop = this.on('state', look);
    });
  }

  on<E extends keyof TunnelEvents>(event: E, listener: (value: TunnelEvents[E]) => void): () => void {
    const { id, engine, calls } = this.#parts;
    if (event === 'call') {
      const onCall = listener as (call: CallSummary) => void;
      calls.add(onCall);
      return () => calls.delete(onCall);
    }
    const onState = listener as (state: TunnelState) => void;
    let before = this.state;
    return engine.onChange((snapshot) => {
      if (snapshot.id !== id) return;
      const state = stateOf(snapshot);
      if (state.name === before.name && state.error?.code === before.error?.code) return;
      before = state;
      onState(state);
    });
  }

  close(graceMs?: number): Promise<void> {
    this.#closing ??= this.#parts.engine.stop(this.#parts.id, graceMs);
    return this.#closing;
  }
}

function stateOf({ state }: TunnelSnapshot): TunnelState {
  const { kind: name, since } = state;
  const error = 'error' in state ? state.error : undefined;
  return { name, since, ...(error && { error: { code: error.code, message: sentence(error) } }) };
}

function profileOf(id: string, options: TunnelOptions, config: ChannelConfig | undefined): Profile {
  const parsed = profileSchema.safeParse({
    id,
    name: options.tunnelId,
    controlPlane: {
      ...(options.controlPlaneUrl !== undefined && { baseUrl: String(options.controlPlaneUrl) }),
      tunnelId: options.tunnelId,
      apiKey: options.apiKey,
      ...(options.organizationId !== undefined && { organizationId: options.organizationId }),
      ...(options.proxy !== undefined && { httpProxy: options.proxy }),
    },
    channels: config ? [config] : [],
    mcp: options.maxConcurrentCalls === undefined ? {} : { maxConcurrentRequests: options.maxConcurrentCalls },
    harpoon: {},
    capture: { bodies: false },
    ...(options.caBundle !== undefined && { caBundle: options.caBundle }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  if (field === 'controlPlane.tunnelId')
    throw new TunnelError('tunnel_id_invalid', 'local', { tunnelId: options.tunnelId });
  throw new TunnelError('config_invalid', 'local', { field, problem: issue?.message ?? 'it cannot be used' });
}

const name = 'main';

function serverOf(server: ServerOption): { readonly config?: ChannelConfig; readonly channel?: Channel } {
  if (typeof server === 'function') return { channel: handled(server) };
  if ('url' in server) {
    const { url, headers } = server;
    return { config: { kind: 'http', name, url: String(url), ...(headers && { extraHeaders: { ...headers } }) } };
  }
  if ('command' in server) {
    const { command, args = [], env = {}, cwd } = server;
    return {
      config: {
        kind: 'stdio',
        name,
        command: joinCommand([command, ...args]),
        env: { ...env },
        concurrency: 'parallel',
        ...(cwd !== undefined && { cwd }),
      },
    };
  }
  if ('fetch' in server) return { channel: handled((request) => server.fetch(request)) };
  return { channel: new ObjectChannel(name, server, systemClock) };
}

const handled = (handler: FetchHandler): Channel =>
  createHttpChannel(
    { kind: 'http', name, url: 'http://in-process.invalid/mcp' },
    { extraHeaders: {}, discoveryExtraHeaders: {}, startupWaitMs: 0 },
    { routes: handlerRoutes(handler), secrets: literal, clock: systemClock },
  );
