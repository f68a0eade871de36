import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import { ApiError, badJson, methodNotAllowed, notFound } from './api-error.ts';
import { forwardedHeaders, type Command, type Waiting } from './command.ts';
import { readBody, sendError, sendJson } from './http.ts';
import { isObject, parseJson } from './json.ts';
import { readMessage } from './message.ts';
import type { OAuthShim } from './oauth-shim.ts';
import type { RelayTunnel } from './tunnel.ts';

/** What a caller is told of the MCP server's answer (protocol.md, response headers); the rest stays in the tunnel. */
const returned = [
  'mcp-session-id',
  'mcp-protocol-version',
  'last-event-id',
  'access-control-expose-headers',
  'www-authenticate',
];

/** One call, as the relay tells of it. */
export interface CallReport {
  readonly method: string;
  readonly status: number;
  readonly ms: number;
  readonly notifications: number;
}

export interface McpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly tunnel: RelayTunnel;
  readonly channel: string;
  readonly maxBodyBytes: number;
  /** A call without a word for so long gets its headers, and a comment now and then. */
  readonly quietMs: number;
  /** How long a server may take to tell of its sign-in. */
  readonly discoveryTimeoutMs: number;
  /** Where the caller finds this tunnel's protected-resource metadata. */
  readonly resourceMetadataUrl: string;
  readonly report: (call: CallReport) => void;
}

const streamTypes = new Set(['text/event-stream', 'text/*', '*/*']);

const takesStream = (request: IncomingMessage): boolean =>
  (request.headers.accept ?? '')
    .split(',')
    .some((part) => streamTypes.has(part.split(';')[0]?.trim().toLowerCase() ?? ''));

const contentType = (answer: Answer): string =>
  Object.entries(answer.headers)
    .find(([name]) => name.toLowerCase() === 'content-type')?.[1][0]
    ?.toLowerCase() ?? '';

/** Statuses that HTTP does not know become 200 or 502, as at the service's edge. */
export function callerStatus(code: number): number {
  if (code >= 200 && STATUS_CODES[code] !== undefined) return code;
  return code >= 200 && code < 300 ? 200 : 502;
}

function callerHeaders(answer: Answer, resourceMetadataUrl: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(answer.headers)) {
    if (!returned.includes(name.toLowerCase())) continue;
    // The metadata of the MCP server's own address would name a place that the caller cannot reach.
    headers[name] =
      name.toLowerCase() === 'www-authenticate'
        ? values.map((value) =>
            value.replace(/(resource_metadata\s*=\s*)"[^"]*"/i, (_, key: string) => `${key}"${resourceMetadataUrl}"`),
          )
        : [...values];
  }
  return headers;
}

/** One `data:` line for each line of the message: new lines in JSON are white space, so the message stays what it was. */
const sseEvent = (json: Buffer): string =>
  `event: message\ndata: ${json.toString().replaceAll(/\r\n|\r|\n/g, '\ndata: ')}\n\n`;

/** Writes a call's answer as JSON, or as an event stream once there is something to stream and the caller takes one. */
class CallerResponse implements Waiting {
  readonly #call: McpCall;
  readonly #method: string;
  readonly #rpcId: string | undefined;
  readonly #streams: boolean;
  readonly #started = performance.now();
  #notifications = 0;

  constructor(call: McpCall, method: string, rpcId: string | undefined) {
    this.#call = call;
    this.#method = method;
    this.#rpcId = rpcId;
    this.#streams = takesStream(call.request);
    // its answer's headers hold the session, so they cannot go ahead
    if (this.#streams && rpcId !== undefined && method !== 'initialize') this.#breathe();
  }

  notify(answer: Answer): void {
    if (!answer.json || !this.#streams) return;
    this.#notifications++;
    this.#startStream(answer);
    this.#call.response.write(sseEvent(answer.json));
  }

  /** The caller has cancelled it: a stream ends without an answer, and who takes none gets an error that it no longer waits for. */
  cancelled(): void {
    const { response } = this.#call;
    this.#report(200);
    if (this.#streams) {
      this.#startStream();
      response.end();
    } else {
      const error = { code: -32800, message: 'The request was cancelled.' };
      sendJson(response, 200, `{"jsonrpc":"2.0","id":${this.#rpcId ?? 'null'},"error":${JSON.stringify(error)}}`);
    }
  }

  finish(answer: Answer): void {
    const { response, resourceMetadataUrl } = this.#call;
    const status = callerStatus(answer.code);
    this.#report(status);
    if (response.headersSent) {
      response.end(answer.json && sseEvent(answer.json));
      return;
    }
    if (this.#streams && answer.json && status === 200 && contentType(answer).startsWith('text/event-stream')) {
      this.#startStream(answer);
      response.end(sseEvent(answer.json));
      return;
    }
    const headers = callerHeaders(answer, resourceMetadataUrl);
    if (answer.json) sendJson(response, status, answer.json, headers);
    else response.writeHead(status, headers).end();
  }

  fail(error: ApiError): void {
    const { response } = this.#call;
    this.#report(error.status);
    if (!response.headersSent) {
      sendError(response, error);
      return;
    }
    const failure = { code: -32603, message: error.message };
    response.end(
      `event: message\ndata: {"jsonrpc":"2.0","id":${this.#rpcId ?? 'null'},"error":${JSON.stringify(failure)}}\n\n`,
    );
  }

  /** Clients give up on a request whose headers do not come, and proxies on a connection on which nothing moves. */
  #breathe(): void {
    const { response, quietMs } = this.#call;
    const timer = setInterval(() => {
      if (response.writableEnded) return;
      this.#startStream();
      response.write(': still working\n\n');
    }, quietMs);
    timer.unref();
    response.once('close', () => clearInterval(timer));
  }

  #startStream(answer?: Answer): void {
    const { response, resourceMetadataUrl } = this.#call;
    if (response.headersSent) return;
    response.writeHead(200, {
      ...(answer && callerHeaders(answer, resourceMetadataUrl)),
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
    });
  }

  #report(status: number): void {
    const ms = performance.now() - this.#started;
    this.#call.report({ method: this.#method, status, ms, notifications: this.#notifications });
  }
}

const nobody: Waiting = {
  notify: () => undefined,
  finish: () => undefined,
  fail: () => undefined,
  cancelled: () => undefined,
};

/**
 * A caller of the 2026-07-28 era cancels by closing its stream, and has no other way: say it to the MCP server. Before
 * that a closed connection means nothing. Ids are the callers' own, so one that another call uses as well names neither.
 */
function cancelAtServer(tunnel: RelayTunnel, command: Command): void {
  const { channel, rpcId } = command;
  if (rpcId === undefined || tunnel.holdsRpcId(channel, rpcId)) return;
  const headers = JSON.parse(command.headers) as Record<string, string[]>;
  if ((headers['Mcp-Protocol-Version']?.[0] ?? '') < '2026-07-28') return;
  delete headers['Mcp-Name'];
  const cancelled = { ...headers, 'Mcp-Method': ['notifications/cancelled'] };
  const payload = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${rpcId},"reason":"The caller disconnected."}}`;
  try {
    tunnel.enqueue({
      type: 'jsonrpc',
      channel,
      headers: JSON.stringify(cancelled),
      payload: Buffer.from(payload),
      waiting: nobody,
    });
  } catch {
    // No client or no room: the call ends by its deadline.
  }
}

async function post(call: McpCall): Promise<void> {
  const { request, response, tunnel, channel } = call;
  const payload = await readBody(request, call.maxBodyBytes);
  const message = readMessage(payload);
  if (message.kind === 'batch') throw badJson('JSON-RPC batches are not supported: send one message a request.');
  if (message.kind === 'invalid') throw badJson('The body is not a JSON-RPC message.');
  if (message.kind === 'response') {
    // an answer to a server's own request, which has no way to a caller here: nobody waits for it
    response.writeHead(202).end();
    return;
  }

  const rpcId = message.kind === 'request' ? message.rpcId : undefined;
  const waiting = new CallerResponse(call, message.method, rpcId);
  const headers = forwardedHeaders(request);
  const traceContext = traceContextOf(request);
  const session = request.headers['mcp-session-id']?.toString();
  if (response.destroyed) return;
  const command = tunnel.enqueue({
    type: 'jsonrpc',
    channel,
    headers,
    payload,
    waiting,
    session,
    ...(rpcId && { rpcId }),
    ...(traceContext && { traceContext }),
  });
  if (message.kind === 'notification' && message.cancels !== undefined)
    tunnel.cancel(channel, message.cancels, session);
  response.once('close', () => {
    if (!response.writableEnded && tunnel.abandon(command)) cancelAtServer(tunnel, command);
  });
}

/** W3C Trace Context of the caller, as the service hands it on. */
function traceContextOf({ headers: { traceparent, tracestate } }: IncomingMessage): string | undefined {
  return typeof traceparent === 'string' ? JSON.stringify({ traceparent, tracestate }) : undefined;
}

function terminate(call: McpCall): void {
  const { request, response, tunnel, channel } = call;
  if (request.headers['mcp-session-id'] === undefined)
    throw new ApiError(400, 'missing_mcp_session_id', 'Send the Mcp-Session-Id of the session to end.');
  const waiting = new CallerResponse(call, 'session_termination', undefined);
  const headers = forwardedHeaders(request);
  const command = tunnel.enqueue({ type: 'session_termination', channel, headers, waiting });
  response.once('close', () => tunnel.abandon(command));
}

/** `/v1/mcp/{tunnel_id}[/{channel}]`: the connector's side of a tunnel, Streamable HTTP without the standing GET stream. */
export async function handleMcp(call: McpCall): Promise<void> {
  switch (call.request.method) {
    case 'POST':
      return post(call);
    case 'DELETE':
      terminate(call);
      return;
    default:
      throw methodNotAllowed('POST, DELETE');
  }
}

/**
 * `/.well-known/oauth-protected-resource/v1/mcp/{tunnel_id}`: asks the tunnel client for the MCP server's own metadata
 * and names the tunnel as the resource; `issuer` stands for the authorization server where only the tunnel's side reaches it.
 */
export function handleDiscovery(call: McpCall, resource: string, shim: OAuthShim, issuer: string): void {
  const { request, response, tunnel, channel } = call;
  if (request.method !== 'GET') throw methodNotAllowed('GET');
  const started = performance.now();
  const report = (status: number): void =>
    call.report({ method: 'oauth_discovery', status, ms: performance.now() - started, notifications: 0 });
  const waiting: Waiting = {
    notify: () => undefined,
    finish: (answer) => {
      const status = callerStatus(answer.code);
      const value = answer.json && parseJson(answer.json);
      const metadata = isObject(value) ? value : undefined;
      report(status);
      if (!metadata || status !== 200) {
        sendJson(response, status, JSON.stringify(metadata ?? {}));
        return;
      }
      const send = (isOffered: boolean): void =>
        sendJson(
          response,
          status,
          JSON.stringify({ ...metadata, resource, ...(isOffered && { authorization_servers: [issuer] }) }),
        );
      if (Array.isArray(metadata['authorization_servers'])) void shim.isOffered().then(send);
      else send(false);
    },
    fail: (error) => {
      // a client that finds no metadata answers nothing (protocol.md), so that silence means that there is none
      const told = error.status === 504 ? notFound('Protected-resource metadata') : error;
      report(told.status);
      sendError(response, told);
    },
    cancelled: () => undefined,
  };
  const timeoutMs = call.discoveryTimeoutMs;
  const command = tunnel.enqueue({ type: 'oauth_discovery', channel, headers: '{}', waiting, timeoutMs });
  response.once('close', () => tunnel.abandon(command));
}
