import { redactor } from '../../detect/redact.ts';
import { readMessage } from '../../json/message.ts';
import type { Multiplexed } from './multiplexer.ts';

/** Keeps the last handshake of a channel over restarts of Culvert. Neither method throws; `load` never rejects. */
export interface HandshakeMemory {
  load(): Promise<string | undefined>;
  save(text: string): void;
}

/** In bytes; longer ones are not kept. */
const largest = 16 * 1024;
const longestText = 200;

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= longestText ? value : undefined;

/** What of an `initialize` is needed to open the same session again. */
function paramsOf(params: Record<string, unknown>): Record<string, unknown> | undefined {
  const protocolVersion = textOf(params.protocolVersion);
  const info = recordOf(params.clientInfo);
  const name = textOf(info.name);
  if (protocolVersion === undefined || name === undefined) return undefined;
  // `experimental` may hold anything, `_meta` too: neither is anybody's business after the session
  const capabilities = Object.entries(recordOf(params.capabilities)).filter(([key]) => key !== 'experimental');
  return {
    protocolVersion,
    capabilities: Object.fromEntries(capabilities),
    clientInfo: { name, version: textOf(info.version) ?? '' },
  };
}

/**
 * What is kept of an `initialize`, as JSON: version, capabilities and the client's name. Undefined where it is no such
 * message, is too large, or holds what looks like a secret.
 */
export function toSaved({ bytes }: Pick<Multiplexed, 'bytes'>): string | undefined {
  if (bytes.length > largest) return undefined;
  try {
    const params = paramsOf(recordOf(recordOf(JSON.parse(bytes.toString('utf8'))).params));
    const text = params && JSON.stringify(params);
    return text !== undefined && redactor()(text) === text ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The `initialize` that a kept text stands for; undefined for anything else. */
export function fromSaved(text: string): Multiplexed | undefined {
  if (text.length > largest) return undefined;
  try {
    const params = paramsOf(recordOf(JSON.parse(text)));
    if (params === undefined) return undefined;
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }));
    return { bytes, message: readMessage(bytes) };
  } catch {
    return undefined;
  }
}
