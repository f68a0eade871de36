import { expect, test } from 'vitest';
import { discoveredUrls, type ResourceDocument } from '../../src-main/oauth/discovered-urls.ts';
import { oauthTargets, type OAuthTarget } from '../../src-main/oauth/harpoon-targets.ts';

interface Found {
  readonly server?: string;
  readonly resource?: Partial<ResourceDocument>;
  readonly issuer?: string;
  readonly document?: Record<string, unknown>;
  readonly trusted?: readonly string[];
  readonly unixSocket?: string;
}

/** What becomes of a discovery at `server`, where hosts that end in `.internal` and addresses that begin with 10 or 127 are private. */
function targetsOf({ server = 'https://mcp.corp.example/mcp', ...found }: Found, taken: readonly string[] = []) {
  const serverUrl = new URL(server);
  const issuer = found.issuer ?? serverUrl.origin;
  const trusted = [serverUrl.origin, ...(found.trusted ?? [])];
  const urls = discoveredUrls(
    { resource: server, authorization_servers: [issuer], ...found.resource },
    new URL(`/.well-known/oauth-protected-resource${serverUrl.pathname}`, serverUrl.origin),
    found.document && {
      issuerUrl: new URL(issuer),
      metadataUrl: new URL('/.well-known/oauth-authorization-server', issuer),
      document: found.document,
    },
    {
      serverUrl,
      isTrusted: (url) => trusted.includes(url.origin),
      ...(found.unixSocket !== undefined && { unixSocket: found.unixSocket }),
    },
  );
  const reasonOf = ({ hostname }: URL): string | undefined =>
    hostname.endsWith('.internal') ? 'suffix:.internal' : /^(?:10|127)\./.test(hostname) ? 'private-ip' : undefined;
  return oauthTargets(urls, reasonOf, (label) => taken.includes(label));
}

const labels = (targets: readonly OAuthTarget[]): string[] => targets.map(({ label }) => label);

const customer = 'http://location-mcp.internal.preproduction.smp.bigco-example.com';
const idp = 'http://idp.bigco-example.com/oauth2/aus2jrb9zi4O8hseE0h8';

test('on the protected server’s own host everything is offered; an issuer elsewhere and its endpoints stay direct', () => {
  const targets = targetsOf({
    server: `${customer}/mcp`,
    document: {
      issuer: idp,
      token_endpoint: `${idp}/v1/token`,
      registration_endpoint: `${customer}/register`,
      revocation_endpoint: `${idp}/v1/revoke`,
    },
  });
  expect(targets.map(({ label, url, reason }) => [label, url.href, reason])).toEqual(
    [
      ['oauth-prmd-resource-0', `${customer}/mcp`],
      ['oauth-prmd-auth-server-0', `${customer}/`],
      ['oauth-prmd-source-0', `${customer}/.well-known/oauth-protected-resource/mcp`],
      ['oauth-auth-server-metadata-0', `${customer}/.well-known/oauth-authorization-server`],
      ['oauth-registration-endpoint-0', `${customer}/register`],
    ].map((row) => [...row, 'oauth-protected-resource-host']),
  );
});

test('each has the description and the tags of its role, the authorization server’s a group', () => {
  const [resource, server, , metadata] = targetsOf({ document: { issuer: 'https://mcp.corp.example' } });
  expect(resource).toMatchObject({
    description: 'PRMD resource',
    category: 'oauth',
    source: 'oauth',
    tags: ['protected-resource-metadata', 'resource'],
  });
  const group = expect.stringMatching(/^group=auth-server:[0-9a-f]{12}:0$/) as unknown;
  expect(server?.tags).toEqual(['authorization-server', group, 'protected-resource-metadata']);
  expect(metadata?.tags).toEqual(['auth-server-metadata', group]);
});

// what a server writes into its metadata must not open other doors of the network
test.each([
  ['a token endpoint elsewhere', { document: { issuer: 'https://mcp.corp.example', token_endpoint: '$/admin' } }],
  ['an issuer elsewhere', { document: { issuer: '$/issuer', token_endpoint: '$/admin' } }],
  ['a resource elsewhere', { resource: { resource: '$/mcp' }, document: { token_endpoint: '$/admin' } }],
  ['an authorization server elsewhere', { issuer: '$', document: { issuer: '$', token_endpoint: '$/admin' } }],
])('%s is not offered where its host is private, by whatever rule', (_, found) => {
  for (const away of ['https://127.0.0.1:8443', 'https://10.0.0.1', 'https://169.254.169.254', 'https://x.internal']) {
    const targets = targetsOf(JSON.parse(JSON.stringify(found).replaceAll('$', away)) as Found);
    expect(targets.filter(({ url }) => url.hostname !== 'mcp.corp.example')).toEqual([]);
    expect(labels(targets)).toContain('oauth-prmd-source-0');
  }
});

test('another port of the server’s own host is another place', () => {
  const targets = targetsOf({
    server: 'http://127.0.0.1:8080/mcp',
    document: { issuer: 'http://127.0.0.1:8080', token_endpoint: 'http://127.0.0.1:9090/token' },
  });
  expect(labels(targets)).not.toContain('oauth-token-endpoint-0');
});

test('a private authorization server that the operator lists is offered whole, and a public one stays direct', () => {
  const document = { issuer: 'https://idp.internal', token_endpoint: 'https://idp.internal/token' };
  const listed = targetsOf({ issuer: 'https://idp.internal', trusted: ['https://idp.internal'], document });
  expect(labels(listed)).toEqual(
    ['prmd-resource', 'prmd-auth-server', 'prmd-source', 'auth-server-metadata', 'issuer', 'token-endpoint'].map(
      (role) => `oauth-${role}-0`,
    ),
  );
  const open = targetsOf({
    issuer: 'https://login.example.net',
    trusted: ['https://login.example.net'],
    document: { issuer: 'https://login.example.net', token_endpoint: 'https://login.example.net/token' },
  });
  expect(labels(open)).toEqual(['oauth-prmd-resource-0', 'oauth-prmd-source-0']);
});

test('a label that is taken gets a number behind it', () => {
  const taken = ['oauth-prmd-source-0', 'oauth-prmd-source-0-1'];
  expect(labels(targetsOf({}, taken))).toContain('oauth-prmd-source-0-2');
});

test('through the server’s socket goes what is on its origin, of an authorization server what is under its path', () => {
  const targets = targetsOf({
    server: 'http://mcp.internal/mcp',
    issuer: 'http://mcp.internal/idp',
    unixSocket: '/run/mcp.sock',
    document: {
      issuer: 'http://mcp.internal/idp',
      token_endpoint: 'http://mcp.internal/idp/token',
      jwks_uri: 'http://mcp.internal/other/keys',
    },
  });
  const socketOf = (role: string): string | undefined =>
    targets.find(({ label }) => label === `oauth-${role}-0`)?.unixSocket;
  expect(['prmd-resource', 'auth-server-metadata', 'token-endpoint'].map(socketOf)).toEqual(
    Array.from({ length: 3 }, () => '/run/mcp.sock'),
  );
  expect(socketOf('jwks-uri')).toBeUndefined();
});
