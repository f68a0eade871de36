import { TunnelError } from '../../../shared/errors.ts';
import type { ManagedTunnel, NewTunnel, TunnelChange, TunnelScope } from '../../../shared/managed-tunnel.ts';
import { longCommand, longName } from './tunnels.ts';

const defined = (value: TunnelChange): Partial<ManagedTunnel> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));

/** Tunnels at a control plane that is not there. */
export class TestTunnels {
  readonly #all = new Map<string, ManagedTunnel>();
  #next = 1;

  constructor(tunnels: readonly ManagedTunnel[]) {
    for (const tunnel of tunnels) this.#all.set(tunnel.id, tunnel);
  }

  of({ kind, id }: TunnelScope): ManagedTunnel[] {
    return [...this.#all.values()].filter((tunnel) => tunnel[`${kind}Ids`].includes(id));
  }

  get(id: string): ManagedTunnel {
    const found = this.#all.get(id);
    if (!found) throw new TunnelError('tunnel_not_found', 'control-plane', { tunnelId: id, status: 404 });
    return found;
  }

  create(fields: NewTunnel): ManagedTunnel {
    const id = `tunnel_${String(this.#next++).padStart(32, 'c0ffee')}`;
    const tunnel = { id, creator: 'you@example.com', ...fields };
    this.#all.set(id, tunnel);
    return tunnel;
  }

  change(id: string, change: TunnelChange): ManagedTunnel {
    const changed = { ...this.get(id), ...defined(change) };
    this.#all.set(id, changed);
    return changed;
  }

  remove(id: string): ManagedTunnel {
    const gone = this.get(id);
    this.#all.delete(id);
    return gone;
  }
}

const lyon = 'org_8fK2mQ4xLyon';

/** Three that profiles of the world know, or do not. */
export const fewTunnels: readonly ManagedTunnel[] = [
  {
    id: 'tunnel_7f3cpcrm0000000000000000000091be',
    name: 'CRM of the Lyon office',
    description: 'Read-only search in contracts and customers',
    creator: 'nadia@example.com',
    organizationIds: [lyon],
    workspaceIds: ['ws_sales', 'ws_support'],
    tenantIds: [],
  },
  {
    id: 'tunnel_2b8e4d1f9a6c40738e5d2c1b0a9f8e7d',
    name: 'Data warehouse',
    description: '',
    creator: 'li@example.com',
    organizationIds: [lyon],
    workspaceIds: [],
    tenantIds: [],
  },
  {
    id: 'tunnel_7f3cpdocs000000000000000000091be',
    name: 'Docs search',
    description: 'Handbook and runbooks',
    organizationIds: [lyon, 'org_1PqZvBerlin'],
    workspaceIds: ['ws_engineering'],
    tenantIds: ['tenant_4421'],
  },
];

const teams = ['Billing', 'Claims', 'Docs', 'Fleet', 'Identity', 'Inventory', 'Payroll', 'Search', 'Support', 'Vault'];

export const manyTunnels: readonly ManagedTunnel[] = Array.from({ length: 200 }, (_, n) => ({
  id: `tunnel_${n.toString(16).padStart(4, '0')}${'5e2b9c7d'.repeat(3)}a1f0`,
  name: `${teams[n % teams.length] ?? ''} ${['production', 'staging', 'test', 'laptop'][Math.floor(n / 10) % 4] ?? ''} ${Math.floor(n / 40) + 1}`,
  description: n % 3 === 0 ? 'Created by the deployment pipeline' : '',
  creator: 'deploy@example.com',
  organizationIds: [lyon],
  workspaceIds: n % 2 === 0 ? [`ws_${(teams[n % teams.length] ?? '').toLowerCase()}`] : [],
  tenantIds: [],
}));

export const longTunnels: readonly ManagedTunnel[] = [
  {
    id: 'tunnel_7f3cplong000000000000000000091be',
    name: longName,
    description: `${longName}: ${longCommand}`,
    creator: 'donaudampfschifffahrtsgesellschaftskapitän@bezirksstelle-koeln.example.com',
    organizationIds: [lyon],
    workspaceIds: Array.from({ length: 12 }, (_, index) => `ws_kundenbeziehungsverwaltung_${index}`),
    tenantIds: [],
  },
];
