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

/**
 * Tries with another request id and twice the time until what is waited for came before the deadline: a busy machine may
 * need longer for that than a test wants to wait for a deadline.
 */
async function inTime<T>(
  ms: number,
  attempt: (id: string, ms: number) => Promise<T>,
): Promise<{ id: string; seen: T }> {
  for (let n = 0; ; n += 1) {
    const id = `r${n}`;
    try {
      return { id, seen: await attempt(id, ms * 2 ** n) };
    } catch (error) {
      if (n === 5) throw error;
    }
  }
}
/** How long after a deadline it is plain that nothing came before it. */
const slackMs = 1_500;

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
  // room for a second poll beside the first
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint, args: ['--control-plane.max-inflight', '50'] });
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
  // the next poll is asked for when the headers are there: the deadline runs from then or from before
  const { startedAt } = await controlPlane.poll(1);
  const timer = setInterval(() => {
    if (performance.now() - startedAt > 310) release();
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
  const { seen: call } = await inTime(250, (id, ms) => {
    controlPlane.send({ request_id: id, jsonrpc: request('slow'), response_timeout: `${ms}ms` });
    return mcp.call('slow', 0, ms + slackMs);
  });
  await call.aborted;
  controlPlane.send(marker);
  await controlPlane.responseFor('marker');
  expect(controlPlane.posts.map(({ requestId }) => requestId)).toEqual(['marker']);
});

test('past its deadline a stdio call is cancelled at the child, whose late answer goes to nobody', async () => {
  const controlPlane = await startControlPlane();
  const log = await logFile();
  await startTunnel({ controlPlane, command: faultyStdio('--log', log.path) });
  await inTime(300, (id, ms) => {
    controlPlane.send({ request_id: id, jsonrpc: request('hold', '"a"'), response_timeout: `${ms}ms` });
    return log.has('notifications/cancelled', 1, ms + slackMs);
  });
  controlPlane.send({ request_id: 'release', jsonrpc: request('release', '"a"') });
  const post = await controlPlane.responseFor('release');
  expect(post.raw?.toString()).toBe('{"jsonrpc":"2.0","id":"a","result":"released"}');
  expect(controlPlane.posts).toEqual([post]);
});

test('a deadline that passes while the answer is posted ends the retries, and the tunnel goes on', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  const { id, seen: first } = await inTime(500, (each, ms) => {
    controlPlane.onPost(each, { body: [STALL] }, { body: [STALL] });
    controlPlane.send({ request_id: each, jsonrpc: request(each), response_timeout: `${ms}ms` });
    return controlPlane.responseFor(each, 0, ms + slackMs);
  });
  await first.request.aborted;
  controlPlane.send(marker);
  await controlPlane.responseFor('marker');
  expect(controlPlane.postsFor(id)).toHaveLength(1);
  expect(mcp.callsOf(id)).toHaveLength(1);
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
  const { seen: call } = await inTime(400, (id, ms) => {
    controlPlane.send({ request_id: id, jsonrpc: request('slow') });
    return mcp.call('slow', 0, ms + slackMs);
  });
  await call.aborted;
  const { id } = await inTime(400, (each, ms) => {
    controlPlane.send({ request_id: `next-${each}`, jsonrpc: request('ping') });
    return controlPlane.responseFor(`next-${each}`, 0, ms + slackMs);
  });
  expect(controlPlane.posts.map(({ requestId }) => requestId)).toEqual([`next-${id}`]);
});
