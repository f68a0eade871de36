import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ApiError } from './api-error.ts';
import type { Answer } from './answer.ts';
import { relayKeyHeader } from './keys.ts';

/** Whoever waits for a command's answer. After `finish` or `fail` nothing more comes. */
export interface Waiting {
  notify(answer: Answer): void;
  finish(answer: Answer): void;
  fail(error: ApiError): void;
  /** The caller no longer wants the answer. */
  cancelled(): void;
}

export interface CommandOptions {
  readonly type: 'jsonrpc' | 'session_termination' | 'oauth_discovery';
  readonly channel: string;
  /** JSON object, from `forwardedHeaders`. */
  readonly headers: string;
  /** The JSON-RPC message, exactly as the caller sent it. */
  readonly payload?: Buffer;
  /** The JSON-RPC id as its bytes spell it, of a request. */
  readonly rpcId?: string;
  /** The caller's `Mcp-Session-Id`. */
  readonly session?: string | undefined;
  /** JSON object, from the caller's headers. */
  readonly traceContext?: string;
  /** Less than the tunnel's own limit, in milliseconds. */
  readonly timeoutMs?: number;
  readonly waiting: Waiting;
}

/** One call on its way through a tunnel. `deadline` is on the monotonic clock, in milliseconds. */
export interface Command extends CommandOptions {
  readonly requestId: string;
  readonly shardToken: string;
  readonly createdAt: string;
  readonly deadline: number;
  timer?: NodeJS.Timeout;
}

export const newCommand = (options: CommandOptions, timeoutMs: number): Command => ({
  ...options,
  requestId: `req_${randomUUID().replaceAll('-', '')}`,
  shardToken: randomUUID(),
  createdAt: new Date().toISOString(),
  deadline: performance.now() + timeoutMs,
});

/** `{"commands":[…]}` with every payload spliced in unchanged; `response_timeout` is what is left of each deadline. */
export function encodeCommands(commands: readonly Command[]): Buffer {
  const now = performance.now();
  const parts: Buffer[] = [];
  let text = '{"commands":[';
  for (const [index, command] of commands.entries()) {
    const left = Math.max(0, Math.floor(command.deadline - now));
    text +=
      `${index === 0 ? '' : ','}{"request_id":"${command.requestId}","shard_token":"${command.shardToken}",` +
      `"command_type":"${command.type}","channel":"${command.channel}","created_at":"${command.createdAt}",` +
      `"response_timeout":"${left}ms","headers":${command.headers}` +
      (command.traceContext === undefined ? '' : `,"trace_context":${command.traceContext}`);
    if (command.payload) {
      parts.push(Buffer.from(`${text},"jsonrpc":`), command.payload);
      text = '';
    }
    text += '}';
  }
  parts.push(Buffer.from(`${text}]}`));
  return Buffer.concat(parts);
}

/** Headers that belong to the hop to the relay and say nothing to the MCP server. */
const hop = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  relayKeyHeader,
]);

const canonical = (name: string): string =>
  name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

/**
 * The caller's headers as a command carries them: names in canonical case (as the service sends them), repeated values
 * repeated. The relay's own key stays behind; `Authorization` goes along when it was not the relay's key.
 */
export function forwardedHeaders(request: IncomingMessage): string {
  const named = new Set((request.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const keyInAuthorization = request.headers[relayKeyHeader] === undefined;
  const headers = Object.create(null) as Record<string, string[]>;
  const raw = request.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (hop.has(name) || named.has(name) || name.startsWith('x-tunnel-')) continue;
    if (name === 'authorization' && keyInAuthorization) continue;
    (headers[canonical(name)] ??= []).push(raw[index + 1] ?? '');
  }
  return JSON.stringify(headers);
}
