import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createHttpListener, type HttpListener, type HttpListenerOptions } from '../../src-main/admin/http-listener.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function listener(options: HttpListenerOptions = { address: '127.0.0.1:0' }): Promise<HttpListener> {
  const made = createHttpListener(options);
  made.mount('/probe', 'probe', (_request, response) => void response.end('probe'));
  made.mount('/local', 'local', (_request, response) => void response.end('local'));
  made.mount('/ui', 'ui', (_request, response) => void response.end('ui'));
  await made.listen();
  open.push(() => made.close());
  return made;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

function ask(address: string, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  const where = address.startsWith('unix:')
    ? { socketPath: address.slice('unix:'.length) }
    : { host: new URL(address).hostname, port: new URL(address).port };
  return new Promise((resolve, reject) => {
    request({ ...where, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

test('a page that rebinds a name to loopback reads nothing, at any path', async () => {
  const { address = '' } = await listener();
  for (const host of ['evil.example', 'evil.example:8090', '127.0.0.1.evil.example', 'localhost.evil.example']) {
    for (const path of ['/probe', '/local', '/ui', '/nowhere']) {
      expect((await ask(address, path, { host })).status, `${host} ${path}`).toBe(403);
    }
  }
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:8090', '127.9.9.9']) {
    expect((await ask(address, '/probe', { host })).body, host).toBe('probe');
  }
});

test('a foreign page is refused where only programs of this machine may ask', async () => {
  const { address = '' } = await listener();
  for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
    expect((await ask(address, '/local', { origin })).status, origin).toBe(403);
  }
  expect((await ask(address, '/local', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await ask(address, '/local', { origin: address })).body).toBe('local');
  expect((await ask(address, '/local')).body).toBe('local');
});

test('an address off loopback that was asked for serves probes to any Host, and nothing else', async () => {
  const { address = '' } = await listener({ address: '0.0.0.0:0' });
  expect((await ask(address, '/probe', { host: 'cluster.internal' })).body).toBe('probe');
  expect((await ask(address, '/local', { host: 'cluster.internal' })).status).toBe(403);
  expect((await ask(address, '/ui', { host: 'cluster.internal' })).status).toBe(403);
});

test('the interface opens once per token, by a cookie of its own that pages cannot read or send from elsewhere', async () => {
  const one = await listener();
  const address = one.address ?? '';
  expect((await ask(address, '/ui')).status).toBe(401);
  const path = one.uiAddress()?.slice(address.length) ?? '';
  const entered = await ask(address, path, { 'sec-fetch-site': 'cross-site' });
  expect(entered.status).toBe(303);
  expect(entered.headers.location).toBe('/ui/');
  const [cookie = ''] = entered.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^culvert-[0-9a-f]{12}=[\w-]{43}; Path=\/ui; HttpOnly; SameSite=Strict$/);
  expect((await ask(address, path)).status).toBe(401);
  expect((await ask(address, '/ui?token=nonsense')).status).toBe(401);

  const session = { cookie: cookie.split(';')[0] ?? '' };
  expect((await ask(address, '/ui/x', session)).body).toBe('ui');
  const post = { ...session, origin: address, 'x-culvert-client': 'page-1' };
  expect((await ask(address, '/ui/api/x', post, 'POST')).body).toBe('ui');
  expect((await ask(address, '/ui/api/x', { ...session, origin: address }, 'POST')).status).toBe(403);
  expect((await ask(address, '/ui/api/x', { ...post, origin: 'http://localhost:1' }, 'POST')).status).toBe(403);
  expect((await ask(address, '/ui/api/x', { ...session, 'x-culvert-client': 'page-1' }, 'POST')).status).toBe(403);

  const two = await listener();
  expect((await ask(two.address ?? '', '/ui', session)).status).toBe(401);
  one.revokeSessions();
  expect((await ask(address, '/ui', session)).status).toBe(401);
});

test('the instance’s token opens the interface’s calls to the command line, any other does not', async () => {
  const one = await listener();
  const address = one.address ?? '';
  expect((await ask(address, '/ui/api/x', { authorization: `Bearer ${one.instanceToken}` }, 'POST')).body).toBe('ui');
  expect((await ask(address, '/ui/api/x', { authorization: 'Bearer x' }, 'POST')).status).toBe(401);
});

test('the longest path that is mounted answers, and unmounting takes it away', async () => {
  const one = await listener();
  const off = one.mount('/local/deep', 'local', (_request, response) => void response.end('deep'));
  expect((await ask(one.address ?? '', '/local/deep/er')).body).toBe('deep');
  expect((await ask(one.address ?? '', '/localized')).status).toBe(404);
  off();
  expect((await ask(one.address ?? '', '/local/deep/er')).body).toBe('local');
});

test('a handler that fails tells its caller nothing of why', async () => {
  const faults: unknown[] = [];
  const one = await listener({ address: '127.0.0.1:0', onFault: (error) => faults.push(error) });
  one.mount('/bad', 'local', () => Promise.reject(new Error('a secret')));
  expect(await ask(one.address ?? '', '/bad')).toMatchObject({ status: 500, body: 'Culvert could not answer this\n' });
  expect(faults).toHaveLength(1);
});

test('a taken address that was asked for is an error, the default moves on', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => blocker.close(() => resolve())));
  const { port } = blocker.address() as AddressInfo;
  await expect(createHttpListener({ address: `127.0.0.1:${port}` }).listen()).rejects.toMatchObject({
    code: 'port_in_use',
    params: { address: `127.0.0.1:${port}` },
  });
  await expect(createHttpListener({ address: '192.0.2.1:0' }).listen()).rejects.toMatchObject({
    code: 'listen_failed',
  });
  const [first, second] = [await listener({}), await listener({})];
  expect(Number(new URL(second.address ?? '').port)).toBeGreaterThan(Number(new URL(first.address ?? '').port));
});

test.skipIf(process.platform === 'win32')(
  'a Unix socket serves what loopback does, and takes the place of a dead one only',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'culvert-socket-'));
    open.push(() => rm(folder, { recursive: true, force: true }));
    const unixSocket = join(folder, 's');
    const one = await listener({ unixSocket });
    expect(one.address).toBe(`unix:${unixSocket}`);
    expect((await ask(one.address ?? '', '/local', { host: 'anything' })).body).toBe('local');
    await expect(createHttpListener({ unixSocket }).listen()).rejects.toMatchObject({ code: 'port_in_use' });
  },
);
