import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { profileSchema, type Profile } from '../../shared/profile.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { createRelay, type AddedTunnel, type Relay, type RelayEvent } from '../relay/relay.ts';
import type { TunnelManager } from '../tunnel/tunnel-manager.ts';
import { version } from '../base/version.ts';

/** In this order; a failure names the one it happened in. */
export type DemoStep = 'relay' | 'tunnel' | 'connect' | 'call';

export interface DemoReport {
  readonly ok: true;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What the tool answered. */
  readonly result: unknown;
  readonly protocol_version: string;
  readonly timings_ms: Readonly<Record<DemoStep | 'total', number>>;
}

/** A step of the demo went wrong; `cause` says how. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
  readonly step: DemoStep;

  constructor(step: DemoStep, cause: unknown) {
    super(`demo: ${step}`, { cause });
    this.step = step;
  }
}

export interface DemoOptions {
  readonly tunnels: TunnelManager;
  /** Starts an MCP server over stdio; split like a shell's words. */
  readonly serverCommand: string;
  /** A step is done: what came of it, and the milliseconds it took. */
  readonly onStep?: (step: DemoStep, outcome: string, ms: number) => void;
  /** Longest that one step may take. */
  readonly stepLimitMs?: number;
  /** Somebody does not want to wait any more. */
  readonly interrupted?: Promise<unknown>;
}

export interface Demo {
  readonly report: DemoReport;
  readonly relay: Relay;
  readonly tunnel: AddedTunnel;
  /** Drains the tunnel, then closes the relay. */
  close(): Promise<void>;
}

const tool = 'add';
const args = { a: 2, b: 40 };
const profileId = 'demo';

function profileFor(relay: Relay, tunnel: AddedTunnel, command: string): Profile {
  return profileSchema.parse({
    id: profileId,
    name: 'Demo',
    controlPlane: { baseUrl: relay.address, tunnelId: tunnel.id, apiKey: tunnel.apiKey },
    channels: [{ kind: 'stdio', name: 'main', command }],
    mcp: {},
    harpoon: {},
    capture: {},
  });
}

/** What keeps the tunnel from ever working, as far as its state tells. */
function faultOf({ state, channels }: TunnelSnapshot): TunnelError | undefined {
  if ((state.kind === 'stopped' || state.kind === 'unauthorised') && state.error) return toError(state.error);
  for (const { state: channel } of channels) {
    if (channel.kind === 'unusable') return toError(channel.error);
    if (channel.kind === 'crash-loop')
      return new TunnelError('server_exited', 'mcp-server', { exitCode: channel.exit.exitCode ?? -1 });
  }
  return undefined;
}

const toError = ({ code, leg, params }: Pick<TunnelError, 'code' | 'leg' | 'params'>): TunnelError =>
  new TunnelError(code, leg, params);

const isReady = ({ state, channels }: TunnelSnapshot): boolean =>
  state.kind === 'connected' ||
  (state.kind === 'starting' &&
    state.step === 'first-poll' &&
    channels.every((channel) => channel.state.kind === 'ready'));

/** Resolves when the tunnel has everything it needs; its first poll is on its way, and answered only when there is a call. */
function untilReady(tunnels: TunnelManager): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (snapshot: TunnelSnapshot | undefined): void => {
      if (snapshot?.id !== profileId) return;
      const fault = faultOf(snapshot);
      if (!fault && !isReady(snapshot)) return;
      unsubscribe();
      if (fault) reject(fault);
      else resolve();
    };
    const unsubscribe = tunnels.onChange(look);
    look(tunnels.snapshots().find(({ id }) => id === profileId));
  });
}

async function withLimit<T>(work: Promise<T>, ms: number, interrupted: Promise<unknown> | undefined): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TunnelError('timed_out', 'local', { seconds: ms / 1_000 })), ms);
    void interrupted?.then(() => reject(new TunnelError('shutting_down', 'local')));
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Starts a relay, a stdio MCP server and a tunnel between them, and makes one real `tools/call` through all of it with
 * the MCP SDK's client. Everything stays up until `close`. Rejects with `DemoFailure`, with nothing left running.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { tunnels, onStep = () => undefined, stepLimitMs = 30_000 } = options;
  const timings: Record<DemoStep | 'total', number> = { relay: 0, tunnel: 0, connect: 0, call: 0, total: 0 };
  const started = performance.now();
  const step = async <T>(name: DemoStep, work: () => Promise<T>, outcome: (value: T) => string): Promise<T> => {
    const begun = performance.now();
    try {
      const value = await withLimit(work(), stepLimitMs, options.interrupted);
      timings[name] = rounded(performance.now() - begun);
      onStep(name, outcome(value), timings[name]);
      return value;
    } catch (cause) {
      throw new DemoFailure(name, cause);
    }
  };

  let polls: () => void = () => undefined;
  const polling = new Promise<void>((resolve) => (polls = resolve));
  const onEvent = (event: RelayEvent): void => {
    if (event.kind === 'client' && event.connected) polls();
  };
  const relay = await step(
    'relay',
    () => createRelay({ onEvent }),
    ({ address }) => `a control plane listens at ${address}`,
  );
  const close = async (graceMs?: number): Promise<void> => {
    await tunnels.stop(profileId, graceMs);
    await relay.close();
  };
  const tunnel = relay.addTunnel({ name: 'Demo' });
  const client = new Client({ name: 'culvert-demo', version }, { versionNegotiation: { mode: 'auto' } });
  try {
    await step(
      'tunnel',
      async () => {
        await tunnels.start(profileFor(relay, tunnel, options.serverCommand));
        await untilReady(tunnels);
        await polling;
      },
      () => 'the demo server runs, and the tunnel polls for its calls',
    );
    const requestInit = { headers: { authorization: `Bearer ${tunnel.apiKey}` } };
    await step(
      'connect',
      () => client.connect(new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { requestInit })),
      () =>
        `an MCP client speaks ${client.getNegotiatedProtocolVersion() ?? ''} with ${client.getServerVersion()?.name ?? 'it'}`,
    );
    const { structuredContent, content, isError } = await step(
      'call',
      () => client.callTool({ name: tool, arguments: args }),
      (result) => `${tool} ${JSON.stringify(args)} → ${JSON.stringify(result.structuredContent ?? result.content)}`,
    );
    if (isError)
      throw new DemoFailure(
        'call',
        new TunnelError('not_an_answer', 'mcp-server', { detail: JSON.stringify(content) }),
      );
    timings.total = rounded(performance.now() - started);
    const report: DemoReport = {
      ok: true,
      tool,
      arguments: args,
      result: structuredContent ?? content,
      protocol_version: client.getNegotiatedProtocolVersion() ?? '',
      timings_ms: timings,
    };
    return { report, relay, tunnel, close: () => close() };
  } catch (error) {
    // Whatever is in flight is what failed.
    await close(0);
    throw error;
  } finally {
    await client.close();
  }
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;
