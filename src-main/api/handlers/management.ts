import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import type { ControlPlaneAt, ManagedTunnel, TunnelChange } from '../../../shared/managed-tunnel.ts';
import type { Profile } from '../../../shared/profile.ts';
import { controlPlaneUrl } from '../../network/control-plane-url.ts';
import { createManagement, type ManagedTunnel as WireTunnel, type Management } from '../../control-plane/management.ts';
import type { ClientIdentity } from '../../control-plane/request-headers.ts';
import type { Routes } from '../../network/routes.ts';
import { controlPlaneAlone } from '../../profiles/control-plane-alone.ts';
import type { AdminKeys } from '../../secrets/admin-keys.ts';
import type { NewTunnels } from '../../drafts/new-tunnels.ts';

type Calls = Extract<keyof Handlers, `management.${string}`>;

export interface ManagementServices {
  readonly adminKeys: AdminKeys;
  readonly newTunnels: NewTunnels;
  /** The control plane that a draft says. */
  readonly ofDraft: (id: string) => string;
  readonly load: (id: string) => Promise<Profile>;
  /** Routes of a profile that are closed after one call. */
  readonly routesOf: (profile: Profile) => Routes;
  readonly client: ClientIdentity;
}

const fromWire = (tunnel: WireTunnel): ManagedTunnel => ({
  id: tunnel.id,
  name: tunnel.name,
  description: tunnel.description,
  ...(tunnel.creator === undefined ? {} : { creator: tunnel.creator }),
  organizationIds: tunnel.organization_ids ?? [],
  workspaceIds: tunnel.workspace_ids ?? [],
  tenantIds: tunnel.tenant_ids ?? [],
});

const toWire = ({ organizationIds, workspaceIds, tenantIds, name, description }: TunnelChange) => ({
  ...(name === undefined ? {} : { name }),
  ...(description === undefined ? {} : { description }),
  ...(organizationIds && { organization_ids: organizationIds }),
  ...(workspaceIds && { workspace_ids: workspaceIds }),
  ...(tenantIds && { tenant_ids: tenantIds }),
});

/** Throws `config_invalid`. What is no address, such as a reference, has no origin that a key could belong to. */
function httpOrigin(baseUrl: string, file: string): string {
  if (URL.canParse(baseUrl) && /^https?:$/.test(new URL(baseUrl).protocol)) return new URL(baseUrl).origin;
  throw new TunnelError('config_invalid', 'local', {
    field: 'The control plane',
    file,
    problem: 'it is no http(s) URL',
    hint: 'Write it as https://host.',
  });
}

/** Tunnels at a control plane. The key is resolved for each call, and no result has it. */
export function managementHandlers(services: ManagementServices): Pick<Handlers, Calls> {
  const { adminKeys, newTunnels, ofDraft, load, routesOf, client } = services;

  /** Rejects with `config_invalid` for an address that is none, and as reading a profile does. */
  const profileAt = async (at: ControlPlaneAt): Promise<{ profile: Profile; origin: string }> => {
    if ('profile' in at) {
      const profile = await load(at.profile);
      return { profile, origin: httpOrigin(profile.controlPlane.baseUrl, profile.name) };
    }
    const baseUrl = ('draft' in at ? ofDraft(at.draft) : at.baseUrl).trim();
    const origin = httpOrigin(baseUrl, 'what was typed');
    return { profile: controlPlaneAlone(baseUrl), origin };
  };
  const originOf = async (at: ControlPlaneAt): Promise<string> => (await profileAt(at)).origin;

  const using = async <T>(at: ControlPlaneAt, work: (management: Management) => Promise<T>): Promise<T> => {
    const { profile, origin } = await profileAt(at);
    // without a key nothing is connected to
    await adminKeys.resolve(origin);
    const routes = routesOf(profile);
    try {
      const url = controlPlaneUrl(profile.controlPlane);
      return await work(createManagement({ url, routes, key: () => adminKeys.resolve(origin), client }));
    } finally {
      await routes.close();
    }
  };

  return {
    'management.keyState': async ({ at }) => adminKeys.state(await originOf(at)),
    'management.setKey': async ({ at, key }) => adminKeys.set(await originOf(at), key),
    'management.forgetKey': async ({ at }) => adminKeys.forget(await originOf(at)),
    'management.list': ({ at, scope }) =>
      using(at, async (management) => (await management.list({ [`${scope.kind}_id`]: scope.id })).map(fromWire)),
    'management.get': ({ at, id }) => using(at, async (management) => fromWire(await management.get(id))),
    'management.create': ({ at, tunnel }) =>
      using(at, async (management) => {
        const { name, description } = tunnel;
        const created = fromWire(await management.create({ ...toWire(tunnel), name, description }));
        newTunnels.created(created.id);
        return created;
      }),
    'management.update': ({ at, id, change }) =>
      using(at, async (management) => fromWire(await management.update(id, toWire(change)))),
    'management.delete': ({ at, id }) => using(at, async (management) => fromWire(await management.remove(id))),
  };
}
