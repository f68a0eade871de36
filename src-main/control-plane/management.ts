import { z } from 'zod';
import { TunnelError, type ErrorCode } from '../../shared/errors.ts';
import { requestSmall } from '../network/request.ts';
import type { Lease, Routes } from '../network/routes.ts';
import { withoutTrailing } from '../../shared/trim.ts';

/** A tunnel as the management API tells of it, in the wire's own names: `--json` prints it as it is. */
const tunnelSchema = z.object({
  id: z.string(),
  name: z.string().default(''),
  description: z.string().default(''),
  creator: z.string().optional(),
  tenant_ids: z.array(z.string()).optional(),
  workspace_ids: z.array(z.string()).optional(),
  organization_ids: z.array(z.string()).optional(),
});
export type ManagedTunnel = z.infer<typeof tunnelSchema>;

const listSchema = z.object({ tunnels: z.array(tunnelSchema).default([]) });
const errorSchema = z.object({ error: z.object({ code: z.string().nullish(), message: z.string().nullish() }) });

export interface TunnelScope {
  readonly organization_id?: string;
  readonly workspace_id?: string;
  readonly tenant_id?: string;
}

export interface TunnelFields {
  readonly name: string;
  readonly description: string;
  readonly tenant_ids?: readonly string[];
  readonly workspace_ids?: readonly string[];
  readonly organization_ids?: readonly string[];
}

export interface ManagementOptions {
  /** Root of the control plane's API, to which `/v1` is appended. */
  readonly url: URL;
  readonly routes: Pick<Routes, 'dispatcherFor'>;
  /** Asked for each request, so that the key is held no longer than one. */
  readonly key: () => Promise<string>;
  readonly client: { readonly name: string; readonly version: string; readonly instanceId: string };
  readonly timeoutMs?: number;
}

/** Tunnel management (`/v1/tunnels`), with an admin key; `get` is content with a runtime key. Every call rejects with `TunnelError`. */
export interface Management {
  list(scope: TunnelScope): Promise<ManagedTunnel[]>;
  get(id: string): Promise<ManagedTunnel>;
  /** The new tunnel takes some 30 s to be usable. */
  create(fields: TunnelFields): Promise<ManagedTunnel>;
  /** What is left out stays; a list that is given replaces the one there was. */
  update(id: string, fields: Partial<TunnelFields>): Promise<ManagedTunnel>;
  remove(id: string): Promise<ManagedTunnel>;
}

/** What a refused request is called. A message of the service's is kept short, and only where it says what to correct. */
function refusal(status: number, body: string, tunnelId: string | undefined): TunnelError {
  const { code, message } = parse(errorSchema, body)?.error ?? {};
  const named: Partial<Record<number, ErrorCode>> = {
    401: 'admin_key_refused',
    403: 'management_forbidden',
    404: tunnelId === undefined ? 'unexpected_status' : 'tunnel_not_found',
    429: 'rate_limited',
  };
  const other = status >= 500 ? 'control_plane_error' : status >= 400 ? 'management_refused' : 'unexpected_status';
  return new TunnelError(named[status] ?? other, 'control-plane', {
    status,
    ...(code && { detail: code }),
    ...(tunnelId !== undefined && { tunnelId }),
    ...(message && status >= 400 && status < 500 && { problem: message.replace(/\.$/, '').slice(0, 300) }),
  });
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Thousands of tunnels. */
const maxBytes = 16 * 1024 * 1024;

interface Call<T> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly answer: z.ZodType<T>;
  readonly body?: object;
  readonly tunnelId?: string;
}

export function createManagement(options: ManagementOptions): Management {
  const { url, routes, key, client, timeoutMs = 30_000 } = options;
  const root = `${withoutTrailing(url.pathname, '/')}/v1/tunnels`;

  const send = async <T>(lease: Lease, call: Call<T>): Promise<T> => {
    const { method, path, body, answer, tunnelId } = call;
    const secret = await key();
    if (/[^\x21-\x7e]/.test(secret))
      throw new TunnelError('header_invalid', 'control-plane', { name: 'Authorization' });
    const response = await requestSmall(lease, {
      url: new URL(`${root}${path}`, url),
      method,
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${secret}`,
        'X-Tunnel-Client-Name': client.name,
        'X-Tunnel-Client-Version': client.version,
        'X-Tunnel-Client-Instance-Id': client.instanceId,
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      leg: 'control-plane',
      timeoutMs,
      maxBytes,
    });
    if (response.status < 200 || response.status > 299) throw refusal(response.status, response.text, tunnelId);
    const parsed = parse(answer, response.text);
    if (parsed !== undefined) return parsed;
    throw new TunnelError('unexpected_status', 'control-plane', { status: response.status, request: method });
  };
  const run = async <T>(call: Call<T>): Promise<T> => {
    const lease = await routes.dispatcherFor('control-plane', { url, pool: 'management' });
    try {
      return await send(lease, call);
    } finally {
      lease.release();
    }
  };
  const one = (method: Call<ManagedTunnel>['method'], id: string, body?: object): Promise<ManagedTunnel> =>
    run({ method, path: `/${encodeURIComponent(id)}`, answer: tunnelSchema, tunnelId: id, ...(body && { body }) });

  return {
    list: async (scope) => {
      const query = new URLSearchParams(Object.entries(scope)).toString();
      return (await run({ method: 'GET', path: query && `?${query}`, answer: listSchema })).tunnels;
    },
    get: (id) => one('GET', id),
    create: (fields) => run({ method: 'POST', path: '', body: fields, answer: tunnelSchema }),
    update: (id, fields) => one('POST', id, fields),
    remove: (id) => one('DELETE', id),
  };
}
