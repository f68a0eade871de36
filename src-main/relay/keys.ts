import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';

export type Permission = 'read' | 'use' | 'manage';

export interface KeyOptions {
  /** Made up when absent. */
  readonly secret?: string;
  /** Runtime keys poll, answer and call; admin keys manage tunnels and do nothing else. */
  readonly kind?: 'runtime' | 'admin';
  /** Default: read and use for a runtime key, read and manage for an admin key. */
  readonly permissions?: readonly Permission[];
  /** The only tunnel that the key is good for; every tunnel of the relay when absent. */
  readonly tunnelId?: string;
}

interface ApiKey {
  readonly kind: 'runtime' | 'admin';
  readonly permissions: ReadonlySet<Permission>;
  readonly tunnelId: string | undefined;
}

/** The header that carries the relay's key when `Authorization` is meant for the MCP server behind the tunnel. */
export const relayKeyHeader = 'x-culvert-relay-key';

const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64');

/** What may be done with which key. Keys are found by their digest, so no comparison leaks how much of one was right. */
export class KeyRing {
  readonly #keys = new Map<string, ApiKey>();

  /** Adds a key and returns its secret. */
  add(options: KeyOptions): string {
    const kind = options.kind ?? 'runtime';
    const prefix = kind === 'admin' ? 'sk-admin-relay-' : 'sk-relay-';
    const secret = options.secret ?? prefix + randomBytes(24).toString('hex');
    const permissions = options.permissions ?? (kind === 'admin' ? ['read', 'manage'] : ['read', 'use']);
    this.#keys.set(digest(secret), { kind, permissions: new Set(permissions), tunnelId: options.tunnelId });
    return secret;
  }

  /** Forgets a key: what is sent with it from now on gets 401. */
  remove(secret: string): void {
    this.#keys.delete(digest(secret));
  }

  /** The key of a request; throws 401 when there is none or nobody knows it. */
  of(request: IncomingMessage): ApiKey {
    const own = request.headers[relayKeyHeader];
    const secret = typeof own === 'string' ? own : /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    const key = secret === undefined ? undefined : this.#keys.get(digest(secret));
    if (key) return key;
    throw new ApiError(
      401,
      'invalid_api_key',
      secret === undefined ? 'Send the API key as "Authorization: Bearer <key>".' : 'This API key is not known here.',
      { headers: { 'WWW-Authenticate': 'Bearer' } },
    );
  }
}

/** Throws unless the key may poll, answer or call this tunnel. The contract has 401 for that on poll and response, 403 elsewhere. */
export function requireUse(key: ApiKey, tunnelId: string, status: 401 | 403): void {
  if (key.kind === 'admin')
    throw new ApiError(status, 'tunnel_missing_principals', 'An admin key cannot use a tunnel: send a runtime key.');
  if (!key.permissions.has('use') || (key.tunnelId ?? tunnelId) !== tunnelId)
    throw new ApiError(status, 'tunnel_use_forbidden', 'This key may not use this tunnel.');
}

/** Throws unless the key may see this tunnel's metadata. */
export function requireRead(key: ApiKey, tunnelId: string): void {
  if (!key.permissions.has('read') || (key.tunnelId ?? tunnelId) !== tunnelId)
    throw new ApiError(403, 'tunnel_use_forbidden', 'This key may not read this tunnel.');
}

/** Throws unless the key may create, list, change and delete tunnels. */
export function requireManage(key: ApiKey): void {
  if (!key.permissions.has('manage'))
    throw new ApiError(403, 'tunnel_management_permission_required', 'Managing tunnels takes an admin key.');
}
