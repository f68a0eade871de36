import type { HeaderList } from '../../shared/trace.ts';
import type { ChannelState } from '../../shared/tunnel.ts';
import type { Channel, ChannelAnswer, ChannelRequest } from '../../src-main/call/channel.ts';
import { TunnelError } from '../../shared/errors.ts';

/** A call that reached the channel, to be answered by the test. */
export interface MemoryCall {
  readonly request: ChannelRequest;
  /** Method of the message. */
  readonly method: string;
  readonly answer: (body?: string, head?: Partial<ChannelAnswer>) => void;
  readonly fail: (error: TunnelError) => void;
}

/** A private server inside the test. A call that is cancelled rejects, as the contract of `Channel` has it. */
export class MemoryChannel implements Channel {
  readonly name: string;
  readonly transport: Channel['transport'];
  readonly target = 'memory';
  readonly procAffinity: boolean;
  readonly stateless: boolean;
  state: ChannelState = { kind: 'ready', since: 0 };
  readonly calls: MemoryCall[] = [];
  readonly ended: HeaderList[] = [];
  /** Answers every call at once; undefined leaves them to the test. */
  auto: ((request: ChannelRequest) => ChannelAnswer) | undefined;
  starting: Promise<void> = Promise.resolve();
  closed = false;
  nudges = 0;
  #listeners = new Set<(state: ChannelState) => void>();

  constructor(
    name = 'main',
    {
      procAffinity = true,
      stateless = false,
      transport = 'memory',
    }: Partial<Pick<Channel, 'procAffinity' | 'stateless' | 'transport'>> = {},
  ) {
    this.name = name;
    this.transport = transport;
    this.procAffinity = procAffinity;
    this.stateless = stateless;
  }

  get inFlight(): number {
    return this.calls.length;
  }

  call(method: string): MemoryCall | undefined {
    return this.calls.find((call) => call.method === method);
  }

  become(state: ChannelState): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): Promise<void> {
    return this.starting;
  }

  send(request: ChannelRequest): Promise<ChannelAnswer> {
    return new Promise((resolve, reject) => {
      request.cancellation.onCancel((reason) => reject(new TunnelError('cancelled', 'mcp-server', { reason })));
      this.calls.push({
        request,
        method: request.message.method,
        answer: (body, head) =>
          resolve({ status: 200, headers: [], ...(body && { body: Buffer.from(body) }), ...head }),
        fail: reject,
      });
      if (this.auto) resolve(this.auto(request));
    });
  }

  terminate(headers: HeaderList): Promise<ChannelAnswer> {
    this.ended.push(headers);
    return Promise.resolve({ status: 204, headers: [] });
  }

  nudge(): void {
    this.nudges++;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** The result of a call, with the caller's id as it came. */
export const resultOf = ({ bytes, message }: ChannelRequest, result = '{}'): Buffer => {
  const id = message.ids.at(-1);
  return Buffer.from(
    `{"jsonrpc":"2.0","id":${id ? bytes.toString('utf8', id.start, id.end) : 'null'},"result":${result}}`,
  );
};
