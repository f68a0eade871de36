import { afterEach, expect, test } from 'vitest';
import { STALL, stalledAnswer } from '../fakes/mcp-http.ts';
import {
  cleanUp,
  faultyStdio,
  logFile,
  request,
  startControlPlane,
  startMcpServer,
  startTunnel,
} from './tunnel-process.ts';

afterEach(cleanUp);

/** A command sent last whose answer shows that all before it have had their turn. */
const marker = { request_id: 'marker', jsonrpc: request('ping', '"marker"') };

test('a command with 0s is neither run nor answered', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  controlPlane.send({ request_id: 'r', jsonrpc: request('tools/call'), response_timeout: '0s' }, marker);
  await controlPlane.responseFor('marker');
  expect(controlPlane.postsFor('r')).toEqual([]);
  expect(mcp.callsOf('tools/call')).toEqual([]);
});

test('the deadline runs from the poll’s headers, not from its body', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const fields = { request_id: 'r', shard_token: 's', command_type: 'jsonrpc', response_timeout: '300ms' };
  controlPlane.onPoll({
    body: [
      '{"commands":[',
      held,
      `${JSON.stringify({ ...fields, jsonrpc: { jsonrpc: '2.0', id: 1, method: 'late' } })}]}`,
    ],
  });
  const headersAt = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - headersAt > 400) release();
  }, 20);
  await held;
  clearInterval(timer);
  controlPlane.send(marker);
  await controlPlane.responseFor('marker');
  await controlPlane.poll(2);
  expect(mcp.callsOf('late')).toEqual([]);
  expect(controlPlane.postsFor('r')).toEqual([]);
});

test('past its deadline a call over HTTP is cancelled at the server and nothing is posted for it', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  mcp.on('slow', stalledAnswer);
  controlPlane.send({ request_id: 'r', jsonrpc: request('slow'), response_timeout: '250ms' });
  await (
    await mcp.call('slow')
  ).aborted;
  controlPlane.send(marker);
  await controlPlane.responseFor('marker');
  expect(controlPlane.postsFor('r')).toEqual([]);
});

test('past its deadline a stdio call is cancelled at the child, whose late answer goes to nobody', async () => {
  const controlPlane = await startControlPlane();
  const log = await logFile();
  await startTunnel({ controlPlane, command: faultyStdio('--log', log.path) });
  controlPlane.send({ request_id: 'r', jsonrpc: request('hold', '"a"'), response_timeout: '300ms' });
  await log.has('notifications/cancelled');
  controlPlane.send({ request_id: 'release', jsonrpc: request('release', '"a"') });
  const post = await controlPlane.responseFor('release');
  expect(post.raw?.toString()).toBe('{"jsonrpc":"2.0","id":"a","result":"released"}');
  expect(controlPlane.postsFor('r')).toEqual([]);
});

test('a deadline that passes while the answer is posted ends the retries, and the tunnel goes on', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  controlPlane.onPost('r', { body: [STALL] }, { body: [STALL] });
  controlPlane.send({ request_id: 'r', jsonrpc: request('echo'), response_timeout: '500ms' });
  const first = await controlPlane.responseFor('r');
  await first.request.aborted;
  controlPlane.send(marker);
  await controlPlane.responseFor('marker');
  expect(controlPlane.postsFor('r')).toHaveLength(1);
  expect(mcp.callsOf('echo')).toHaveLength(1);
});

test.each([
  ['null', null],
  ['a number', 1],
  ['a fraction', '0.001s'],
  ['a compound', '0m1ms'],
  ['a blank', ' 1ms'],
  ['a sign', '+0s'],
  ['an unknown unit', '0d'],
  ['an overflow', '999999999999999999999999h'],
  ['an object', { s: 0 }],
])('a response_timeout that is %s means no deadline', async (_what, response_timeout) => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  controlPlane.send({ request_id: 'r', jsonrpc: request('echo'), response_timeout });
  expect((await controlPlane.responseFor('r')).json).toHaveProperty('result');
});

test('without a deadline the connection lifetime ends the call, nothing is posted, and the next call works', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint, args: ['--mcp.connection-max-ttl', '400ms'] });
  mcp.on('slow', stalledAnswer);
  controlPlane.send({ request_id: 'r', jsonrpc: request('slow') });
  await (
    await mcp.call('slow')
  ).aborted;
  controlPlane.send(marker);
  await controlPlane.responseFor('marker');
  expect(controlPlane.postsFor('r')).toEqual([]);
});
