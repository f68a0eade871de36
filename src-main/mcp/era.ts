import type { ChannelRequest } from '../call/channel.ts';
import { headerValue } from './http-headers.ts';

/** `legacy`: MCP up to 2025-11-25, which opens with `initialize`; `modern`: from 2026-07-28 on, where each message says its version. */
export type Era = 'legacy' | 'modern';

/** The specification's own operations; what a server has beside them is passed on, whatever it wants before it. */
const operations = /^(?:tools|resources|prompts|completion|logging|tasks)\//;

export const isOperation = (method: string): boolean => operations.test(method);

const versionKey = Buffer.from('"io.modelcontextprotocol/protocolVersion"');

/** Which era a caller's message belongs to, by its protocol version header, its method or its `_meta`. */
export function eraOf({ message, headers, bytes }: Pick<ChannelRequest, 'message' | 'headers' | 'bytes'>): Era {
  if (message.method === 'initialize' || message.method === 'notifications/initialized') return 'legacy';
  if (message.method === 'server/discover') return 'modern';
  const version = headerValue(headers, 'mcp-protocol-version');
  if (version !== undefined) return version >= '2026' ? 'modern' : 'legacy';
  return bytes.includes(versionKey) ? 'modern' : 'legacy';
}
