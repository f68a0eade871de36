import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { readMessage } from '../json/message.ts';
import { isWellFormed } from '../json/structure.ts';
import type { Answer } from './answer.ts';
import { ApiError, badJson, methodNotAllowed } from './api-error.ts';
import { forwardedHeaders, type Command, type Waiting } from './command.ts';
import { readBody, sendError, sendJson } from './http.ts';
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
  /** Where the caller finds this tunnel's protected-resource metadata. */
  readonly resourceMetadataUrl: string;
  readonly report: (call: CallReport) => void;
}

const accepts = (request: IncomingMessage, type: string): boolean =>
  (request.headers.accept ?? '').split(',').some((part) => part.split(';')[0]?.trim().toLowerCase() === type);

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
    this.#streams = accepts(call.request, 'text/event-stream');
  }

  notify(answer: Answer): void {
    if (!answer.json || !this.#streams) return;
    this.#notifications++;
    this.#startStream(answer);
    this.#call.response.write(sseEvent(answer.json));
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

  #startStream(answer: Answer): void {
    const { response, resourceMetadataUrl } = this.#call;
    if (response.headersSent) return;
    response.writeHead(200, {
      ...callerHeaders(answer, resourceMetadataUrl),
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
    });
  }

  #report(status: number): void {
    const ms = performance.now() - this.#started;
    this.#call.report({ method: this.#method, status, ms, notifications: this.#notifications });
  }
}

const nobody: Waiting = { notify: () => undefined, finish: () => undefined, fail: () => undefined };

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
  const message = isWellFormed(payload) ? readMessage(payload) : undefined;
  if (message?.kind === 'batch') throw badJson('JSON-RPC batches are not supported: send one message a request.');
  if (!message || message.kind === 'invalid') throw badJson('The body is not a JSON-RPC message.');

  const id = message.kind === 'request' ? message.ids.at(-1) : undefined;
  const rpcId = id && payload.toString('utf8', id.start, id.end);
  const waiting = new CallerResponse(call, message.method || 'response', rpcId);
  const headers = forwardedHeaders(request);
  if (response.destroyed) return;
  const command = tunnel.enqueue({ type: 'jsonrpc', channel, headers, payload, waiting, ...(rpcId && { rpcId }) });
  response.once('close', () => {
    if (!response.writableEnded && tunnel.abandon(command)) cancelAtServer(tunnel, command);
  });
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
 * and names the tunnel as the resource.
 */
export function handleDiscovery(call: McpCall, resource: string): void {
  const { request, response, tunnel, channel } = call;
  if (request.method !== 'GET') throw methodNotAllowed('GET');
  const started = performance.now();
  const report = (status: number): void =>
    call.report({ method: 'oauth_discovery', status, ms: performance.now() - started, notifications: 0 });
  const waiting: Waiting = {
    notify: () => undefined,
    finish: (answer) => {
      const status = callerStatus(answer.code);
      const metadata = answer.json ? (JSON.parse(answer.json.toString()) as object) : undefined;
      report(status);
      sendJson(
        response,
        status,
        JSON.stringify(metadata && status === 200 ? { ...metadata, resource } : (metadata ?? {})),
      );
    },
    fail: (error) => {
      report(error.status);
      sendError(response, error);
    },
  };
  const command = tunnel.enqueue({ type: 'oauth_discovery', channel, headers: '{}', waiting });
  response.once('close', () => tunnel.abandon(command));
}
