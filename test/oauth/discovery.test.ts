import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HttpChannelConfig } from '../../shared/profile.ts';
import { createOAuthDiscovery, type OAuthDiscovery } from '../../src-main/oauth/discovery.ts';
import { resourceMetadataOf, resourceMetadataUrls, serverMetadataUrls } from '../../src-main/oauth/metadata-url.ts';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import { systemClock } from '../../src-main/base/clock.ts';
import { ScriptedServer, type Answer, type ServerOptions } from '../fakes/scripted-server.ts';
import { cleanUp, literalSecrets, profileWith, routesFor } from '../support/network.ts';

const json = (body: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Answers by path; anything else is 404. */
async function serverWith(answers: Record<string, Answer>, options: ServerOptions = {}): Promise<ScriptedServer> {
  const server = new ScriptedServer(options, ({ path }) => answers[path] ?? { status: 404 });
  await server.start();
  cleanUp(() => server.close());
  return server;
}

function discoveryFor(
  url: string,
  channel: Partial<HttpChannelConfig> = {},
  oauthTrustedOrigins: readonly string[] = [],
): OAuthDiscovery {
  const config: HttpChannelConfig = { kind: 'http', name: 'main', url, ...channel };
  const mcp = {
    extraHeaders: { 'X-Api-Key': 'operator' },
    discoveryExtraHeaders: { 'X-Discovery': 'yes' },
    oauthTrustedOrigins,
  };
  const profile = profileWith({ channels: [config], mcp });
  return createOAuthDiscovery(config, profile.mcp, {
    routes: routesFor({ channels: [config], mcp }),
    secrets: literalSecrets,
    clock: systemClock,
  });
}

const paths = (server: ScriptedServer): string[] => server.requests.map(({ method, path }) => `${method} ${path}`);

test("the command's answer is the metadata byte for byte, with the server's status and headers", async () => {
  const body = '{"resource":"https://r.example/mcp","x":12345678901234567890, "authorization_servers":[]}';
  const server = await serverWith({ '/.well-known/oauth-protected-resource/mcp': json(body) });
  const answer = await discoveryFor(`${server.url}/mcp`).answer(new Cancellation());
  expect(answer.body.toString()).toBe(body);
  expect(answer.status).toBe(200);
  expect(answer.headers).toContainEqual(['content-type', 'application/json']);
  expect(paths(server)).toEqual(['POST /mcp', 'GET /mcp', 'GET /.well-known/oauth-protected-resource/mcp']);
  for (const request of server.requests) {
    expect(request.headers).toMatchObject({
      'x-discovery': 'yes',
      'x-api-key': 'operator',
      accept: 'application/json',
    });
    expect(request.body).toHaveLength(0);
  }
});

test('where the server names the place in its 401, that place is asked first', async () => {
  const answers: Record<string, Answer> = { '/own': json({ resource: 'r' }) };
  const named = await serverWith(answers);
  answers['/mcp'] = {
    status: 401,
    headers: {
      'www-authenticate': ['Basic realm="a, Bearer x"', `Bearer realm="b", resource_metadata="${named.url}/own"`],
    },
  };
  const answer = await discoveryFor(`${named.url}/mcp`).answer(new Cancellation());
  expect(answer.source.pathname).toBe('/own');
  expect(paths(named)).toEqual(['POST /mcp', 'GET /own']);
});

test('the next place is asked after 404 and 5xx, and none of them means that nothing is posted', async () => {
  const metadata = json({ resource: 'r' });
  const root = await serverWith({ '/.well-known/oauth-protected-resource': metadata });
  expect((await discoveryFor(`${root.url}/mcp`).answer(new Cancellation())).status).toBe(200);
  const none = await serverWith({});
  const discovery = discoveryFor(`${none.url}/mcp`);
  await expect(discovery.answer(new Cancellation())).rejects.toMatchObject({ code: 'oauth_metadata' });
  expect(await discovery.discover(new Cancellation())).toEqual({ kind: 'none' });
  const broken = await serverWith({ '/.well-known/oauth-protected-resource': json('{"resource":') });
  expect(await discoveryFor(broken.url).discover(new Cancellation())).toMatchObject({
    kind: 'failed',
    error: { code: 'oauth_metadata', params: { detail: 'not JSON' } },
  });
});

test('no static header reaches an authorization server that is listed, and no redirect one that is not', async () => {
  const idp = await serverWith({});
  const idpAnswers: Record<string, Answer> = {
    '/.well-known/oauth-authorization-server': json({
      issuer: idp.url,
      token_endpoint: `${idp.url}/token`,
      jwks_uri: 'ftp://no.example/keys',
    }),
  };
  const authorization = await serverWith(idpAnswers);
  const server = await serverWith({
    '/.well-known/oauth-protected-resource': json({
      resource: 'https://r.example',
      authorization_servers: [authorization.url],
    }),
  });
  const result = await discoveryFor(server.url, {}, [authorization.url]).discover(new Cancellation());
  expect(result).toMatchObject({
    kind: 'found',
    notAsked: [],
    issuerMismatch: { asked: authorization.url, said: idp.url },
  });
  if (result.kind !== 'found') return;
  expect(result.urls.map(({ role, mayBePrivate }) => [role, mayBePrivate])).toEqual([
    ['prmd-resource', false],
    ['prmd-auth-server', true],
    ['prmd-source', true],
    ['auth-server-metadata', true],
    ['issuer', false],
    ['token-endpoint', false],
  ]);
  expect(authorization.requests.length).toBeGreaterThan(0);
  for (const { headers } of authorization.requests) {
    expect(headers['x-api-key']).toBeUndefined();
    expect(headers['x-discovery']).toBeUndefined();
  }
  const away = await serverWith({
    '/.well-known/oauth-protected-resource': { status: 302, headers: { location: `${authorization.url}/stolen` } },
  });
  await expect(discoveryFor(away.url).answer(new Cancellation())).rejects.toMatchObject({ code: 'oauth_metadata' });
  expect(paths(authorization)).not.toContain('GET /stolen');
});

test('only the server’s own origin is asked, whatever place its challenge, its metadata or a redirect names', async () => {
  const inside = await serverWith({ '/metadata': json({ resource: 'inside' }) });
  const own = json({ resource: 'own', authorization_servers: [`${inside.url}/tenant`] });
  const challenge = { 'www-authenticate': `Bearer resource_metadata="${inside.url}/metadata"` };
  const server = await serverWith({
    '/mcp': { status: 401, headers: challenge },
    '/.well-known/oauth-protected-resource/mcp': { status: 307, headers: { location: `${inside.url}/metadata` } },
    '/.well-known/oauth-protected-resource': own,
  });
  const result = await discoveryFor(`${server.url}/mcp`).discover(new Cancellation());
  expect(result).toMatchObject({
    kind: 'found',
    notAsked: [inside.url],
    resource: { source: { pathname: '/.well-known/oauth-protected-resource' } },
  });
  expect(inside.requests).toEqual([]);
  const listed = await discoveryFor(`${server.url}/mcp`, {}, [inside.url]).answer(new Cancellation());
  expect(listed.source.href).toBe(`${inside.url}/metadata`);
  const redirected = await serverWith({
    '/.well-known/oauth-protected-resource': { status: 302, headers: { location: `${inside.url}/metadata` } },
  });
  await expect(discoveryFor(redirected.url).answer(new Cancellation())).rejects.toMatchObject({
    params: { detail: expect.stringContaining('oauth_trusted_origins') as string },
  });
  expect((await discoveryFor(redirected.url, {}, [inside.url]).answer(new Cancellation())).body.toString()).toContain(
    'inside',
  );
});

test('a server on a Unix socket is asked through it, and so is its authorization server', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  const unixSocket = join(folder, 'mcp.sock');
  const server = await serverWith(
    {
      '/.well-known/oauth-protected-resource': json({ resource: 'r', authorization_servers: ['http://idp.internal'] }),
      '/.well-known/oauth-authorization-server': json({ issuer: 'http://idp.internal' }),
    },
    { socketPath: unixSocket },
  );
  const result = await discoveryFor('http://mcp.internal', { unixSocket }).discover(new Cancellation());
  expect(result.kind).toBe('found');
  expect(server.requests.map(({ headers }) => headers.host)).toContain('idp.internal');
});

test('a cancelled command ends its discovery', async () => {
  const server = await serverWith({ '/mcp': { after: new Promise(() => undefined) } });
  const cancellation = new Cancellation();
  const answer = discoveryFor(`${server.url}/mcp`).answer(cancellation);
  await server.request(() => true);
  cancellation.cancel('deadline');
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
});

test('places of metadata follow RFC 9728, RFC 8414 and OpenID Connect', () => {
  const hrefs = (urls: readonly URL[]): string[] => urls.map(({ pathname }) => pathname);
  expect(hrefs(resourceMetadataUrls(new URL('https://h/a/mcp/?q=1')))).toEqual([
    '/.well-known/oauth-protected-resource/a/mcp',
    '/.well-known/oauth-protected-resource',
  ]);
  expect(hrefs(resourceMetadataUrls(new URL('https://h')))).toEqual(['/.well-known/oauth-protected-resource']);
  expect(hrefs(serverMetadataUrls(new URL('https://h/t/v2')))).toEqual([
    '/t/v2/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/t/v2',
    '/t/v2/.well-known/openid-configuration',
    '/.well-known/openid-configuration/t/v2',
  ]);
  expect(hrefs(serverMetadataUrls(new URL('https://h')))).toEqual([
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
  ]);
});

test.each([
  ['Bearer resource_metadata="https://h/x"', 'https://h/x'],
  ['bearer realm="a, b", error="x", resource_metadata=https://h/x', 'https://h/x'],
  ['Basic realm="resource_metadata=https://evil", Bearer Resource_Metadata = "https://h/x"', 'https://h/x'],
  ['Basic resource_metadata="https://h/x"', undefined],
  ['Bearer resource_metadata="/relative"', undefined],
  ['', undefined],
])('of the challenge %s the metadata is at %s', (challenge, expected) => {
  expect(resourceMetadataOf([challenge])?.href).toBe(expected);
});
