import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ApiError, methodNotAllowed } from './api-error.ts';
import { readBody, sendJson } from './http.ts';
import type { RelayTunnel, TunnelRecord } from './tunnel.ts';

const principals = z.array(z.string().min(1));
const createSchema = z.object({
  name: z.string().trim().min(1),
  description: z.string().default(''),
  tenant_ids: principals.default([]),
  workspace_ids: principals.default([]),
  organization_ids: principals.default([]),
});
/** A list that is left out stays as it is; an empty one empties it. */
const updateSchema = z.object({
  name: z.string().trim().min(1).optional(),
  description: z.string().optional(),
  tenant_ids: principals.optional(),
  workspace_ids: principals.optional(),
  organization_ids: principals.optional(),
});
export type NewTunnel = z.infer<typeof createSchema>;

/** What the management calls need of the relay. */
export interface Registry {
  list(): Iterable<RelayTunnel>;
  create(options: NewTunnel): RelayTunnel;
  remove(id: string): void;
}

const maxManagementBody = 65_536;

async function body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const text = (await readBody(request, maxManagementBody)).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ApiError(400, null, 'The body is not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  throw new ApiError(400, null, `${param || 'The body'}: ${issue?.message ?? 'not understood'}.`, { param });
}

const send = (response: ServerResponse, value: TunnelRecord | { tunnels: TunnelRecord[] }): void =>
  sendJson(response, 200, JSON.stringify(value));

/** `GET` and `POST /v1/tunnels`. The caller has already shown an admin key. */
export async function handleCollection(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  registry: Registry,
): Promise<void> {
  if (request.method === 'GET') {
    const wanted = (name: string, ids: readonly string[]): boolean => {
      const id = url.searchParams.get(name);
      return id === null || ids.includes(id);
    };
    const tunnels = [...registry.list()]
      .map(({ record }) => record)
      .filter(
        (record) =>
          wanted('organization_id', record.organization_ids) &&
          wanted('workspace_id', record.workspace_ids) &&
          wanted('tenant_id', record.tenant_ids),
      );
    send(response, { tunnels });
    return;
  }
  if (request.method !== 'POST') throw methodNotAllowed('GET, POST');
  send(response, registry.create(await body(request, createSchema)).record);
}

/** `POST` and `DELETE /v1/tunnels/{id}`. The caller has already shown an admin key. */
export async function handleChange(
  request: IncomingMessage,
  response: ServerResponse,
  tunnel: RelayTunnel,
  registry: Registry,
): Promise<void> {
  if (request.method === 'DELETE') {
    registry.remove(tunnel.record.id);
  } else if (request.method === 'POST') {
    const changes = await body(request, updateSchema);
    Object.assign(tunnel.record, changes);
  } else {
    throw methodNotAllowed('GET, POST, DELETE');
  }
  send(response, tunnel.record);
}
