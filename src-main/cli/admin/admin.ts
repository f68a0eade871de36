import { randomUUID } from 'node:crypto';
import { TunnelError } from '../../../shared/errors.ts';
import { describe } from '../../../shared/messages.ts';
import { tunnelIdPattern } from '../../../shared/names.ts';
import {
  createManagement,
  type ManagedTunnel,
  type Management,
  type TunnelFields,
} from '../../control-plane/management.ts';
import { createRoutes } from '../../network/profile-routes.ts';
import { controlPlaneAlone } from '../../profiles/control-plane-alone.ts';
import { isReference } from '../../settings/rules.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import { createSecrets } from '../../secrets/resolver.ts';
import { version } from '../../base/version.ts';
import { exitCodeOf } from '../exit.ts';
import { withoutLeading, withoutTrailing } from '../../../shared/trim.ts';

export type AdminAction = 'list' | 'get' | 'create' | 'update' | 'delete';

export interface AdminArguments {
  readonly adminKey?: string;
  readonly 'controlPlane.baseUrl'?: string;
  readonly 'controlPlane.urlPath'?: string;
  readonly httpProxy?: string;
  readonly caBundle?: string;
  readonly json?: boolean;
  readonly organizationId?: readonly string[];
  readonly workspaceId?: readonly string[];
  readonly tenantId?: string;
  readonly name?: string;
  readonly description?: string;
  readonly confirm?: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const wrong = (field: string, problem: string, hint: string): TunnelError =>
  new TunnelError('config_invalid', 'local', { field, file: 'the command line', problem, hint });

const set = (value: string | undefined): string | undefined => (value?.trim() === '' ? undefined : value?.trim());

/** The key's reference: an admin key, or for reading alone the runtime key, in the reference client's order. */
function keyRef(action: AdminAction, given: AdminArguments, env: Env): string {
  const fromEnv = (name: string): string | undefined => (set(env[name]) === undefined ? undefined : `env:${name}`);
  const admin = set(given.adminKey) ?? fromEnv('OPENAI_ADMIN_KEY');
  const ref = admin ?? (action === 'get' ? (fromEnv('CONTROL_PLANE_API_KEY') ?? fromEnv('OPENAI_API_KEY')) : undefined);
  if (ref === undefined) {
    const other = action === 'get' ? ' A runtime key in CONTROL_PLANE_API_KEY will do for get.' : '';
    throw wrong(
      'The admin key',
      'it is not given',
      `Set OPENAI_ADMIN_KEY, or --admin-key env:NAME or file:/path.${other}`,
    );
  }
  if (!isReference(ref))
    throw wrong(
      '--admin-key',
      'a key itself does not belong there: everybody on this machine can read it',
      'Give env:NAME or file:/path.',
    );
  return ref;
}

function controlPlane(given: AdminArguments, env: Env): { url: URL; baseUrl: string } {
  const baseUrl = set(given['controlPlane.baseUrl']) ?? set(env['CONTROL_PLANE_BASE_URL']) ?? 'https://api.openai.com';
  const path = set(given['controlPlane.urlPath']) ?? set(env['CONTROL_PLANE_URL_PATH']) ?? '';
  const text = `${withoutTrailing(baseUrl, '/')}/${withoutLeading(path, '/')}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw wrong('--control-plane.base-url', `${baseUrl} is no http(s) URL`, 'Write it as https://host.');
  return { url: new URL(text), baseUrl };
}

function checkId(id: string | undefined): string {
  if (id !== undefined && tunnelIdPattern.test(id)) return id;
  throw new TunnelError('tunnel_id_invalid', 'local', { problem: `${id ?? 'none'} is not one` });
}

function checkIds(flag: string, ids: readonly string[] | undefined): readonly string[] | undefined {
  const twice = ids?.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw wrong(flag, `${twice} is given twice`, 'Name it once.');
  return ids;
}

function fieldsOf(given: AdminArguments): Partial<TunnelFields> {
  const name = set(given.name);
  if (given.name !== undefined && name === undefined) throw wrong('--name', 'it is empty', 'Give the tunnel a name.');
  const organizations = checkIds('--organization-id', given.organizationId);
  const workspaces = checkIds('--workspace-id', given.workspaceId);
  return {
    ...(name !== undefined && { name }),
    ...(given.description !== undefined && { description: given.description }),
    ...(organizations && { organization_ids: organizations }),
    ...(workspaces && { workspace_ids: workspaces }),
  };
}

async function perform(
  action: AdminAction,
  id: string | undefined,
  given: AdminArguments,
  management: Management,
): Promise<readonly ManagedTunnel[]> {
  switch (action) {
    case 'list': {
      const scopes = [
        ...(given.organizationId ?? []).map((value) => ['organization_id', value] as const),
        ...(given.workspaceId ?? []).map((value) => ['workspace_id', value] as const),
        ...(given.tenantId === undefined ? [] : [['tenant_id', given.tenantId] as const]),
      ];
      if (scopes.length !== 1)
        throw wrong('list', 'it wants one scope', 'Give one of --organization-id, --workspace-id and --tenant-id.');
      return management.list(Object.fromEntries(scopes));
    }
    case 'get':
      return [await management.get(checkId(id))];
    case 'create': {
      const { name, description = '', organization_ids, workspace_ids } = fieldsOf(given);
      if (name === undefined) throw wrong('--name', 'it is missing', 'Give the tunnel a name.');
      if (!organization_ids && !workspace_ids)
        throw wrong('create', 'the tunnel has no owner', 'Give --organization-id or --workspace-id.');
      const owners = { ...(organization_ids && { organization_ids }), ...(workspace_ids && { workspace_ids }) };
      return [await management.create({ name, description, ...owners })];
    }
    case 'update': {
      const fields = fieldsOf(given);
      if (Object.keys(fields).length === 0)
        throw wrong(
          'update',
          'nothing is to change',
          'Give --name, --description, --organization-id or --workspace-id.',
        );
      return [await management.update(checkId(id), fields)];
    }
    case 'delete':
      if (given.confirm !== true) throw wrong('delete', 'a deleted tunnel is gone', 'Add --confirm to delete it.');
      return [await management.remove(checkId(id))];
  }
}

function asText(tunnel: ManagedTunnel): string {
  const lines: [string, string | undefined][] = [
    ['name', tunnel.name],
    ['description', tunnel.description],
    ['creator', tunnel.creator],
    ['organizations', tunnel.organization_ids?.join(', ')],
    ['workspaces', tunnel.workspace_ids?.join(', ')],
    ['tenants', tunnel.tenant_ids?.join(', ')],
  ];
  const shown = lines.filter(([, value]) => value !== undefined && value !== '');
  return [tunnel.id, ...shown.map(([label, value]) => `  ${label.padEnd(14)}${value}`)].join('\n');
}

function asJsonError(error: TunnelError): string {
  const { title, cause, next } = describe(error);
  const { status, detail } = error.params;
  const message = `${title}. ${cause} ${next}`;
  return JSON.stringify(
    {
      error: {
        code: error.code,
        message,
        service_code: status === undefined ? undefined : detail,
        status_code: status,
      },
    },
    null,
    2,
  );
}

/** One management call. Resolves with the exit code; rejects with `TunnelError`, unless that was printed as JSON. */
export async function runAdmin(action: AdminAction, id: string | undefined, given: AdminArguments): Promise<number> {
  const { env } = process;
  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  const secrets = createSecrets({ env, store: createKeychain });
  const closing: (() => Promise<void>)[] = [];
  try {
    const { url, baseUrl } = controlPlane(given, env);
    const ref = keyRef(action, given, env);
    const proxy = set(given.httpProxy) ?? set(env['TUNNEL_CLIENT_HTTP_PROXY']);
    const caBundle = set(given.caBundle) ?? set(env['CA_BUNDLE']);
    const profile = controlPlaneAlone(baseUrl, {
      ...(proxy !== undefined && { httpProxy: proxy }),
      ...(caBundle !== undefined && { caBundle }),
    });
    const routes = createRoutes(profile, { secrets });
    closing.push(() => routes.close());
    const client = { name: 'culvert', version, instanceId: randomUUID() };
    const management = createManagement({ url, routes, key: () => secrets.resolve(ref), client });
    const tunnels = await perform(action, id, given, management);
    if (given.json) print(JSON.stringify(action === 'list' ? { tunnels } : tunnels[0], null, 2));
    else {
      if (action === 'delete') print('Deleted:');
      print(tunnels.length === 0 ? 'No tunnels.' : tunnels.map(asText).join('\n\n'));
    }
    if (action === 'create' && !given.json)
      print(`\nGive it some 30 s before it is polled. Next: culvert init --tunnel-id ${tunnels[0]?.id ?? ''}`);
    return 0;
  } catch (error) {
    if (!given.json || !(error instanceof TunnelError)) throw error;
    print(asJsonError(error));
    return exitCodeOf(error);
  } finally {
    for (const close of closing) await close();
  }
}
