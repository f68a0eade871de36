import { TunnelError } from '../../shared/errors.ts';
import type { ChannelState } from '../../shared/tunnel.ts';
import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import type { Channel, ChannelAnswer, ChannelRequest } from '../call/channel.ts';
import { isWellFormed } from '../json/structure.ts';
import { JsonReader } from '../json/scan.ts';
import type { Registry } from './registry.ts';
import type { HarpoonServer } from './server.ts';

const jsonHeaders: ChannelAnswer['headers'] = [['Content-Type', 'application/json']];

/** Harpoon as a channel of the tunnel: in this process, and there for callers only while it has a target. */
export class HarpoonChannel implements Channel {
  readonly name = 'harpoon';
  readonly transport = 'memory';
  readonly procAffinity = true;
  readonly stateless = false;
  /** Each target has slots of its own. */
  readonly slots = 256;
  readonly #registry: Registry;
  readonly #server: HarpoonServer;
  readonly #clock: Clock;
  readonly #calls = new Set<Cancellation>();
  readonly #listeners = new Set<(state: ChannelState) => void>();
  readonly #stopListening: () => void;
  #state: ChannelState;

  constructor(registry: Registry, server: HarpoonServer, clock: Clock) {
    this.#registry = registry;
    this.#server = server;
    this.#clock = clock;
    this.#state = { kind: 'idle', since: clock.wall() };
    this.#stopListening = registry.onChange(() => this.#set(this.#state));
  }

  get target(): string {
    const { size } = this.#registry;
    return `${size} ${size === 1 ? 'target' : 'targets'}`;
  }

  get isRoutable(): boolean {
    return this.#registry.size > 0;
  }

  get state(): ChannelState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): Promise<void> {
    if (this.#state.kind === 'idle') this.#set({ kind: 'ready', since: this.#clock.wall() });
    return Promise.resolve();
  }

  async send({ bytes, message, cancellation }: ChannelRequest): Promise<ChannelAnswer> {
    if (this.#state.kind === 'stopped') throw new TunnelError('shutting_down', 'harpoon');
    if (message.kind === 'batch') throw new TunnelError('batch_refused', 'harpoon');
    if (message.kind !== 'request') return { status: 200, headers: [] };
    if (!isWellFormed(bytes)) throw new TunnelError('bad_request', 'harpoon');
    const parsed = JSON.parse(bytes.toString('utf8')) as { params?: unknown };
    const params = (typeof parsed.params === 'object' && parsed.params !== null ? parsed.params : {}) as Record<
      string,
      unknown
    >;
    const own = new Cancellation();
    const unsubscribe = cancellation.onCancel((reason) => own.cancel(reason));
    this.#calls.add(own);
    try {
      const rest = await this.#server.answer(
        { method: message.method, params, rawArguments: () => rawArguments(bytes) },
        own,
      );
      if (own.reason !== undefined) throw new TunnelError('cancelled', 'harpoon', { reason: own.reason });
      const id = message.ids.at(-1);
      const body = `{"jsonrpc":"2.0","id":${id ? bytes.toString('utf8', id.start, id.end) : 'null'},${rest}}`;
      return { status: 200, headers: jsonHeaders, body: Buffer.from(body) };
    } finally {
      unsubscribe();
      this.#calls.delete(own);
    }
  }

  terminate(): Promise<ChannelAnswer> {
    return Promise.resolve({ status: 405, headers: [] });
  }

  nudge(): void {
    // nothing waits for a next try
  }

  close(): Promise<void> {
    this.#stopListening();
    for (const call of this.#calls) call.cancel('shutdown');
    this.#set({ kind: 'stopped', since: this.#clock.wall() });
    this.#listeners.clear();
    return Promise.resolve();
  }

  #set(state: ChannelState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

/** `params.arguments` as it was written; the last one where it stands twice. */
function rawArguments(bytes: Buffer): string {
  let raw = '{}';
  const json = new JsonReader(bytes);
  if (!json.enterObject()) return raw;
  while (json.nextMember()) {
    const isParams: boolean = json.key === 'params';
    if (!isParams || !json.enterObject()) {
      json.skip();
      continue;
    }
    while (json.nextMember()) {
      const isArguments: boolean = json.key === 'arguments';
      const { start, end } = json.skip();
      if (isArguments) raw = bytes.toString('utf8', start, end);
    }
  }
  return raw;
}
