import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { listen, routesFor } from '../support/network.ts';

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
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const url = new URL(`http://127.0.0.1:${port}`);
  const lease = await routesFor().dispatcherFor('control-plane', { url });
  const failure = await lease.dispatcher.request({ origin: url.origin, path: '/', method: 'GET' }).catch(lease.explain);
  expect(failure).toMatchObject({ code: 'connect_refused', leg: 'control-plane', params: { address: url.host } });
});
