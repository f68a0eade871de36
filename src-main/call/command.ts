import type { CallOrigin, HeaderList } from '../../shared/trace.ts';
import { readMessage, type MessageSpans } from '../json/message.ts';
import type { AnswerHead, ChannelRequest } from './channel.ts';
import type { Slotted } from '../base/in-flight.ts';
import type { TraceRecord } from './record.ts';
import { Cancellation } from '../base/cancellation.ts';

export type CommandKind = 'jsonrpc' | 'session_termination' | 'oauth_discovery';

/** When the headers of the poll that brought a command arrived: monotonic milliseconds for deadlines, wall clock for people and sleep. */
export interface Receipt {
  readonly now: number;
  readonly wall: number;
}

/** W3C Trace Context of the caller's span, as the service passes it on. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

export interface CommandFields {
  readonly kind: CommandKind;
  readonly requestId: string;
  readonly requestIdJson: string;
  readonly shardToken: string;
  readonly channel: string;
  readonly headers: HeaderList;
  readonly timeoutMs: number | undefined;
  readonly bytes: Buffer;
  readonly message: MessageSpans;
  /** `caller` when absent. */
  readonly origin?: CallOrigin;
  readonly traceContext?: TraceContext | undefined;
}

/** A stage keeps the call: which one, and since when (monotonic milliseconds). */
export interface Hold {
  readonly stage: number;
  readonly since: number;
}

/** Takes a call's notifications on their way to the control plane. */
export interface NotificationTaker {
  take(command: Command, bytes: Buffer, head: AnswerHead | undefined): void;
}

/**
 * One call: a single object from the poll to the post. `bytes` is a slice of the poll's body; it and the spans in `message`
 * are what the channel gets, so that nothing is copied or parsed on the way.
 */
export class Command implements ChannelRequest, Slotted {
  readonly kind: CommandKind;
  /** Opaque; decoded, for logs and for telling duplicates. */
  readonly requestId: string;
  /** The same as it came, quotes and escapes included: it goes back byte for byte. */
  readonly requestIdJson: string;
  readonly shardToken: string;
  /** Canonical; `main` when the command names none. */
  readonly channel: string;
  readonly headers: HeaderList;
  readonly origin: CallOrigin;
  readonly traceContext: TraceContext | undefined;
  /** The JSON-RPC message; empty for other kinds. A stage may change it. */
  bytes: Buffer;
  message: MessageSpans;
  readonly receipt: Receipt;
  /** Monotonic milliseconds after which nothing is posted; undefined when the caller set no limit. */
  readonly deadlineAt: number | undefined;
  readonly cancellation = new Cancellation();
  /** Its place among the commands in flight. */
  slot = -1;
  /** Its one terminal answer is on its way: whatever else its server says is too late. */
  isAnswering = false;
  /** Wall-clock milliseconds since when it waits for its server: it came, or the last stage let it go. */
  waitsSince: number;
  /** Wall-clock milliseconds of its last notification, to the second; `waitsSince` before there was one. */
  heardAt: number;
  hold: Hold | undefined;
  /** Ends the watch over its limit. */
  stopLimit: (() => void) | undefined;
  readonly record: TraceRecord;
  notifications: NotificationTaker | undefined;

  constructor(fields: CommandFields, receipt: Receipt) {
    this.kind = fields.kind;
    this.requestId = fields.requestId;
    this.requestIdJson = fields.requestIdJson;
    this.shardToken = fields.shardToken;
    this.channel = fields.channel;
    this.headers = fields.headers;
    this.origin = fields.origin ?? 'caller';
    this.traceContext = fields.traceContext;
    this.bytes = fields.bytes;
    this.message = fields.message;
    this.receipt = receipt;
    this.waitsSince = receipt.wall;
    this.heardAt = receipt.wall;
    this.deadlineAt = fields.timeoutMs === undefined ? undefined : receipt.now + fields.timeoutMs;
    this.record = recordOf(this);
  }

  /** Replaces the message; the id must stay. */
  change(bytes: Buffer, message = readMessage(bytes)): void {
    this.bytes = bytes;
    this.message = message;
  }

  onNotification(bytes: Buffer, head?: AnswerHead): void {
    this.notifications?.take(this, bytes, head);
  }

  /** JSON of the caller's JSON-RPC id as it came; the last one where it is repeated. Undefined for a notification. */
  get rpcIdJson(): string | undefined {
    const span = this.message.ids.at(-1);
    return span && this.bytes.toString('utf8', span.start, span.end);
  }
}

/** The call's record as it starts. Its id and its tunnel are set when it is admitted. */
function recordOf(call: Command): TraceRecord {
  const { kind, message, origin } = call;
  return {
    id: 0,
    tunnel: '',
    channel: call.channel,
    requestId: call.requestId,
    kind: kind !== 'jsonrpc' ? kind : message.kind === 'notification' ? 'notification' : 'request',
    method: kind === 'jsonrpc' ? message.method : kind,
    receivedAt: call.receipt.wall,
    status: 'queued',
    attempts: [],
    notifications: 0,
    target: message.target,
    rpcId: call.rpcIdJson,
    ...(origin === 'caller' ? undefined : { origin }),
  };
}
