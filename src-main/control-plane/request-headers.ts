import type { Profile } from '../../shared/profile.ts';

export const wireProtocolVersion = '2026-08-25';

/** Who this client is: the same for every request of a process. */
export interface ClientIdentity {
  readonly name: string;
  readonly version: string;
  /** Opaque, new for each process. */
  readonly instanceId: string;
}

/** What configuration may not set: the protocol's own headers and those that frame a request. */
const reserved = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'openai-organization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-client-request-id',
]);

/** Whether a configured extra header may be sent: it must not take the place of one of the protocol's. */
export function mayBeExtra(name: string): boolean {
  const lower = name.toLowerCase();
  return !reserved.has(lower) && !lower.startsWith('x-tunnel-') && !lower.startsWith('proxy-');
}

/** The headers of every control-plane request, as undici's flat list (docs/wire.md). */
export function requestHeaders(
  identity: ClientIdentity,
  config: Pick<Profile['controlPlane'], 'organizationId'>,
  apiKey: string,
  serverInfo: string | undefined,
  extra: readonly (readonly [string, string])[],
): string[] {
  const headers = [
    'Accept',
    'application/json',
    'Authorization',
    `Bearer ${apiKey}`,
    'X-Tunnel-Client-Name',
    identity.name,
    'X-Tunnel-Client-Version',
    identity.version,
    'X-Tunnel-Client-Instance-Id',
    identity.instanceId,
    'X-Tunnel-Client-Wire-Protocol-Version',
    wireProtocolVersion,
  ];
  if (serverInfo !== undefined) headers.push('X-Tunnel-MCP-Server-Info', serverInfo);
  if (config.organizationId) headers.push('OpenAI-Organization', config.organizationId);
  for (const [name, value] of extra) if (mayBeExtra(name)) headers.push(name, value);
  return headers;
}
