import type { ProfileSummary, TunnelView } from '../../shared/app.ts';
import type { ErrorCode, TunnelErrorData } from '../../shared/errors.ts';
import type { ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { t } from '../strings.ts';

const words = t.tunnels;

export const nameOf = ({ name }: Pick<ManagedTunnel, 'name'>): string => (name.trim() === '' ? words.unnamed : name);

/** Whose it is, in one line. */
export function ownersOf({ organizationIds, workspaceIds, tenantIds }: ManagedTunnel): string {
  const { organizations, workspaces, tenants, none } = words.owners;
  const parts = [
    organizationIds.length > 0 ? organizations(organizationIds.join(', ')) : undefined,
    workspaceIds.length > 0 ? workspaces(workspaceIds.join(', ')) : undefined,
    tenantIds.length > 0 ? tenants(tenantIds.join(', ')) : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? none : parts.join(' · ');
}

/** Every word of `query` is somewhere in its name, id, description or owners. */
export function matches(tunnel: ManagedTunnel, query: string): boolean {
  const { name, id, description, organizationIds, workspaceIds, tenantIds } = tunnel;
  const text = [name, id, description, ...organizationIds, ...workspaceIds, ...tenantIds].join('\n').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** By name, as people look for them. */
export const sorted = (tunnels: readonly ManagedTunnel[]): ManagedTunnel[] =>
  tunnels.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.id.localeCompare(b.id));

/** What was typed as a list of ids. */
export const idsIn = (text: string): string[] => text.split(/[\s,;]+/).filter((id) => id !== '');

export const twiceIn = (ids: readonly string[]): string | undefined =>
  ids.find((id, index) => ids.indexOf(id) !== index);

export const originOf = (url: string): string | undefined =>
  URL.canParse(url.trim()) ? new URL(url.trim()).origin : undefined;

/** What people call an address; what is none is told as it is. */
export const hostOf = (url: string): string => (originOf(url) === undefined ? url : new URL(url.trim()).host);

export interface LocalUse {
  readonly profile: ProfileSummary;
  readonly view: TunnelView | undefined;
  readonly isRunning: boolean;
}

/** The profiles of this machine that are set up with a tunnel of this control plane. */
export function usesOf(
  tunnelId: string,
  origin: string | undefined,
  profiles: readonly ProfileSummary[],
  tunnels: readonly TunnelView[],
): LocalUse[] {
  return profiles
    .filter((profile) => profile.tunnelId === tunnelId && originOf(profile.controlPlane) === origin)
    .map((profile) => {
      const view = tunnels.find(({ id }) => id === profile.id);
      return { profile, view, isRunning: view !== undefined && view.snapshot.state.kind !== 'stopped' };
    });
}

const keyProblems: ReadonlySet<ErrorCode> = new Set([
  'admin_key_missing',
  'admin_key_refused',
  'management_forbidden',
  'key_is_runtime',
  'header_invalid',
]);

/** Another key is the way out: then the page asks for one. */
export const isAboutKey = (error: TunnelErrorData | undefined): boolean =>
  error !== undefined && keyProblems.has(error.code);

/** Refusals that a new role ends. A key that nobody knows stays unknown. */
export const mayBeNewRole = ({ code, params }: TunnelErrorData): boolean =>
  (code === 'unauthorized' || code === 'forbidden') && params['detail'] !== 'invalid_api_key';
