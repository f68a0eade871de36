import { afterEach, expect, test } from 'vitest';
import { cleanUp, request, startControlPlane, startMcpServer, startTunnel } from './tunnel-process.ts';

afterEach(cleanUp);

test.each([401, 403])(
  'polls that get %d make a person act, come ever more slowly, and cost no command',
  async (status) => {
    const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    mcp.on('slow', (call) => ({
      after: held,
      headers: { 'content-type': 'application/json' },
      body: `{"jsonrpc":"2.0","id":${call.rpcId!},"result":1}`,
    }));
    const tunnel = await startTunnel({ controlPlane, serverUrl: mcp.endpoint, args: ['--log.format', 'json'] });
    controlPlane.send({ request_id: 'r', jsonrpc: request('slow') });
    await mcp.call('slow');
    controlPlane.standingPoll = { status };
    controlPlane.onPoll({ status });
    await tunnel.logged(/"level":"error".*key|key.*"level":"error"/i);
    const polls = controlPlane.polls.length;
    expect((await tunnel.health('/readyz')).status).toBe(503);
    release();
    expect((await controlPlane.responseFor('r')).json).toMatchObject({ result: 1 });
    expect(controlPlane.polls.length).toBeLessThanOrEqual(polls + 2);
    expect(tunnel.running).toBe(true);
  },
);

test('a tunnel that does not exist makes readiness fail and says so, while the process stays', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  controlPlane.standingPoll = { status: 404 };
  const tunnel = await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  await tunnel.logged(/tunnel_not_found|no such tunnel|does not (know|exist)/i);
  expect((await tunnel.health('/readyz')).status).toBe(503);
  expect((await tunnel.health('/healthz')).status).toBe(200);
  expect(tunnel.running).toBe(true);
});

test.each([
  ['401', { status: 401 }],
  ['403', { status: 403 }],
  ['404', { status: 404 }],
  ['408', { status: 408 }],
  ['a redirect', { status: 307, headers: { location: '/elsewhere' } }],
  ['a page', { status: 404, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Gone</title>' }],
])('one poll that gets %s costs seconds, not a minute', async (_name, answer) => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  mcp.on('hello', (call) => ({
    headers: { 'content-type': 'application/json' },
    body: `{"jsonrpc":"2.0","id":${call.rpcId!},"result":1}`,
  }));
  await controlPlane.poll(0);
  controlPlane.onPoll(answer);
  await controlPlane.poll(1);
  controlPlane.send({ request_id: 'r', jsonrpc: request('hello') });
  expect((await controlPlane.responseFor('r')).json).toMatchObject({ result: 1 });
});
