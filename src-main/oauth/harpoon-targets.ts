import type { DiscoveredUrl } from './discovered-urls.ts';

/** An address of a server's sign-in that callers reach through Harpoon, as they cannot reach it themselves. */
export interface OAuthTarget {
  readonly label: string;
  readonly url: URL;
  /** As the metadata spells it. */
  readonly written: string;
  readonly description: string;
  readonly category: 'oauth';
  readonly source: 'oauth';
  /** Lower case and sorted. */
  readonly tags: readonly string[];
  /** Why it is offered: the rule that makes its host private, or that it is on the protected server's own. */
  readonly reason: string;
  readonly unixSocket?: string;
}

interface Role {
  readonly description: string;
  readonly tags: readonly string[];
}

const ofResource = 'protected-resource-metadata';
const ofServer = 'auth-server-metadata';

const roles: Readonly<Record<DiscoveredUrl['role'], Role>> = {
  'prmd-resource': { description: 'PRMD resource', tags: [ofResource, 'resource'] },
  'prmd-auth-server': { description: 'PRMD authorization server', tags: ['authorization-server', ofResource] },
  'prmd-source': { description: 'PRMD source URL', tags: [ofResource, 'source-url'] },
  'auth-server-metadata': { description: 'Auth server metadata URL', tags: [ofServer] },
  issuer: { description: 'Auth server issuer', tags: [ofServer, 'issuer'] },
  'token-endpoint': { description: 'Auth server token endpoint', tags: [ofServer, 'token-endpoint'] },
  'jwks-uri': { description: 'Auth server JWKS URI', tags: [ofServer, 'jwks-uri'] },
  'introspection-endpoint': {
    description: 'Auth server introspection endpoint',
    tags: [ofServer, 'introspection-endpoint'],
  },
  'registration-endpoint': {
    description: 'Auth server registration endpoint',
    tags: [ofServer, 'registration-endpoint'],
  },
  'revocation-endpoint': { description: 'Auth server revocation endpoint', tags: [ofServer, 'revocation-endpoint'] },
};

const onProtectedHost = 'oauth-protected-resource-host';
const mostSuffixes = 10_000;

/**
 * Which of the addresses that discovery found become targets, in their order. Metadata is written by the server: an address
 * that it merely names is offered only on the server's own origin, whatever the host rules of the profile say.
 *
 * @param reasonOf - why a host counts as private by the profile's rules; undefined for a public one
 * @param isTaken - labels of other targets, which keep them
 */
export function oauthTargets(
  found: readonly DiscoveredUrl[],
  reasonOf: (url: URL) => string | undefined,
  isTaken: (label: string) => boolean,
): readonly OAuthTarget[] {
  const anchors = found.filter(
    ({ role, mayBePrivate }) => mayBePrivate && (role === 'prmd-resource' || role === 'prmd-source'),
  );
  const origins = new Set(anchors.map(({ url }) => url.origin));
  const hosts = new Set(anchors.map(({ url }) => url.hostname));
  const own = new Set<string>();
  return found.flatMap(({ role, url, written, mayBePrivate, group, unixSocket }) => {
    const isOwn = mayBePrivate ? hosts.has(url.hostname) : origins.has(url.origin);
    const reason = (mayBePrivate ? reasonOf(url) : undefined) ?? (isOwn ? onProtectedHost : undefined);
    const label = reason && freeLabel(`oauth-${role}-0`, (one) => own.has(one) || isTaken(one));
    if (reason === undefined || label === undefined) return [];
    own.add(label);
    const { description, tags } = roles[role];
    return [
      {
        label,
        url,
        written,
        description,
        category: 'oauth',
        source: 'oauth',
        tags: [...tags, ...(group === undefined ? [] : [`group=${group}`])].toSorted(),
        reason,
        ...(unixSocket !== undefined && { unixSocket }),
      },
    ];
  });
}

function freeLabel(wanted: string, isTaken: (label: string) => boolean): string | undefined {
  if (!isTaken(wanted)) return wanted;
  for (let suffix = 1; suffix < mostSuffixes; suffix += 1) {
    const label = `${wanted}-${suffix}`;
    if (!isTaken(label)) return label;
  }
  return undefined;
}
