import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sentence } from '../../shared/messages.ts';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { FakeMcpServer } from '../fakes/mcp-http.ts';
import { FakeProxy, type ProxyOptions } from '../fakes/proxy.ts';
import { makeCertificate, type Certificate } from '../support/certificates.ts';
import { call } from '../support/http-channel.ts';
import { cleanUp } from '../support/network.ts';
import { startTunnel } from '../support/tunnel.ts';

const authority = makeCertificate({ commonName: 'Corp Root' });
const clients = makeCertificate({ commonName: 'Clients' });
const hosts = ['localhost', '127.0.0.1'];
const server = (commonName: string): Certificate => makeCertificate({ commonName, hosts, issuer: authority });
const client = (commonName: string): Certificate => makeCertificate({ commonName, issuer: clients });

async function file(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file.pem');
  await writeFile(path, text);
  return path;
}

const pair = async ({ cert, key }: Certificate) => ({ clientCert: await file(cert), clientKey: await file(key) });

async function controlPlane(
  options: ConstructorParameters<typeof FakeControlPlane>[0] = {},
): Promise<FakeControlPlane> {
  const plane = await FakeControlPlane.start(options);
  cleanUp(() => plane.close());
  return plane;
}

async function mcpServer(options: ConstructorParameters<typeof FakeMcpServer>[0] = {}): Promise<FakeMcpServer> {
  const started = await FakeMcpServer.start(options);
  cleanUp(() => started.close());
  return started;
}

async function proxyWith(options: ProxyOptions = {}): Promise<FakeProxy> {
  const proxy = await new FakeProxy(options).start();
  cleanUp(() => proxy.close());
  return proxy;
}

const planeSettings = (plane: FakeControlPlane, more: Record<string, unknown> = {}) => ({
  baseUrl: plane.url,
  tunnelId: plane.tunnelId,
  apiKey: 'key',
  pollTimeoutMs: 5_000,
  ...more,
});

const main = (target: FakeMcpServer, more: Record<string, unknown> = {}) => ({
  kind: 'http',
  name: 'main',
  url: target.endpoint,
  ...more,
});

test('a whole call goes through: TLS on both sides, each behind its own proxy and with its own client certificate, and nothing of one way shows on another', async () => {
  const secure = (name: string) => ({ ...server(name), clientCa: clients.cert });
  const plane = await controlPlane({ tls: secure('api.corp') });
  const [first, second] = [await mcpServer({ tls: secure('one.corp') }), await mcpServer({ tls: secure('two.corp') })];
  const proxies = {
    plane: await proxyWith({ auth: 'plane:pw' }),
    first: await proxyWith({ auth: 'first:pw' }),
    global: await proxyWith(),
    environment: await proxyWith(),
  };
  const tunnel = await startTunnel(
    {
      caBundle: await file(authority.cert),
      httpProxy: proxies.global.url,
      controlPlane: planeSettings(plane, {
        httpProxy: `http://plane:pw@127.0.0.1:${proxies.plane.port}`,
        ...(await pair(client('to-the-plane'))),
      }),
      channels: [
        main(first, {
          httpProxy: `http://first:pw@127.0.0.1:${proxies.first.port}`,
          ...(await pair(client('to-one'))),
        }),
        main(second, { name: 'two', ...(await pair(client('to-two'))) }),
      ],
      mcp: { extraHeaders: { 'X-Operator': 'mcp only' } },
    },
    { env: { HTTPS_PROXY: proxies.environment.url, HTTP_PROXY: proxies.environment.url } },
  );
  plane.send({ request_id: 'a', jsonrpc: call('1') }, { request_id: 'b', channel: 'two', jsonrpc: call('2') });
  expect((await plane.responseFor('a')).code).toBe(200);
  expect((await plane.responseFor('b')).code).toBe(200);
  expect([(await tunnel.trace(0)).status, (await tunnel.trace(1)).status]).toEqual(['ok', 'ok']);

  const targets = (proxy: FakeProxy): string[] => [...new Set(proxy.requests.map(({ target }) => target))];
  const place = ({ port }: { port: number }): string => `127.0.0.1:${port}`;
  expect(targets(proxies.plane)).toEqual([place(plane)]);
  expect(targets(proxies.first)).toEqual([place(first)]);
  expect(targets(proxies.global)).toEqual([place(second)]);
  expect(proxies.environment.connections).toBe(0);
  const shown = (requests: readonly { clientCertificate: string | undefined }[]) => [
    ...new Set(requests.map(({ clientCertificate }) => clientCertificate)),
  ];
  expect(shown(plane.requests)).toEqual(['to-the-plane']);
  expect(shown(first.requests)).toEqual(['to-one']);
  expect(shown(second.requests)).toEqual(['to-two']);
  for (const { headers } of plane.requests) {
    expect(headers['x-operator']).toBeUndefined();
    expect(headers['proxy-authorization']).toBeUndefined();
  }
  for (const { headers } of [...first.requests, ...second.requests]) {
    expect(JSON.stringify(headers)).not.toContain('Bearer key');
    expect(headers['proxy-authorization']).toBeUndefined();
  }
});

test('the control plane is reached over a Unix socket, past every proxy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  const unixSocket = join(folder, 'plane.sock');
  const plane = await controlPlane({ socketPath: unixSocket });
  const target = await mcpServer();
  const proxy = await proxyWith();
  await startTunnel({
    controlPlane: planeSettings(plane, { baseUrl: 'http://plane.internal', unixSocket }),
    channels: [main(target)],
    mcp: { httpProxy: proxy.url },
  });
  plane.send({ request_id: 'a', jsonrpc: call('1') });
  expect((await plane.responseFor('a')).code).toBe(200);
  expect(plane.requests[0]?.headers.host).toBe('plane.internal');
  expect(proxy.requests.every(({ target: url }) => url.startsWith(target.url))).toBe(true);
});

test.each([
  ['a server nobody trusts', 'tls', 'tls', async () => ({ url: (await mcpServer({ tls: server('x') })).endpoint })],
  [
    'a server that wants a certificate',
    'tls',
    'tls',
    async () => ({
      url: (await mcpServer({ tls: { ...server('x'), clientCa: clients.cert } })).endpoint,
      caBundle: await file(authority.cert),
    }),
  ],
  [
    'a proxy that is not there',
    'connect',
    'dial',
    async () => ({ url: 'https://mcp.test/', httpProxy: 'http://127.0.0.1:1' }),
  ],
  [
    'a proxy that wants a sign-in',
    'connect',
    'dial',
    async () => ({ url: 'https://mcp.test/', httpProxy: (await proxyWith({ auth: 'a:b' })).url }),
  ],
  [
    'a proxy that refuses the host',
    'connect',
    'dial',
    async () => ({ url: 'https://mcp.test/', httpProxy: (await proxyWith({ refuse: 403 })).url }),
  ],
  ['a host without an address', 'dns', 'dns', async () => ({ url: 'http://no-such-host.invalid/mcp' })],
  ['nobody listening', 'connect', 'connection_refused', async () => ({ url: 'http://127.0.0.1:1/mcp' })],
  [
    'a socket that is not there',
    'connect',
    'dial',
    async () => ({ url: 'http://mcp/', unixSocket: '/nowhere/mcp.sock' }),
  ],
] as const)(
  '%s is told to the caller by source, and to people in a sentence',
  async (_name, source, kind, settings) => {
    const plane = await controlPlane();
    const tunnel = await startTunnel({
      controlPlane: planeSettings(plane),
      channels: [{ kind: 'http', name: 'main', ...(await settings()) }],
    });
    plane.send({ request_id: 'a', jsonrpc: call('1') });
    const { json, code } = await plane.responseFor('a');
    expect(code).toBeGreaterThanOrEqual(400);
    expect(json).toMatchObject({
      id: 1,
      error: { code: -32603, data: { tunnel_failure: { version: 1, source, transport_error_kind: kind } } },
    });
    const trace = await tunnel.trace(0);
    expect(trace).toMatchObject({ status: 'failed', error: { leg: 'mcp-server' } });
    expect(sentence(trace.error!)).toMatch(/^.{20,}\.$/s);
    await tunnel.snapshot(({ channels }) => channels[0]?.state.kind === 'unusable');
  },
);

test.each([
  ['proxy_auth', async () => ({ httpProxy: (await proxyWith({ auth: 'a:b' })).url })],
  ['proxy_unreachable', async () => ({ httpProxy: 'http://127.0.0.1:1' })],
  ['tls_untrusted', async () => ({})],
  ['tls_client_certificate', async () => ({ caBundle: await file(authority.cert) })],
] as const)('polls that fail with %s leave the tunnel waiting with that reason', async (code, settings) => {
  const plane = await controlPlane({ tls: { ...server('api.corp'), clientCa: clients.cert } });
  const tunnel = await startTunnel({
    controlPlane: planeSettings(plane, await settings()),
    channels: [main(await mcpServer())],
  });
  const { state } = await tunnel.snapshot((one) => one.state.kind === 'waiting');
  expect(state).toMatchObject({ error: { code, leg: 'control-plane' } });
});

test('what can never work is refused at start with the reason, and leaves nothing running', async () => {
  const plane = await controlPlane();
  const target = await mcpServer({ tls: server('x') });
  const start = (settings: Record<string, unknown>) =>
    startTunnel({ controlPlane: planeSettings(plane), channels: [main(target)], ...settings });
  await expect(start({ caBundle: await file('nothing') })).rejects.toMatchObject({ code: 'ca_invalid' });
  await expect(start({ httpProxy: 'ftp://proxy' })).rejects.toMatchObject({ code: 'proxy_invalid' });
  const [mine, other] = [client('mine'), client('other')];
  const mcp = { clientCert: await file(mine.cert), clientKey: await file(other.key) };
  await expect(start({ mcp })).rejects.toMatchObject({ code: 'client_certificate_invalid', leg: 'mcp-server' });
  expect(plane.requests).toEqual([]);
});

test('the snapshot tells how the proxies are and when the certificates end', async () => {
  const plane = await controlPlane({ tls: { ...server('api.corp'), clientCa: clients.cert } });
  const target = await mcpServer({ tls: server('mcp.corp') });
  const proxy = await proxyWith();
  const broken = await proxyWith({ refuse: 502 });
  const tunnel = await startTunnel({
    caBundle: await file(authority.cert),
    controlPlane: planeSettings(plane, { httpProxy: proxy.url, ...(await pair(client('culvert'))) }),
    channels: [main(target, { httpProxy: broken.url })],
  });
  const snapshot = await tunnel.snapshot(({ proxies = [] }) => proxies.length === 2);
  expect(snapshot.proxies).toMatchObject([
    { route: 'control-plane', proxy: proxy.url, source: 'control_plane.http_proxy', state: 'healthy' },
    {
      route: 'mcp',
      name: 'main',
      proxy: broken.url,
      state: 'unhealthy',
      error: { code: 'proxy_refused', params: { status: 502 } },
    },
  ]);
  expect(snapshot.certificates?.map(({ of, subject }) => [of, subject])).toEqual(
    expect.arrayContaining([
      ['client', 'CN=culvert'],
      ['control-plane', 'api.corp'],
    ]),
  );
});

test('polls that a proxy cuts for being quiet are no outage: they wait less from then on, and calls go on', async () => {
  const plane = await controlPlane();
  const target = await mcpServer();
  const proxy = await proxyWith({ idleMs: 2_100 });
  const tunnel = await startTunnel({
    controlPlane: planeSettings(plane, { httpProxy: proxy.url, pollTimeoutMs: 30_000 }),
    channels: [main(target)],
  });
  const states: string[] = [];
  tunnel.engine.onChange(({ state }) => states.push(state.kind));
  const { pollCut } = await tunnel.snapshot((snapshot) => snapshot.pollCut !== undefined);
  expect(pollCut?.waitMs).toBeLessThan(pollCut?.cutAfterMs ?? 0);
  expect(proxy.idleEnded).toBeGreaterThan(1);
  plane.send({ request_id: 'a', jsonrpc: call('1') });
  expect((await plane.responseFor('a')).code).toBe(200);
  expect(states).not.toContain('waiting');
});
