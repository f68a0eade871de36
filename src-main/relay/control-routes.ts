import type { IncomingMessage, ServerResponse } from 'node:http';
import { channelNamePattern } from '../../shared/names.ts';
import { readAnswer, UnusableAnswer, type Answer } from './answer.ts';
import { ApiError } from './api-error.ts';
import { encodeCommands } from './command.ts';
import { readBody, sendJson } from './http.ts';
import type { RelayTunnel } from './tunnel.ts';

const ok = Buffer.from('{"status":"ok"}');
const maxLimit = 25;

function positive(url: URL, name: string, max: number): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max)
    throw new ApiError(400, null, `${name} must be an integer from 1 to ${max}.`, { param: name });
  return value;
}

/** Throws unless a client of an organization's tunnel named the organization. */
export function requireOrganization(request: IncomingMessage, tunnel: RelayTunnel, status: 401 | 403): void {
  if (tunnel.organization === undefined) return;
  const named = request.headers['openai-organization'];
  if (named === undefined)
    throw new ApiError(status, 'tunnel_active_organization_required', 'Send OpenAI-Organization for this tunnel.');
  if (named !== tunnel.organization)
    throw new ApiError(status, 'tunnel_use_forbidden', 'This organization may not use this tunnel.');
}

/** `GET …/poll`: holds the request until there are commands, or answers 204 when the wait is over. */
export function handlePoll(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  tunnel: RelayTunnel,
  maxWaitMs: number,
): void {
  requireOrganization(request, tunnel, 401);
  const limit = positive(url, 'limit', maxLimit) ?? maxLimit;
  const wait = positive(url, 'timeout_ms', 999_999_999) ?? maxWaitMs;
  const names = url.searchParams.getAll('channel').map((name) => name.trim().toLowerCase());
  if (!names.every((name) => channelNamePattern.test(name)))
    throw new ApiError(400, 'invalid_channel_format', 'Channels are made of a-z, 0-9, - and _.', { param: 'channel' });
  const channels = names.length > 0 ? new Set(names) : undefined;

  const callOff = tunnel.poll(limit, channels, Math.min(wait, maxWaitMs), (commands) => {
    if (commands.length > 0) sendJson(response, 200, encodeCommands(commands));
    else if (!response.destroyed) response.writeHead(204).end();
  });
  response.once('close', callOff);
}

function read(body: Buffer, tunnel: RelayTunnel, token: string): Answer {
  try {
    return readAnswer(body);
  } catch (error) {
    if (error instanceof UnusableAnswer) tunnel.spoil(error.requestId, token);
    throw error;
  }
}

/** `POST …/response`: takes one notification or the one terminal answer of a command. */
export async function handleResponse(
  request: IncomingMessage,
  response: ServerResponse,
  tunnel: RelayTunnel,
  maxBodyBytes: number,
  holdsElsewhere: (requestId: string) => boolean,
): Promise<void> {
  requireOrganization(request, tunnel, 401);
  const token = request.headers['x-tunnel-shard-token'];
  if (typeof token !== 'string')
    throw new ApiError(400, null, 'Send the shard token that came with the command.', {
      param: 'X-Tunnel-Shard-Token',
    });
  const answer = read(await readBody(request, maxBodyBytes), tunnel, token);
  if (!tunnel.holds(answer.requestId) && holdsElsewhere(answer.requestId))
    throw new ApiError(401, 'tunnel_request_mismatch', 'This request belongs to another tunnel.');
  tunnel.answer(answer, token);
  sendJson(response, 200, ok);
}
