import { spawn } from 'node:child_process';
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { testEngine } from '../support/engine.ts';
import { cleanUp } from '../support/network.ts';
import { browseTo, protectedServer, type ProtectedServer } from '../support/protected-server.ts';
import { suiteNeeds } from '../support/require.ts';
import { startTunnelProcess } from '../support/tunnel-process.ts';

const redirectUrl = 'http://127.0.0.1:1/callback';

/** What a client keeps of its sign-in. */
function clientProvider(): OAuthClientProvider & { readonly sentTo: URL[]; accessToken(): string } {
  let information: Awaited<ReturnType<OAuthClientProvider['clientInformation']>>;
  let tokens: Awaited<ReturnType<OAuthClientProvider['tokens']>>;
  let discovery: Awaited<ReturnType<NonNullable<OAuthClientProvider['discoveryState']>>>;
  let verifier = '';
  const sentTo: URL[] = [];
  return {
    sentTo,
    redirectUrl,
    clientMetadata: {
      client_name: 'test',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => information,
    saveClientInformation: (saved) => void (information = saved),
    tokens: () => tokens,
    saveTokens: (saved) => void (tokens = saved),
    redirectToAuthorization: (url) => void sentTo.push(url),
    saveCodeVerifier: (saved) => void (verifier = saved),
    codeVerifier: () => verifier,
    saveDiscoveryState: (saved) => void (discovery = saved),
    discoveryState: () => discovery,
    accessToken: () => tokens?.access_token ?? '',
  };
}

async function newRelay(): Promise<Relay> {
  const relay = await createRelay({ responseTimeoutMs: 30_000 });
  cleanUp(() => relay.close());
  return relay;
}

async function culvertTo(relay: Relay, tunnel: AddedTunnel, server: ProtectedServer, mcp: object): Promise<void> {
  const engine = testEngine();
  cleanUp(() => engine.stopAll(0));
  await engine.start(
    profileSchema.parse({
      id: 'p',
      name: 'p',
      controlPlane: { baseUrl: relay.address, tunnelId: tunnel.id, apiKey: tunnel.apiKey },
      channels: [{ kind: 'http', name: 'main', url: server.mcpUrl }],
      mcp,
      harpoon: { allowPlaintextHttp: true },
      capture: {},
    }),
  );
}

/** Harpoon's targets are there once the client has looked at the server's sign-in. */
const untilOffered = async (relay: Relay, tunnel: AddedTunnel): Promise<void> => {
  const metadata = `${relay.address}/.well-known/oauth-authorization-server/v1/oauth/${tunnel.id}`;
  await expect.poll(async () => (await fetch(metadata)).status).toBe(200);
};

/** Discovery, registration, PKCE, a tool call, a refresh and another call; the caller speaks with the relay alone. */
async function signInAndCall(relay: Relay, tunnel: AddedTunnel, server: ProtectedServer): Promise<void> {
  const authProvider = clientProvider();
  const asked = new Set<string>();
  const outside: typeof fetch = (input, init) => {
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
    if (origin !== relay.address) throw new Error(`${origin} cannot be reached from here`);
    asked.add(pathname.replace(tunnel.id, 'ID'));
    return fetch(input, init);
  };
  const requestInit = { headers: { 'x-culvert-relay-key': tunnel.apiKey } };
  const transport = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { authProvider, requestInit, fetch: outside });
  const information = { name: 'test', version: '1' };

  const first = transport();
  await expect(new Client(information).connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
  const [authorization] = authProvider.sentTo;
  expect(authorization?.origin).toBe(server.issuer);
  expect(authorization?.searchParams.get('code_challenge_method')).toBe('S256');
  const back = await browseTo(authorization ?? new URL('about:blank'), redirectUrl);
  await first.finishAuth(back.searchParams.get('code') ?? '');

  const client = new Client(information);
  await client.connect(transport());
  const call = () => client.callTool({ name: 'where', arguments: {} });
  expect((await call()).content).toEqual([{ type: 'text', text: 'inside' }]);
  const before = authProvider.accessToken();
  expect(server.tokens).toEqual([before]);

  await server.expire(before);
  expect((await call()).content).toEqual([{ type: 'text', text: 'inside' }]);
  expect(authProvider.accessToken()).not.toBe(before);
  expect(server.tokens).toEqual([before, authProvider.accessToken()]);
  expect(authProvider.sentTo).toHaveLength(1);
  await client.close();
  expect(server.asked.filter((one) => one.startsWith('POST'))).toEqual(['POST /reg', 'POST /token', 'POST /token']);
  expect([...asked]).toEqual(
    expect.arrayContaining([
      '/.well-known/oauth-protected-resource/v1/mcp/ID',
      '/.well-known/oauth-authorization-server/v1/oauth/ID',
      '/v1/oauth/ID/oauth-registration-endpoint-0',
      '/v1/oauth/ID/oauth-token-endpoint-0',
    ]),
  );
}

it.each([
  ['on one origin', false],
  ['on two, the second of them listed', true],
])('a caller signs in to a private server by its private authorization server: %s', async (_, apart) => {
  const server = await protectedServer({ apart });
  const relay = await newRelay();
  const tunnel = relay.addTunnel();
  await culvertTo(relay, tunnel, server, apart ? { oauthTrustedOrigins: [server.issuer] } : {});
  await untilOffered(relay, tunnel);
  await signInAndCall(relay, tunnel, server);
});

it('the shim leads to the endpoints of the authorization server and nowhere else', async () => {
  const server = await protectedServer();
  const relay = await newRelay();
  const tunnel = relay.addTunnel();
  await culvertTo(relay, tunnel, server, {});
  await untilOffered(relay, tunnel);
  const asked = server.asked.length;
  const shim = `${relay.address}/v1/oauth/${tunnel.id}`;
  const status = async (path: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(`${shim}/${path}`, { method: 'POST', ...init })).status;
  for (const label of ['oauth-prmd-resource-0', 'oauth-auth-server-metadata-0', 'oauth-issuer-0', 'other', '%2e%2e'])
    expect(await status(label)).toBe(404);
  expect(await status('oauth-token-endpoint-0', { method: 'GET' })).toBe(405);
  expect(await status('oauth-jwks-uri-0')).toBe(405);
  expect(await status('oauth-token-endpoint-0', { body: 'x'.repeat(70_000) })).toBe(413);
  expect(await status('oauth-token-endpoint-0', { headers: { origin: 'https://evil.example' } })).toBe(403);
  expect(server.asked).toHaveLength(asked);
  const refused = await fetch(`${shim}/oauth-token-endpoint-0`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', client_id: 'nobody' }),
  });
  expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([401, 'invalid_client']);
  const unknown = `${relay.address}/v1/oauth/tunnel_${'0'.repeat(32)}/oauth-token-endpoint-0`;
  expect((await fetch(unknown, { method: 'POST' })).status).toBe(404);
});

suiteNeeds('reference-client')('the reference client on our relay', () => {
  it('lets a caller sign in by a private authorization server', async () => {
    const server = await protectedServer();
    const relay = await newRelay();
    const flags = ['--mcp.server-url', server.mcpUrl, '--harpoon.allow-plaintext-http'];
    const reference = await startTunnelProcess(relay, [process.env.CULVERT_REFERENCE_CLIENT!], flags);
    cleanUp(() => reference.stop());
    await untilOffered(relay, reference.tunnel);
    await signInAndCall(relay, reference.tunnel, server);
  });
});

suiteNeeds('python-sdk')('the client of the Python SDK', () => {
  it('signs in, calls, refreshes and calls again through relay and tunnel', async () => {
    const server = await protectedServer();
    const relay = await newRelay();
    const tunnel = relay.addTunnel();
    await culvertTo(relay, tunnel, server, {});
    await untilOffered(relay, tunnel);
    const args = ['test/interop/clients/oauth.py', tunnel.mcpUrl, tunnel.apiKey];
    const client = spawn(process.env.CULVERT_PYTHON_SDK!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    cleanUp(() => client.kill());
    let said = '';
    for (const stream of [client.stdout, client.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    await expect.poll(() => said, { timeout: 30_000 }).toContain('authorize ');
    const address = /^authorize (\S+)$/m.exec(said)?.[1] ?? '';
    client.stdin.write(`${(await browseTo(new URL(address), redirectUrl)).href}\n`);
    await expect.poll(() => said, { timeout: 30_000 }).toContain('result inside');
    await server.expire(server.tokens[0] ?? '');
    client.stdin.write('again\n');
    await expect.poll(() => said.split('result inside').length, { timeout: 30_000 }).toBe(3);
    client.stdin.end('\n');
    expect(new Set(server.tokens).size).toBe(2);
    expect(server.asked.filter((one) => one.startsWith('POST'))).toEqual(['POST /reg', 'POST /token', 'POST /token']);
  });
});
