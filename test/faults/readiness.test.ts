import { afterEach, expect, test } from 'vitest';
import { cleanUp, request, startControlPlane, startMcpServer, startTunnel } from './tunnel-process.ts';

afterEach(cleanUp);

test('a server that answers every call with a page is told from the first on, unready from the third, and ready with its next answer', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  const tunnel = await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  const call = async (id: string): Promise<unknown> => {
    controlPlane.send({ request_id: id, jsonrpc: request('tools/call') });
    return (await controlPlane.responseFor(id)).json;
  };
  const isReady = async (): Promise<boolean> => (await tunnel.health('/readyz')).status === 200;

  mcp.on('tools/call', { headers: { 'content-type': 'text/html' }, body: '<h1>Welcome</h1>' });
  expect(await call('a')).toMatchObject({ error: { code: -32603 } });
  await tunnel.logged(/A call got no answer.*not JSON/);
  expect(await isReady()).toBe(true);
  await call('b');
  await call('c');
  await expect.poll(isReady).toBe(false);
  expect((await tunnel.health('/readyz')).text).toContain('The last 3 calls got no answer');
  expect(JSON.parse((await tunnel.health('/health/mcp')).text)).toMatchObject({
    status: 'degraded',
    reason_code: 'bad_json',
    details: { unanswered_calls: 3 },
  });

  mcp.on('tools/call', {
    headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"result":{}}',
  });
  expect(await call('d')).toMatchObject({ result: {} });
  await tunnel.logged(/answers again/);
  await expect.poll(isReady).toBe(true);
});
