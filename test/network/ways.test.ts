import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:https';
import { expect, test } from 'vitest';
import { sentence } from '../../shared/messages.ts';
import type { TunnelErrorData } from '../../shared/errors.ts';
import type { Channel } from '../../src-main/call/channel.ts';
import { ProxySignIns } from '../../src-main/network/proxy-sign-in.ts';
import { FakeMcpServer, STALL } from '../fakes/mcp-http.ts';
import { FakeProxy, FakeSocks, type ProxyOptions } from '../fakes/proxy.ts';
import type { ServerOptions } from '../fakes/scripted-server.ts';
import { makeCertificate, type Certificate, type CertificateOptions } from '../support/certificates.ts';
import { call, channelTo, send, type ChannelSetup } from '../support/http-channel.ts';
import { cleanUp, listen, routesFor } from '../support/network.ts';

const authority = makeCertificate({ commonName: 'Corp Root' });
const loopback = ['localhost', '127.0.0.1'];
const day = 86_400_000;

const signed = (options: Partial<CertificateOptions> = {}): Certificate =>
  makeCertificate({ commonName: 'server', hosts: loopback, issuer: authority, ...options });

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(path, { recursive: true }));
  return path;
}

/** Writes a file of its own and returns its path. */
async function file(text: string, name = 'file.pem'): Promise<string> {
  const path = join(await folder(), name);
  await writeFile(path, text);
  return path;
}

async function secureServer(
  certificate = signed(),
  options: Partial<ServerOptions['tls']> = {},
): Promise<FakeMcpServer> {
  const server = await FakeMcpServer.start({ tls: { key: certificate.key, cert: certificate.cert, ...options } });
  cleanUp(() => server.close());
  return server;
}

async function plainServer(): Promise<FakeMcpServer> {
  const server = await FakeMcpServer.start();
  cleanUp(() => server.close());
  return server;
}

async function proxyWith(options: ProxyOptions = {}): Promise<FakeProxy> {
  const proxy = await new FakeProxy(options).start();
  cleanUp(() => proxy.close());
  return proxy;
}

const trusting = async (setup: ChannelSetup = {}): Promise<ChannelSetup> => ({
  ...setup,
  profile: { caBundle: await file(authority.cert), ...setup.profile },
});

const succeed = async (channel: Channel): Promise<void> => {
  const { answer } = await send(channel, call('1'));
  expect(answer.status).toBe(200);
};

async function failure(channel: Channel): Promise<TunnelErrorData & { source: string }> {
  const error = await send(channel, call('1')).then(
    () => expect.fail('it was answered'),
    (reason: unknown) => reason,
  );
  return error as TunnelErrorData & { source: string };
}

test('a private authority is trusted beside the public ones, from a file of several certificates', async () => {
  const server = await secureServer();
  const other = makeCertificate({ commonName: 'Another' });
  const caBundle = await file(`# ours\n${other.cert}\nsome text\n${authority.cert}`);
  await succeed(channelTo(server.endpoint, { profile: { caBundle } }));
  await succeed(channelTo(server.endpoint, { channel: { caBundle } }));
  await succeed(channelTo(server.endpoint, { mcp: { caBundle } }));
});

test.each([
  ['tls_untrusted', {}, undefined, 'issued by Corp Root'],
  [
    'tls_expired',
    { notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) },
    'trust',
    'until',
  ],
  ['tls_not_yet_valid', { notBefore: new Date(Date.now() + day) }, 'trust', 'from'],
  ['tls_hostname', { hosts: ['other.example'] }, 'trust', 'other.example'],
] as const)('a certificate that is %s is refused with what it says', async (code, options, trust, words) => {
  const server = await secureServer(signed(options));
  const setup = trust ? await trusting() : {};
  const channel = channelTo(server.endpoint, setup);
  // A refused certificate must not be believed at the second try, from a resumed session.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const error = await failure(channel);
    expect(error).toMatchObject({ code, source: 'tls', params: { address: `127.0.0.1:${server.port}` } });
    expect(sentence(error)).toContain(words);
  }
  expect(server.requests).toEqual([]);
});

test('of two authorities that cannot be read the first is told, though the second is found out sooner', async () => {
  const server = await secureServer();
  const [first, second] = [await file(`no certificate${' '.repeat(8_000_000)}`), await file('nor this')];
  const setup = { profile: { caBundle: first }, channel: { caBundle: second } };
  expect(await failure(channelTo(server.endpoint, setup))).toMatchObject({
    code: 'ca_invalid',
    params: { file: first },
  });
});

test('a host name is checked on every connection, also with TLS 1.2 and a server that offers its session', async () => {
  const certificate = signed({ hosts: ['other.example'] });
  let asked = 0;
  const server = createTlsServer(
    { key: certificate.key, cert: certificate.cert, maxVersion: 'TLSv1.2' },
    (_request, response) => {
      asked += 1;
      response.end('{}');
    },
  );
  const url = await listen(server, 'https');
  const channel = channelTo(`${url.origin}/mcp`, await trusting());
  for (let attempt = 0; attempt < 3; attempt += 1)
    expect(await failure(channel)).toMatchObject({ code: 'tls_hostname' });
  expect(asked).toBe(0);
});

test('a server that is not TLS at all is told from one that is not trusted', async () => {
  const plain = await listen(createHttpServer());
  const error = await failure(channelTo(`https://${plain.host}/mcp`));
  expect(error).toMatchObject({ code: 'tls_failed', source: 'tls' });
  const secure = await secureServer();
  expect(await failure(channelTo(`http://127.0.0.1:${secure.port}/mcp`))).toMatchObject({ leg: 'mcp-server' });
});

test.each([
  ['empty', '  \n', 'empty'],
  ['not PEM', 'hello', 'no PEM certificate'],
  [
    'PEM of something else',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    'certificate 1 cannot be read',
  ],
])('a CA bundle that is %s is refused with its name and the reason', async (_name, text, detail) => {
  const caBundle = await file(text, 'corp.pem');
  const error = await failure(channelTo('https://127.0.0.1:1/mcp', { profile: { caBundle } }));
  expect(error).toMatchObject({ code: 'ca_invalid', params: { file: caBundle, field: 'ca_bundle', detail } });
  const missing = await failure(channelTo('https://127.0.0.1:1/mcp', { profile: { caBundle: '/nowhere/ca.pem' } }));
  expect(missing).toMatchObject({ code: 'ca_invalid', params: { detail: 'ENOENT' } });
});

const clientFiles = async (certificate: Certificate) => ({
  clientCert: await file(certificate.cert),
  clientKey: await file(certificate.key),
});

test('a client certificate is shown to the server that demands it, and its absence has a sentence of its own', async () => {
  const clients = makeCertificate({ commonName: 'Clients' });
  const server = await secureServer(signed(), { clientCa: clients.cert });
  const alice = makeCertificate({ commonName: 'alice', issuer: clients });
  await succeed(channelTo(server.endpoint, await trusting({ channel: await clientFiles(alice) })));
  expect(server.calls[0]?.clientCertificate).toBe('alice');
  const bob = makeCertificate({ commonName: 'bob', issuer: clients });
  const carol = makeCertificate({ commonName: 'carol', issuer: clients });
  const both = await trusting({ mcp: await clientFiles(bob), channel: await clientFiles(carol) });
  await succeed(channelTo(server.endpoint, both));
  expect(server.calls[1]?.clientCertificate).toBe('carol');
  await succeed(channelTo(server.endpoint, await trusting({ mcp: await clientFiles(bob) })));
  expect(server.calls[2]?.clientCertificate).toBe('bob');

  const none = await failure(channelTo(server.endpoint, await trusting()));
  expect(none).toMatchObject({ code: 'tls_client_certificate', source: 'tls', params: { host: '127.0.0.1' } });
});

test('an encrypted key opens with its passphrase', async () => {
  const clients = makeCertificate({ commonName: 'Clients' });
  const server = await secureServer(signed(), { clientCa: clients.cert });
  const { cert, privateKey } = makeCertificate({ commonName: 'alice', issuer: clients });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' });
  const files = { clientCert: await file(cert), clientKey: await file(key.toString()) };
  await succeed(
    channelTo(server.endpoint, await trusting({ channel: { ...files, clientKeyPassphrase: 'open sesame' } })),
  );
  const refused = (clientKeyPassphrase?: string) =>
    trusting({ channel: { ...files, ...(clientKeyPassphrase !== undefined && { clientKeyPassphrase }) } });
  expect(await failure(channelTo(server.endpoint, await refused('wrong')))).toMatchObject({
    code: 'client_certificate_invalid',
    params: { detail: 'the passphrase is wrong' },
  });
  expect(await failure(channelTo(server.endpoint, await refused()))).toMatchObject({
    params: { detail: 'the key is encrypted and no passphrase is set' },
  });
});

test('half a pair, a mismatched pair, an expired and an early certificate are refused before anything is sent', async () => {
  const mine = signed({ commonName: 'me' });
  const other = signed({ commonName: 'other' });
  const old = signed({ notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) });
  const early = signed({ notBefore: new Date(Date.now() + day) });
  const clientCert = await file(mine.cert);
  for (const [pair, detail] of [
    [{ clientCert }, /the key is not set/],
    [{ clientKey: clientCert }, /the certificate is not set/],
    [{ clientCert, clientKey: await file(other.key) }, /belongs to another certificate/],
    [{ clientCert, clientKey: await file('nonsense') }, /no PEM private key/],
    [{ clientCert: '/nowhere/cert.pem', clientKey: clientCert }, /ENOENT/],
    [await clientFiles(old), /^expired on \d{4}-/],
    [await clientFiles(early), /^not valid before \d{4}-/],
  ] as const) {
    const settings = { controlPlane: { baseUrl: 'https://127.0.0.1:1', ...pair } };
    const error = await routesFor(settings)
      .check()
      .then(
        () => expect.fail('it was taken'),
        (reason: unknown) => reason as TunnelErrorData,
      );
    expect(error).toMatchObject({ code: 'client_certificate_invalid', leg: 'control-plane' });
    expect(error.params['detail']).toMatch(detail);
  }
});

test('a client certificate goes to the configured origin alone', async () => {
  const clients = makeCertificate({ commonName: 'Clients' });
  const alice = makeCertificate({ commonName: 'alice', issuer: clients });
  const elsewhere = await secureServer(signed(), { clientCa: clients.cert });
  const server = await secureServer(signed(), { clientCa: clients.cert });
  server.on('tools/call', { status: 307, headers: { location: elsewhere.endpoint } });
  const channel = channelTo(server.endpoint, await trusting({ channel: await clientFiles(alice) }));
  expect(await failure(channel)).toMatchObject({ code: 'tls_client_certificate' });
  expect(server.calls[0]?.clientCertificate).toBe('alice');
  expect(elsewhere.requests).toEqual([]);
});

test('plain HTTP goes through a proxy in absolute form, TLS by CONNECT, loopback too, and connections are used again', async () => {
  const proxy = await proxyWith({ auth: 'user:pass word' });
  const httpProxy = `http://user:pass%20word@127.0.0.1:${proxy.port}`;
  const plain = await plainServer();
  const env = { NO_PROXY: '*', HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
  const channel = channelTo(plain.endpoint, { channel: { httpProxy }, routes: { env } });
  for (let n = 0; n < 3; n += 1) {
    await succeed(channel);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(proxy.requests[0]).toMatchObject({ kind: 'forward', target: plain.endpoint, host: `127.0.0.1:${plain.port}` });
  expect(proxy.connections).toBe(1);
  expect(plain.calls[0]?.headers['proxy-authorization']).toBeUndefined();

  const secure = await secureServer();
  const tunnelled = channelTo(secure.endpoint, await trusting({ channel: { httpProxy }, routes: { env } }));
  for (let n = 0; n < 3; n += 1) {
    await succeed(tunnelled);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const connects = proxy.requests.filter(({ kind }) => kind === 'connect');
  expect(connects).toEqual([
    expect.objectContaining({
      target: `127.0.0.1:${secure.port}`,
      authorization: expect.stringMatching(/^Basic /) as string,
    }),
  ]);
});

test('a proxy may itself speak TLS, for both kinds of requests', async () => {
  const certificate = signed();
  const proxy = await proxyWith({ tls: certificate });
  const plain = await plainServer();
  const secure = await secureServer();
  await succeed(channelTo(plain.endpoint, await trusting({ channel: { httpProxy: proxy.url } })));
  await succeed(channelTo(secure.endpoint, await trusting({ channel: { httpProxy: proxy.url } })));
  expect(proxy.requests.map(({ kind }) => kind)).toEqual(['forward', 'connect']);
  for (const endpoint of [plain.endpoint, secure.endpoint]) {
    const error = await failure(channelTo(endpoint, { channel: { httpProxy: proxy.url } }));
    expect(error).toMatchObject({
      code: 'proxy_tls',
      source: 'tls',
      params: { proxy: expect.stringContaining(`127.0.0.1:${proxy.port}`) as string },
    });
  }
});

test('the nearest setting names the proxy: target, route, all of Culvert, environment', async () => {
  const server = await plainServer();
  const [target, route, global, environment] = [
    await proxyWith(),
    await proxyWith(),
    await proxyWith(),
    await proxyWith({ resolve: () => '127.0.0.1' }),
  ];
  const env = { HTTP_PROXY: environment.url };
  const withRoute = { mcp: { httpProxy: route.url }, profile: { httpProxy: global.url }, routes: { env } };
  for (const [setup, used] of [
    [{ ...withRoute, channel: { httpProxy: target.url } }, target],
    [withRoute, route],
    [{ ...withRoute, mcp: {} }, global],
  ] as const) {
    await succeed(channelTo(server.endpoint, setup));
    expect(used.requests).toHaveLength(1);
  }
  const elsewhere = server.endpoint.replace('127.0.0.1', 'mcp.test');
  await succeed(channelTo(elsewhere, { routes: { env } }));
  await succeed(channelTo(elsewhere, { routes: { env: {}, systemProxy: async () => environment.url } }));
  expect(environment.requests).toHaveLength(2);
  await succeed(channelTo(server.endpoint, { routes: { env: { ...env, NO_PROXY: '127.0.0.0/8' } } }));
});

test('what runs on this machine is asked directly, whatever proxy the environment or the system names', async () => {
  const proxy = await proxyWith();
  const server = await plainServer();
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::ffff:127.0.0.1]']) {
    const endpoint = server.endpoint.replace('127.0.0.1', host);
    await succeed(channelTo(endpoint, { routes: { env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url } } }));
    await succeed(channelTo(endpoint, { routes: { env: {}, systemProxy: async () => proxy.url } }));
  }
  expect(proxy.requests).toEqual([]);
});

test.each([
  ['CONNECT', async () => (await secureServer()).endpoint],
  ['absolute form', async () => (await plainServer()).endpoint],
])('a proxy that refuses the password is asked twice, then not before a minute is over: %s', async (_form, server) => {
  const proxy = await proxyWith({ auth: 'a:b' });
  const endpoint = await server();
  let now = 0;
  const httpProxy = `http://a:wrong@127.0.0.1:${proxy.port}`;
  const proxySignIns = new ProxySignIns(() => now);
  const ask = async (password = httpProxy): Promise<void> => {
    const error = await failure(channelTo(endpoint, { channel: { httpProxy: password }, routes: { proxySignIns } }));
    expect(error).toMatchObject({ code: 'proxy_auth', params: { status: 407 } });
  };
  for (let n = 0; n < 9; n++) await ask();
  expect(proxy.requests).toHaveLength(2);
  now += 60_000;
  for (let n = 0; n < 3; n++) await ask();
  expect(proxy.requests).toHaveLength(3);
  await ask(httpProxy.replace('wrong', 'another'));
  expect(proxy.requests).toHaveLength(4);
  proxySignIns.forget();
  await ask();
  expect(proxy.requests).toHaveLength(5);
});

test.each([
  ['proxy_auth', { auth: 'a:b' }, 'connect', '407'],
  ['proxy_refused', { refuse: 403 }, 'connect', '403'],
] as const)('a proxy that answers with %s is to blame itself', async (code, options, source, words) => {
  const proxy = await proxyWith(options);
  const secure = await secureServer();
  const error = await failure(channelTo(secure.endpoint, { channel: { httpProxy: proxy.url } }));
  expect(error).toMatchObject({ code, source, params: { proxy: proxy.url } });
  expect(sentence(error)).toContain(words);
  expect(secure.requests).toEqual([]);
});

test('a proxy that wants another sign-in for plain HTTP is told from a server that does', async () => {
  const proxy = await proxyWith({ auth: 'a:b' });
  const plain = await plainServer();
  const error = await failure(
    channelTo(plain.endpoint, { channel: { httpProxy: `http://a:wrong@127.0.0.1:${proxy.port}` } }),
  );
  expect(error).toMatchObject({ code: 'proxy_auth' });
  expect(JSON.stringify(error)).not.toContain('wrong');
});

test('an unreachable proxy, one that stalls and one that hangs up each have their own words', async () => {
  const secure = await secureServer();
  const through = (httpProxy: string, connectTimeoutMs = 10_000) =>
    failure(channelTo(secure.endpoint, { channel: { httpProxy }, routes: { connectTimeoutMs } }));
  expect(await through('http://127.0.0.1:1')).toMatchObject({
    code: 'proxy_unreachable',
    params: { proxy: 'http://127.0.0.1:1', detail: 'ECONNREFUSED' },
  });
  const stalling = await proxyWith({ stall: true });
  const stalled = await through(stalling.url, 150);
  expect(stalled).toMatchObject({ code: 'proxy_timeout', source: 'timeout', params: { proxy: stalling.url } });
  const silent = await listen(createTcpServer((socket) => socket.destroy()));
  expect(await through(silent.origin)).toMatchObject({ code: 'proxy_unreachable', params: { detail: 'ECONNRESET' } });
});

test('a proxy that opens TLS needs its authority, and then the call goes through', async () => {
  const inspection = makeCertificate({ commonName: 'Inspection CA' });
  const proxy = await proxyWith({ intercept: inspection });
  const secure = await secureServer();
  const setup = { channel: { httpProxy: proxy.url } };
  const refused = await failure(channelTo(secure.endpoint, await trusting(setup)));
  expect(refused).toMatchObject({ code: 'tls_untrusted', params: { proxy: proxy.url, issuer: 'Inspection CA' } });
  expect(sentence(refused)).toContain('Inspection CA');
  await succeed(channelTo(secure.endpoint, { ...setup, profile: { caBundle: await file(inspection.cert) } }));
});

test('a proxy that ends idle connections costs no call', async () => {
  const proxy = await proxyWith();
  const secure = await secureServer();
  const channel = channelTo(secure.endpoint, await trusting({ channel: { httpProxy: proxy.url } }));
  for (let n = 1; n <= 3; n += 1) {
    await succeed(channel);
    expect(proxy.requests).toHaveLength(n);
    await proxy.hangUp();
  }
});

test('a request that a proxy cuts while it waits is closed early, and says through which proxy', async () => {
  const proxy = await proxyWith();
  const secure = await secureServer();
  secure.on('tools/call', { body: [STALL] });
  const failed = failure(channelTo(secure.endpoint, await trusting({ channel: { httpProxy: proxy.url } })));
  await secure.call('tools/call');
  await proxy.hangUp();
  expect(await failed).toMatchObject({ source: 'transport_closed', params: { proxy: proxy.url } });
});

test('SOCKS5 leads to plain and TLS servers, with and without a sign-in', async () => {
  const open = await new FakeSocks().start();
  const closed = await new FakeSocks({ auth: 'user:secret' }).start();
  const refusing = await new FakeSocks({ refuse: true }).start();
  for (const one of [open, closed, refusing]) cleanUp(() => one.close());
  const plain = await plainServer();
  const secure = await secureServer();
  await succeed(channelTo(plain.endpoint, { channel: { httpProxy: `socks5://${open.host}` } }));
  await succeed(
    channelTo(secure.endpoint, await trusting({ channel: { httpProxy: `socks5://user:secret@${closed.host}` } })),
  );
  expect(open.targets).toEqual([`127.0.0.1:${plain.port}`]);
  const wrong = await failure(
    channelTo(plain.endpoint, { channel: { httpProxy: `socks5://user:wrong@${closed.host}` } }),
  );
  expect(wrong).toMatchObject({ code: 'proxy_auth', params: { proxy: `socks5://${closed.host}` } });
  const refused = await failure(channelTo(plain.endpoint, { channel: { httpProxy: `socks5://${refusing.host}` } }));
  expect(refused).toMatchObject({ code: 'proxy_refused' });
});

test('a rotated certificate is used by the next call, and the call in flight is not lost', async () => {
  const clients = makeCertificate({ commonName: 'Clients' });
  const server = await secureServer(signed(), { clientCa: clients.cert });
  const place = await folder();
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(place, `${name}.new`), text);
    await rename(join(place, `${name}.new`), join(place, name));
  };
  const alice = makeCertificate({ commonName: 'alice', issuer: clients });
  const bob = makeCertificate({ commonName: 'bob', issuer: clients });
  await write('cert.pem', alice.cert);
  await write('key.pem', alice.key);
  const problems: (string | undefined)[] = [];
  let wake = (): void => undefined;
  const problem = async (wanted: string | undefined): Promise<void> => {
    while (problems.length === 0 || problems.at(-1) !== wanted) await new Promise<void>((resolve) => (wake = resolve));
  };
  const files = { clientCert: join(place, 'cert.pem'), clientKey: join(place, 'key.pem') };
  const setup = await trusting({
    channel: files,
    routes: {
      watchIntervalMs: 20,
      onProblem: (error) => {
        problems.push(error?.params['detail'] as string | undefined);
        wake();
      },
    },
  });
  const channel = channelTo(server.endpoint, setup);
  let release = (): void => undefined;
  server.once('tools/call', (request) => ({
    after: new Promise<void>((resolve) => (release = resolve)),
    body: `{"jsonrpc":"2.0","id":${request.rpcId},"result":1}`,
  }));
  const slow = send(channel, call('7'));
  await server.call('tools/call');

  await write('cert.pem', bob.cert);
  await problem('the key belongs to another certificate');
  await send(channel, call('8', 'tools/list'));
  expect(server.callsOf('tools/list')[0]?.clientCertificate).toBe('alice');
  await write('key.pem', bob.key);
  await problem(undefined);
  await send(channel, call('9', 'tools/list'));
  expect(server.callsOf('tools/list')[1]?.clientCertificate).toBe('bob');
  release();
  expect((await slow).answer.status).toBe(200);
});

test('the certificates that matter are known with their last day', async () => {
  const clients = makeCertificate({ commonName: 'Clients' });
  const server = await secureServer(signed({ commonName: 'mcp.corp' }), { clientCa: clients.cert });
  const alice = makeCertificate({ commonName: 'alice', issuer: clients });
  const channel = { kind: 'http', name: 'main', url: server.endpoint, ...(await clientFiles(alice)) };
  const routes = routesFor({ channels: [channel], caBundle: await file(authority.cert) });
  const target = { url: new URL(server.endpoint), name: 'main' };
  const evidence = await routes.test('mcp', target);
  expect(evidence).toMatchObject({
    outcome: 'pass',
    facts: { mode: 'direct', subject: 'mcp.corp', clientCertificate: 'CN=alice' },
  });
  expect(routes.certificates().map(({ of, subject }) => [of, subject])).toEqual([
    ['client', 'CN=alice'],
    ['mcp-server', 'mcp.corp'],
  ]);
  expect(server.requests).toEqual([]);
});

test('testing a route says where it ends', async () => {
  const proxy = await proxyWith({ refuse: 503 });
  const routes = routesFor({ controlPlane: { baseUrl: 'https://api.example.test', httpProxy: proxy.url } });
  const target = { url: new URL('https://api.example.test') };
  expect(await routes.test('control-plane', target)).toMatchObject({
    outcome: 'fail',
    facts: { mode: 'proxy', via: proxy.url, source: 'control_plane.http_proxy' },
    error: { code: 'proxy_refused', params: { status: 503, host: 'api.example.test' } },
  });
});

test('a way is told stretch by stretch, as far as it goes', async () => {
  const middle = signed({ commonName: 'Corp Issuing', intermediate: true });
  const plane = makeCertificate({ commonName: 'plane', hosts: ['plane.test'], issuer: middle });
  const server = await secureServer({ ...plane, cert: plane.cert + middle.cert });
  const proxy = await proxyWith({ resolve: () => '127.0.0.1' });
  const url = new URL(server.endpoint.replace('127.0.0.1', 'plane.test'));
  const settings = { controlPlane: { baseUrl: url.origin, httpProxy: proxy.url } };
  const trusting = routesFor({ ...settings, caBundle: await file(authority.cert) });
  const walked = await trusting.walk('control-plane', { url });
  expect(walked.map(({ step, outcome }) => [step, outcome])).toEqual([
    ['route.settings', 'pass'],
    ['way.proxy-connect', 'pass'],
    ['way.proxy-consent', 'pass'],
    ['way.tls', 'pass'],
  ]);
  expect(walked.every(({ ms = -1 }) => ms >= 0)).toBe(true);
  expect(walked.at(-1)?.facts['chain']).toEqual([
    expect.stringMatching(/^plane until \d{4}-/),
    expect.stringMatching(/^Corp Issuing until /),
    `${authority.commonName} until ${new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)}`,
  ]);
  const distrusting = routesFor(settings);
  expect((await distrusting.walk('control-plane', { url })).map(({ step, error }) => [step, error?.code])).toEqual([
    ['route.settings', undefined],
    ['way.proxy-connect', undefined],
    ['way.proxy-consent', undefined],
    ['route.control-plane', 'tls_untrusted'],
  ]);
  const direct = routesFor({ controlPlane: { baseUrl: 'http://localhost:1' } });
  const ended = await direct.walk('control-plane', { url: new URL('http://localhost:1') });
  expect(ended.map(({ step }) => step)).toEqual(['route.settings', 'way.name', 'route.control-plane']);
  expect(ended[1]?.facts['addresses']).toContain('127.0.0.1');
});
