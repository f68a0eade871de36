import { TunnelError } from '../../shared/errors.ts';
import type { ChannelState } from '../../shared/tunnel.ts';
import type { Clock } from '../base/clock.ts';
import type { Channel, ChannelAnswer, ChannelRequest } from '../call/channel.ts';
import type { ConnectableServer, MessageTransport } from './types.ts';

interface Message {
  jsonrpc?: string;
  id?: number | string | null;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
}

interface Pending {
  readonly request: ChannelRequest;
  readonly callerToken: unknown;
  readonly settle: (outcome: ChannelAnswer | TunnelError) => void;
}

const json: ChannelAnswer['headers'] = [['Content-Type', 'application/json']];

/** A server object in this process: messages are parsed for it, and callers share it by private ids. */
export class ObjectChannel implements Channel {
  readonly name: string;
  readonly transport = 'memory';
  readonly target = 'in this process';
  readonly procAffinity = true;
  readonly stateless = false;
  readonly #server: ConnectableServer;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(state: ChannelState) => void>();
  readonly #transport: MessageTransport;
  #lastId = 0;
  #state: ChannelState;

  constructor(name: string, server: ConnectableServer, clock: Clock) {
    this.name = name;
    this.#server = server;
    this.#clock = clock;
    this.#state = { kind: 'idle', since: clock.wall() };
    this.#transport = {
      start: () => Promise.resolve(),
      send: (message: unknown, options?: unknown) => {
        this.#received(message as Message, options as { relatedRequestId?: unknown } | undefined);
        return Promise.resolve();
      },
      close: () => {
        this.#transport.onclose?.();
        return Promise.resolve();
      },
    };
  }

  get state(): ChannelState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    if (this.#state.kind !== 'idle') return;
    try {
      await this.#server.connect(this.#transport);
      this.#set({ kind: 'ready', since: this.#clock.wall() });
    } catch (cause) {
      const error = new TunnelError('internal', 'mcp-server', {}, { cause });
      this.#set({ kind: 'unusable', since: this.#clock.wall(), error: error.toJSON() });
    }
  }

  send(request: ChannelRequest): Promise<ChannelAnswer> {
    const { message, bytes, cancellation } = request;
    if (message.kind === 'batch') return Promise.reject(new TunnelError('batch_refused', 'mcp-server'));
    if (this.#state.kind !== 'ready') return Promise.reject(new TunnelError('server_not_ready', 'mcp-server'));
    let parsed: Message;
    try {
      parsed = JSON.parse(bytes.toString('utf8')) as Message;
    } catch {
      return Promise.reject(new TunnelError('bad_request', 'mcp-server'));
    }
    if (message.kind !== 'request') {
      this.#notify(parsed);
      return Promise.resolve({ status: 202, headers: [] });
    }
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const meta = parsed.params?.['_meta'] as { progressToken?: unknown } | undefined;
      const settle = (outcome: ChannelAnswer | TunnelError): void => {
        unsubscribe();
        this.#pending.delete(id);
        if (outcome instanceof TunnelError) reject(outcome);
        else resolve(outcome);
      };
      this.#pending.set(id, { request, callerToken: meta?.progressToken, settle });
      let unsubscribe: () => void = () => undefined;
      unsubscribe = cancellation.onCancel((reason) => {
        if (!this.#pending.has(id)) return;
        this.#hand({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason } });
        settle(new TunnelError('cancelled', 'mcp-server', { reason }));
      });
      if (!this.#pending.has(id)) return;
      if (meta?.progressToken !== undefined) meta.progressToken = id;
      this.#hand({ ...parsed, id });
    });
  }

  terminate(): Promise<ChannelAnswer> {
    return Promise.resolve({ status: 405, headers: [] });
  }

  nudge(): void {
    // nothing waits for a next try
  }

  async close(): Promise<void> {
    for (const { settle } of [...this.#pending.values()]) settle(new TunnelError('shutting_down', 'mcp-server'));
    this.#set({ kind: 'stopped', since: this.#clock.wall() });
    this.#listeners.clear();
    await this.#server.close?.();
  }

  #hand(message: Message): void {
    (this.#transport.onmessage as ((message: Message) => void) | undefined)?.(message);
  }

  /** A caller's notification; one that names a call names it by its caller's id. */
  #notify(message: Message): void {
    const named = message.params?.['requestId'];
    if (message.method !== 'notifications/cancelled') return this.#hand(message);
    const meant = [...this.#pending].filter(([, { request }]) => sameId(request, named));
    const [only] = meant;
    if (only && meant.length === 1) this.#hand({ ...message, params: { ...message.params, requestId: only[0] } });
  }

  #received(message: Message, options: { relatedRequestId?: unknown } | undefined): void {
    if (message.method !== undefined && message.id !== undefined) return this.#refuse(message);
    if (message.method !== undefined) return this.#passOn(message, options?.relatedRequestId);
    const pending = this.#pending.get(Number(message.id));
    if (!pending) return;
    const { request, settle } = pending;
    const isError = message.error !== undefined;
    const rest = isError ? `"error":${JSON.stringify(message.error)}` : `"result":${JSON.stringify(message.result)}`;
    settle({ status: 200, headers: json, body: Buffer.from(`{"jsonrpc":"2.0","id":${idOf(request)},${rest}}`) });
  }

  /** A server's own request has no way to the caller. */
  #refuse({ id, method }: Message): void {
    const answer =
      method === 'ping'
        ? { result: {} }
        : { error: { code: -32_601, message: 'Method not found: not available through a tunnel' } };
    this.#hand({ jsonrpc: '2.0', ...(id !== undefined && { id }), ...answer });
  }

  #passOn(message: Message, related: unknown): void {
    const token = message.params?.['progressToken'];
    const pending = this.#pending.get(Number(message.method === 'notifications/progress' ? token : related));
    if (!pending) return;
    const params = token === undefined ? message.params : { ...message.params, progressToken: pending.callerToken };
    pending.request.onNotification(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: message.method, params })));
  }

  #set(state: ChannelState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

const idOf = ({ bytes, message }: ChannelRequest): string => {
  const span = message.ids.at(-1);
  return span ? bytes.toString('utf8', span.start, span.end) : 'null';
};

const sameId = (request: ChannelRequest, id: unknown): boolean => {
  try {
    return JSON.parse(idOf(request)) === id;
  } catch {
    return false;
  }
};
