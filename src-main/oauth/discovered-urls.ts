import { createHash } from 'node:crypto';
import { withoutTrailing } from '../../shared/trim.ts';

/** What Culvert reads of the metadata; the bytes go on as they are. */
export interface ResourceDocument {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
}

/** An address that OAuth discovery came upon: Harpoon may offer it to the calling product as a target. */
export interface DiscoveredUrl {
  readonly url: URL;
  /** As the metadata spells it. */
  readonly written: string;
  readonly role:
    | 'prmd-resource'
    | 'prmd-auth-server'
    | 'prmd-source'
    | 'auth-server-metadata'
    | 'issuer'
    | 'token-endpoint'
    | 'jwks-uri'
    | 'introspection-endpoint'
    | 'registration-endpoint'
    | 'revocation-endpoint';
  /**
   * It may be offered although its host is private: it is on the server's own origin or a listed one
   * (`mcp.oauth_trusted_origins`), or on that of an authorization server that is. Metadata must not open any other way
   * into the private network.
   */
  readonly mayBePrivate: boolean;
  /** The same for all addresses of one authorization server. */
  readonly group?: string;
  /** Reached through the server's Unix socket. */
  readonly unixSocket?: string;
}

export interface AuthServerMetadata {
  readonly issuerUrl: URL;
  readonly metadataUrl: URL;
  readonly document: Readonly<Record<string, unknown>>;
}

interface ServerPlace {
  readonly serverUrl: URL;
  /** Whether it is the server's own origin or a listed one. */
  readonly isTrusted: (url: URL) => boolean;
  readonly unixSocket?: string;
}

const endpoints = [
  ['issuer', 'issuer'],
  ['token-endpoint', 'token_endpoint'],
  ['jwks-uri', 'jwks_uri'],
  ['introspection-endpoint', 'introspection_endpoint'],
  ['registration-endpoint', 'registration_endpoint'],
  ['revocation-endpoint', 'revocation_endpoint'],
] as const;

/** The addresses of a discovery, in the order in which they were found. Only the first authorization server counts. */
export function discoveredUrls(
  resource: ResourceDocument,
  source: URL,
  server: AuthServerMetadata | undefined,
  place: ServerPlace,
): readonly DiscoveredUrl[] {
  const { isTrusted, unixSocket } = place;
  const group = `auth-server:${createHash('sha256').update(source.href).digest('hex').slice(0, 12)}:0`;
  const throughSocket = (url: URL): { unixSocket?: string } =>
    unixSocket !== undefined && url.origin === place.serverUrl.origin ? { unixSocket } : {};
  const ofResource = (role: DiscoveredUrl['role'], text: unknown): DiscoveredUrl[] => {
    const url = webUrl(text);
    return url ? [{ url, written: String(text), role, mayBePrivate: isTrusted(url), ...throughSocket(url) }] : [];
  };
  const found = [
    ...ofResource('prmd-resource', resource.resource),
    ...ofResource('prmd-auth-server', resource.authorization_servers?.[0]).map((one) => ({ ...one, group })),
    ...ofResource('prmd-source', source.href),
  ];
  if (server === undefined) return found;
  const { issuerUrl, metadataUrl, document } = server;
  const ofServer = (role: DiscoveredUrl['role'], text: unknown): DiscoveredUrl[] => {
    const url = webUrl(text);
    if (!url) return [];
    const ofIssuer = url.origin === issuerUrl.origin;
    const socket = ofIssuer && (isBelow(url, issuerUrl) || url.href === metadataUrl.href) ? throughSocket(url) : {};
    return [{ url, written: String(text), role, mayBePrivate: ofIssuer && isTrusted(issuerUrl), group, ...socket }];
  };
  return [
    ...found,
    ...ofServer('auth-server-metadata', metadataUrl.href),
    ...endpoints.flatMap(([role, key]) => ofServer(role, document[key])),
  ];
}

/** On one origin: whether `url` has the path of `base` or one under it. */
function isBelow(url: URL, base: URL): boolean {
  const path = withoutTrailing(base.pathname, '/');
  return url.pathname === path || url.pathname.startsWith(`${path}/`);
}

/** Undefined for what is no http or https address. */
export function webUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}
