import { createServer, type Server } from 'node:http';
import { expect, test } from 'vitest';
import { configuredTargets } from '../../src-main/network/profile-routes.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { cleanUp, deadPort, listen, profileWith, routesFor } from '../support/network.ts';

test('the control plane’s own place is the one for client certificates when the profile has one', () => {
  const controlPlane = { baseUrl: 'https://api.openai.com', urlPath: '' };
  const placeOf = (settings: object): string | undefined =>
    configuredTargets(profileWith({ controlPlane: { ...controlPlane, ...settings }, channels: [] }))[0]?.[1].url.host;
  expect(placeOf({})).toBe('api.openai.com');
  expect(placeOf({ clientCert: '/cert.pem', clientKey: '/key.pem' })).toBe('mtls.api.openai.com');
});

test('requests reuse one connection, and a warm one is opened ahead of the first request', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end('ok'));
  const opened = new Promise<void>((resolve) =>
    server.on('connection', () => {
      connections += 1;
      resolve();
    }),
  );
  const url = await listen(server);
  const lease = await routesFor().dispatcherFor('mcp', { url });
  lease.warm?.(1);
  await opened;
  for (let call = 0; call < 3; call += 1) {
    const { body } = await lease.dispatcher.request({ origin: url.origin, path: '/', method: 'GET' });
    expect(await body.text()).toBe('ok');
    // undici frees a connection one turn after its answer ended.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(connections).toBe(1);
  lease.release();
});

test('a refused connection is named with its address', async () => {
  const url = new URL(`http://127.0.0.1:${await deadPort()}`);
  const lease = await routesFor().dispatcherFor('control-plane', { url });
  const failure = await lease.dispatcher.request({ origin: url.origin, path: '/', method: 'GET' }).catch(lease.explain);
  expect(failure).toMatchObject({ code: 'connect_refused', leg: 'control-plane', params: { address: url.host } });
});

test('on another network the system is asked anew for the proxy, and requests under way go on', async () => {
  const leading = { resolve: () => '127.0.0.1' };
  const [home, office] = [await new FakeProxy(leading).start(), await new FakeProxy(leading).start()];
  for (const proxy of [home, office]) cleanUp(() => proxy.close());
  let server: Server | undefined;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const asked = new Promise<void>((resolve) => {
    server = createServer((request, response) => {
      if (request.url !== '/slow') return void response.end('ok');
      resolve();
      void held.then(() => response.end('slow but there'));
    });
  });
  let proxy = home.url;
  const url = new URL(`http://server.test:${(await listen(server!)).port}`);
  const routes = routesFor({}, { systemProxy: async () => proxy });
  const get = async (path: string): Promise<string> => {
    const lease = await routes.dispatcherFor('mcp', { url });
    const { body } = await lease.dispatcher.request({ origin: url.origin, path, method: 'GET' });
    const text = await body.text();
    lease.release();
    return text;
  };
  const slow = get('/slow');
  await asked;
  proxy = office.url;
  await routes.closeIdle();
  expect(await get('/')).toBe('ok');
  release();
  expect(await slow).toBe('slow but there');
  expect([home.requests.length, office.requests.length]).toEqual([1, 1]);
});

test('origins beyond number do not pile up, and the ones that a profile names stay', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end('ok'));
  server.on('connection', () => (connections += 1));
  const url = await listen(server);
  const routes = routesFor({ channels: [{ kind: 'http', name: 'main', url: url.href }] });
  const get = async (): Promise<void> => {
    const lease = await routes.dispatcherFor('mcp', { url, name: 'main' });
    const { body } = await lease.dispatcher.request({ origin: url.origin, path: '/', method: 'GET' });
    await body.text();
    lease.release();
    // undici frees a connection one turn after its answer ended.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await get();
  for (let host = 0; host < 450; host += 1) {
    const lease = await routes.dispatcherFor('harpoon', { url: new URL(`http://host-${host}.test`), name: 'any' });
    lease.release();
  }
  await get();
  expect(connections).toBe(1);
});
