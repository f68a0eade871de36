import { TunnelError } from '../../shared/errors.ts';
import type { TraceEvent } from '../../shared/trace.ts';
import type { Pending, PostListener, PostOutcome } from '../../src-main/control-plane/client.ts';
import type { Command } from '../../src-main/call/command.ts';
import { readPollBody } from '../../src-main/control-plane/commands.ts';
import { createLog } from '../../src-main/observe/log.ts';
import { CallEvents } from '../../src-main/call/events.ts';
import { Dispatcher, type DispatcherOptions } from '../../src-main/tunnel/dispatcher.ts';
import { CommandQueue } from '../../src-main/tunnel/queue.ts';
import { Responder } from '../../src-main/tunnel/responder.ts';
import { command, envelope, type CommandFields } from '../fakes/control-plane.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryChannel } from './memory-channel.ts';

/** A post that the test answers. */
export class FakePost implements Pending {
  written = true;
  aborted = false;
  readonly command: Command;
  readonly bytes: Buffer;
  readonly listener: PostListener;

  constructor(of: Command, bytes: Buffer, listener: PostListener) {
    this.command = of;
    this.bytes = bytes;
    this.listener = listener;
  }

  get body(): { resp_type: string; resp_code: number; request_id: string; resp_json?: { method?: string } } {
    return JSON.parse(this.bytes.toString()) as never;
  }

  abort(error: TunnelError): void {
    this.aborted = true;
    this.listener.done({ error, written: true });
  }

  gets(status: number, retryAfterMs?: number, more: { form?: 'page'; detail?: string; param?: string } = {}): void {
    const params = { status, ...more };
    const outcome: PostOutcome =
      status < 300
        ? { status, written: true }
        : { status, written: true, error: new TunnelError('unauthorized', 'control-plane', params) };
    this.listener.done(retryAfterMs === undefined ? outcome : { ...outcome, retryAfterMs });
  }

  breaks(written: boolean): void {
    this.listener.done({ written, error: new TunnelError('connect_reset', 'control-plane') });
  }
}

export interface Rig {
  readonly clock: FakeClock;
  readonly dispatcher: Dispatcher;
  readonly responder: Responder;
  readonly queue: CommandQueue;
  readonly main: MemoryChannel;
  readonly docs: MemoryChannel;
  readonly posts: FakePost[];
  readonly events: CallEvents;
  /** Calls that are over. */
  readonly traces: TraceEvent[];
  readonly refused: number[];
  /** One poll's commands; their deadlines run from now. */
  readonly poll: (...commands: (CommandFields | string)[]) => void;
  readonly types: () => string[];
}

/** The path of a call from a poll to its posts, with channels and posts that the test answers. */
export function rig(options: Partial<DispatcherOptions> = {}): Rig {
  const clock = new FakeClock();
  const posts: FakePost[] = [];
  const traces: TraceEvent[] = [];
  const refused: number[] = [];
  const [main, docs] = [
    new MemoryChannel('main', { transport: 'stdio' }),
    new MemoryChannel('docs', { transport: 'http' }),
  ];
  const queue = new CommandQueue(20, 2);
  const events = options.events ?? new CallEvents();
  events.subscribe({ ended: (record) => void traces.push(record) });
  const responder = new Responder({
    client: {
      post: (of, bytes, listener) => {
        const post = new FakePost(of, bytes, listener);
        posts.push(post);
        return post;
      },
    },
    clock,
    events,
    posted: () => undefined,
    refused: (_error, waitMs) => refused.push(waitMs),
  });
  const dispatcher = new Dispatcher({
    tunnel: 't',
    channels: new Map([main, docs].map((channel) => [channel.name, channel])),
    queue,
    responder,
    clock,
    events,
    log: createLog('error', () => undefined),
    maxConcurrent: 3,
    ownLimitMs: 600_000,
    discover: undefined,
    changed: () => undefined,
    roomy: () => undefined,
    expecting: () => undefined,
    ...options,
  });
  const poll = (...commands: (CommandFields | string)[]): void => {
    const body = envelope(commands.map((one) => (typeof one === 'string' ? one : command(one))));
    dispatcher.accept(readPollBody(body, { now: clock.now(), wall: clock.wall() }));
  };
  const types = (): string[] => posts.map(({ body }) => body.resp_type);
  return { clock, dispatcher, responder, queue, main, docs, posts, events, traces, refused, poll, types };
}

/** Lets promises that are settled run on. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

export const call = (id: string, more: Partial<CommandFields> = {}): CommandFields => ({
  request_id: id,
  jsonrpc: `{"jsonrpc":"2.0","id":"${id}","method":"tools/call"}`,
  ...more,
});
export const cancel = (of: string, more: Partial<CommandFields> = {}): CommandFields => ({
  request_id: `cancel-${of}`,
  jsonrpc: `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${of}"}}`,
  ...more,
});
export const ok = '{"jsonrpc":"2.0","id":"a","result":{}}';
