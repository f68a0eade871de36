import { TunnelError, type ErrorCode, type ErrorParams } from '../../shared/errors.ts';
import type { HeaderList } from '../../shared/trace.ts';
import type { ChannelState } from '../../shared/tunnel.ts';
import type { MessageSpans, ResponseSpans } from '../json/message.ts';
import type { Cancellation } from '../base/cancellation.ts';

/** One JSON-RPC message on its way to a private server. */
export interface ChannelRequest {
  /** The caller's message, exactly as it came. Not copied and not changed by the channel. */
  readonly bytes: Buffer;
  readonly message: MessageSpans;
  /** The command's own headers, repeated ones repeated, names as they came; the channel filters them (protocol.md, "jsonrpc commands"). */
  readonly headers: HeaderList;
  /** Deadline, `notifications/cancelled`, connection lifetime or shutdown. */
  readonly cancellation: Cancellation;
  /**
   * Called in order for every notification that belongs to this call, before `send` resolves. Must not throw or wait.
   * `head` is the HTTP answer whose stream carries it: the caller needs its session id with the first message.
   */
  onNotification(bytes: Buffer, head?: AnswerHead): void;
}

/** Status and headers of the server's answer, before the response-header allow-list is applied. */
export interface AnswerHead {
  /** HTTP status; 200 for stdio requests, 202 for accepted notifications. */
  readonly status: number;
  readonly headers: HeaderList;
}

/** What the server answered. */
export interface ChannelAnswer extends AnswerHead {
  /** The JSON-RPC response, checked for structure, with the caller's id in its original bytes. Absent for notifications. */
  readonly body?: Buffer;
  /** The channel answered by itself: the server was not asked. */
  readonly isOwn?: true;
  /** What the channel saw in it: nobody need look again. */
  readonly message?: ResponseSpans;
}

/**
 * The server did answer over HTTP, but not with a JSON-RPC response: what is synthesised in its place still goes back with
 * its headers (`WWW-Authenticate` above all) and, from 400 up, its status.
 */
export class AnswerError extends TunnelError {
  readonly head: AnswerHead;

  constructor(code: ErrorCode, head: AnswerHead, params: ErrorParams, options?: { cause?: unknown }) {
    super(code, 'mcp-server', params, options);
    this.head = head;
  }
}

/**
 * A private MCP server behind a tunnel: stdio child, Streamable HTTP endpoint or in-memory server. A channel carries many
 * calls at once, never repeats one, and never posts: it answers or throws a `TunnelError`, with code `cancelled` after a
 * cancellation. What the error's `params` say goes into `tunnel_failure`: `status` (the server's HTTP status, when there
 * was one) and `kind` (a known `transport_error_kind`, where it is finer than the code's own).
 */
export interface Channel {
  readonly name: string;
  readonly transport: 'stdio' | 'http' | 'memory';
  /** What people recognise it by: program and arguments, or URL without credentials. */
  readonly target: string;
  /** For `X-Tunnel-MCP-Server-Info`. */
  readonly procAffinity: boolean;
  readonly stateless: boolean;
  readonly state: ChannelState;
  /** False while there is nothing behind it: calls are answered as for a channel that is not configured. */
  readonly isRoutable?: boolean;
  /** Calls that it takes at a time, where that is not the profile's `max_concurrent_requests`. */
  readonly slots?: number;
  readonly inFlight: number;

  /** Called on every change of `state`. Returns the way to unsubscribe. */
  onState(listener: (state: ChannelState) => void): () => void;
  /** Makes the channel usable as far as it can be: spawns the child; an HTTP channel waits for its listener when told to. Never rejects. */
  start(): Promise<void>;
  /** One request or notification. Rejects with `TunnelError` only. */
  send(request: ChannelRequest): Promise<ChannelAnswer>;
  /** `session_termination`: one DELETE with the command's headers over HTTP, 405 on stdio. Rejects with `TunnelError` only. */
  terminate(headers: HeaderList, cancellation: Cancellation): Promise<ChannelAnswer>;
  /** Try again now what waits for its next try: a person asked, the machine woke, the network changed. */
  nudge(): void;
  /** Ends everything the channel started, the whole process tree included. Calls in flight reject with `shutting_down`. */
  close(): Promise<void>;
}
