import type { HeaderList } from '../../shared/trace.ts';
import { channelNamePattern } from '../../shared/names.ts';
import { parseResponseTimeout } from '../json/duration.ts';
import { readMessage, type MessageSpans } from '../json/message.ts';
import type { Span } from '../json/span.ts';
import { decodeString, isNull, JsonReader, JsonSyntaxError } from '../json/scan.ts';
import { Command, type CommandKind, type Receipt, type TraceContext } from '../call/command.ts';

/** Why a command in a poll was passed over; its neighbours are not touched by it. */
export interface SkippedCommand {
  readonly reason: 'malformed' | 'unknown_type';
  /** Which field, or which type. */
  readonly detail: string;
  readonly requestId?: string;
}

export interface PollBody {
  readonly commands: readonly Command[];
  readonly skipped: readonly SkippedCommand[];
  /** Byte at which the body stopped being JSON; commands before it are good. */
  readonly brokenAt?: number;
  /** It is JSON, and not what a poll is answered with: there is no `commands`, which the contract requires. */
  readonly isForeign?: true;
}

/** W3C Trace Context wants 512 at least for a `tracestate`. */
const mostTraceChars = 4_096;

const noMessage: MessageSpans = { kind: 'invalid', ids: [], method: '', isError: false };
const noBytes = Buffer.alloc(0);
const noHeaders: HeaderList = [];

const kinds: ReadonlySet<string> = new Set<CommandKind>(['jsonrpc', 'session_termination', 'oauth_discovery']);

/** Thrown and caught here only: a field that makes one command unusable. */
class Malformed extends Error {
  readonly field: string;
  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/** The spans of one command's fields; the last one counts where a key is repeated. */
interface Fields {
  request_id?: Span;
  shard_token?: Span;
  command_type?: Span;
  channel?: Span;
  response_timeout?: Span;
  headers?: Span;
  jsonrpc?: Span;
  trace_context?: Span;
}

/**
 * Finds the commands in the body of a poll (protocol.md, "Poll loop"). Payloads are not parsed: a command's `bytes` are a
 * slice of `body`. A body that ends too early or breaks off yields the commands that are complete. Never throws.
 */
export function readPollBody(body: Buffer, receipt: Receipt): PollBody {
  const commands: Command[] = [];
  const skipped: SkippedCommand[] = [];
  try {
    const json = new JsonReader(body);
    const headers = new HeaderMaps(body);
    if (!json.enterObject()) return { commands, skipped, brokenAt: 0 };
    let isForeign = true;
    while (json.nextMember()) {
      if (json.key !== 'commands') json.skip();
      else if (json.enterArray()) {
        isForeign = false;
        while (json.nextElement()) readCommand(body, json, headers, receipt, commands, skipped);
      } else if (isNull(body, json.skip())) isForeign = false;
    }
    json.finish();
    return isForeign ? { commands, skipped, isForeign } : { commands, skipped };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { commands, skipped, brokenAt: error.offset };
  }
}

function readCommand(
  body: Buffer,
  json: JsonReader,
  headers: HeaderMaps,
  receipt: Receipt,
  commands: Command[],
  skipped: SkippedCommand[],
): void {
  if (!json.enterObject()) {
    json.skip();
    skipped.push({ reason: 'malformed', detail: 'command' });
    return;
  }
  const fields: Fields = {};
  while (json.nextMember()) {
    const { key } = json;
    const span = json.skip();
    switch (key) {
      case 'request_id':
      case 'shard_token':
      case 'command_type':
      case 'channel':
      case 'response_timeout':
      case 'headers':
      case 'jsonrpc':
      case 'trace_context':
        fields[key] = span;
    }
  }
  const requestId = fields.request_id && decodeString(body, fields.request_id);
  try {
    const type = required(body, fields.command_type, 'command_type');
    if (isKind(type)) commands.push(toCommand(body, type, requestId, fields, headers, receipt));
    else skipped.push({ reason: 'unknown_type', detail: printable(type), ...(requestId && { requestId }) });
  } catch (error) {
    // The only value read inside its own brackets is the header map.
    const field = error instanceof Malformed ? error.field : error instanceof JsonSyntaxError ? 'headers' : undefined;
    if (field === undefined) throw error;
    skipped.push({ reason: 'malformed', detail: field, ...(requestId && { requestId }) });
  }
}

const isKind = (type: string): type is CommandKind => kinds.has(type);

/** The type is the service's word, but it goes to a log: no control characters, no essays. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 64);

function required(body: Buffer, span: Span | undefined, field: string): string {
  const text = span && decodeString(body, span);
  if (text === undefined || text === '') throw new Malformed(field);
  return text;
}

function toCommand(
  body: Buffer,
  kind: CommandKind,
  requestId: string | undefined,
  fields: Fields,
  headerMaps: HeaderMaps,
  receipt: Receipt,
): Command {
  if (!requestId || !fields.request_id) throw new Malformed('request_id');
  const headers = fields.headers ? headerMaps.read(fields.headers) : noHeaders;
  let bytes: Buffer = noBytes;
  let message = noMessage;
  if (kind === 'jsonrpc') {
    if (!fields.jsonrpc) throw new Malformed('jsonrpc');
    bytes = body.subarray(fields.jsonrpc.start, fields.jsonrpc.end);
    message = readMessage(bytes);
    // An answer to a server's own request has no way here: no such request ever leaves.
    if (message.kind === 'invalid' || message.kind === 'response') throw new Malformed('jsonrpc');
  }
  if (kind === 'session_termination' && !headers.some(([name]) => name.toLowerCase() === 'mcp-session-id')) {
    throw new Malformed('headers.Mcp-Session-Id');
  }
  return new Command(
    {
      kind,
      requestId,
      requestIdJson: body.toString('utf8', fields.request_id.start, fields.request_id.end),
      shardToken: headerSafe(required(body, fields.shard_token, 'shard_token')),
      channel: fields.channel ? readChannel(body, fields.channel) : 'main',
      headers,
      timeoutMs: fields.response_timeout && readTimeout(body, fields.response_timeout),
      bytes,
      message,
      traceContext: fields.trace_context && readTraceContext(body, fields.trace_context),
    },
    receipt,
  );
}

const readTimeout = (body: Buffer, span: Span): number | undefined => {
  const text = decodeString(body, span);
  return text === undefined ? undefined : parseResponseTimeout(text);
};

/** `{traceparent, tracestate?}`. What it is none of is passed over: a trace is never worth a call. */
function readTraceContext(body: Buffer, span: Span): TraceContext | undefined {
  const json = new JsonReader(body, span);
  if (!json.enterObject()) return undefined;
  let traceparent: string | undefined;
  let tracestate: string | undefined;
  while (json.nextMember()) {
    const { key } = json;
    const text = decodeString(body, json.skip());
    if (key === 'traceparent') traceparent = text;
    else if (key === 'tracestate') tracestate = text;
  }
  if (traceparent === undefined || traceparent === '' || traceparent.length > mostTraceChars) return undefined;
  return { traceparent, ...(tracestate && tracestate.length <= mostTraceChars && { tracestate }) };
}

/** The token goes back in a header as the bytes it came in; what no header can hold cannot be answered at all. */
function headerSafe(token: string): string {
  if (/^[\x20-\x7e]*$/.test(token)) return token;
  const text = Buffer.from(token, 'utf8').toString('latin1');
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new Malformed('shard_token');
  return text;
}

function readChannel(body: Buffer, span: Span): string {
  if (isNull(body, span)) return 'main';
  const name = decodeString(body, span)?.trim().toLowerCase();
  if (name === '') return 'main';
  if (name === undefined || !channelNamePattern.test(name)) throw new Malformed('channel');
  return name;
}

/** The header maps of one poll: its commands mostly carry the same one, which is then read once. */
class HeaderMaps {
  readonly #body: Buffer;
  #last: Span = { start: 0, end: 0 };
  #lastList = noHeaders;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** A map of names to lists of values, in the order they came; repeated values stay repeated. */
  read(span: Span): HeaderList {
    const { start, end } = this.#last;
    if (this.#body.compare(this.#body, span.start, span.end, start, end) !== 0) {
      this.#lastList = isNull(this.#body, span) ? noHeaders : parseHeaders(this.#body, span);
      this.#last = span;
    }
    return this.#lastList;
  }
}

function parseHeaders(body: Buffer, span: Span): HeaderList {
  const json = new JsonReader(body, span);
  if (!json.enterObject()) throw new Malformed('headers');
  const list: [string, string][] = [];
  const add = (name: string, value: Span): void => {
    const text = decodeString(body, value);
    if (text !== undefined) list.push([name, text]);
    else if (!isNull(body, value)) throw new Malformed('headers');
  };
  while (json.nextMember()) {
    const name = json.key;
    if (json.enterArray()) while (json.nextElement()) add(name, json.skip());
    else add(name, json.skip());
  }
  return list;
}
