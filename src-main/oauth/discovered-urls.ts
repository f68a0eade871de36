/** What Culvert reads of the metadata; the bytes go on as they are. */
export interface ResourceDocument {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
}

/** An address that OAuth discovery came upon: Harpoon may offer it to the calling product as a target. */
export interface DiscoveredUrl {
  readonly url: URL;
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
   * It may be offered although its host is private: it is on the server's own origin, or on that of an authorization
   * server that is. Metadata must not open any other way into the private network.
   */
  readonly mayBePrivate: boolean;
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
  const own = (url: URL): boolean => url.origin === place.serverUrl.origin;
  const record = (role: DiscoveredUrl['role'], text: unknown, mayBePrivate: (url: URL) => boolean): DiscoveredUrl[] => {
    const url = webUrl(text);
    if (url === undefined) return [];
    const socket = place.unixSocket !== undefined && own(url) ? { unixSocket: place.unixSocket } : {};
    return [{ url, role, mayBePrivate: mayBePrivate(url), ...socket }];
  };
  const found = [
    ...record('prmd-resource', resource.resource, own),
    ...record('prmd-auth-server', resource.authorization_servers?.[0], own),
    ...record('prmd-source', source.href, own),
  ];
  if (server === undefined) return found;
  const { issuerUrl, metadataUrl, document } = server;
  const ofIssuer = (url: URL): boolean => own(issuerUrl) && url.origin === issuerUrl.origin;
  return [
    ...found,
    ...record('auth-server-metadata', metadataUrl.href, ofIssuer),
    ...endpoints.flatMap(([role, key]) => record(role, document[key], ofIssuer)),
  ];
}

/** Undefined for what is no http or https address. */
export function webUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}
