import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { FakeControlPlane, RecordedPost } from '../fakes/control-plane.ts';
import { CUT, RESET, STALL, event, sseAnswer, stalledAnswer, type Answer } from '../fakes/mcp-http.ts';
import { loopbackCertificates } from '../support/certificates.ts';
import { deadPort } from '../support/network.ts';
import {
  cleanUp,
  failureOf,
  faultyStdio,
  request,
  spawnTunnel,
  startControlPlane,
  startMcpServer,
  startTunnel,
  type Failure,
} from './tunnel-process.ts';

afterEach(cleanUp);

/** What holds for every failure that Culvert puts in the place of an answer (protocol.md, tunnel failures). */
function expectFailure(post: RecordedPost, source: string): Failure {
  const json = post.json as { id: unknown; error: { code: number; message: string; data: object } };
  const failure = failureOf(json);
  expect(failure, JSON.stringify(json)).toMatchObject({ version: 1, source });
  expect(json.id).toBe('the-id');
  expect(json.error.code).toBe(-32603);
  expect(post.type).toBe('jsonrpc_response');
  expect(post.code).toBeGreaterThanOrEqual(400);
  if (source !== 'target_http') expect(failure).not.toHaveProperty('upstream_status');
  if (source === 'transport_closed') expect(failure?.upstream_response_received).toBe(false);
  expect(JSON.stringify(json)).not.toMatch(/127\.0\.0\.1|localhost|\.invalid|hunter2/);
  return failure!;
}

const call = (controlPlane: FakeControlPlane, requestId = 'r', extra = {}) => {
  controlPlane.send({ request_id: requestId, jsonrpc: request('tools/call', '"the-id"'), ...extra });
  return controlPlane.responseFor(requestId);
};

async function failureAt(serverUrl: string, args: readonly string[] = []): Promise<RecordedPost> {
  const controlPlane = await startControlPlane();
  await startTunnel({ controlPlane, serverUrl, args });
  return call(controlPlane);
}

/** One faulty answer, then a sound one: the fault must cost no more than its own call. */
async function failureWith(answer: Answer): Promise<RecordedPost> {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  mcp.once('tools/call', answer);
  const post = await call(controlPlane);
  expect((await call(controlPlane, 'after')).json).toHaveProperty('result');
  expect(mcp.callsOf('tools/call')).toHaveLength(2);
  expect(controlPlane.terminalFor('r')).toHaveLength(1);
  return post;
}

describe('tunnel_failure.source', () => {
  test('is target_http for an HTTP error without an MCP message, whose text stays here', async () => {
    const post = await failureWith({ status: 503, headers: { 'content-type': 'text/plain' }, body: 'hunter2' });
    expect(expectFailure(post, 'target_http')).toEqual({
      version: 1,
      source: 'target_http',
      transport_error_kind: 'malformed_json',
      upstream_response_received: true,
      upstream_status: 503,
    });
    expect(post.code).toBe(503);
    expect(post.json).toMatchObject({ error: { message: 'Service Unavailable' } });
  });

  test('is target_http for a 401, and the challenge passes', async () => {
    const post = await failureWith({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="x"' },
      body: 'hunter2',
    });
    expect(expectFailure(post, 'target_http').upstream_status).toBe(401);
    expect(JSON.stringify(post.headers)).toContain('realm');
  });

  test('is dns for a name that does not resolve', async () => {
    expectFailure(await failureAt('http://culvert-test.invalid/mcp'), 'dns');
  });

  test('is connect where nobody listens', async () => {
    expectFailure(await failureAt(`http://127.0.0.1:${await deadPort()}/mcp`), 'connect');
  });

  test('is tls for a certificate that nobody we trust vouches for', async () => {
    const { server } = loopbackCertificates();
    const mcp = await startMcpServer({ tls: server });
    expectFailure(await failureAt(mcp.endpoint), 'tls');
  });

  test('is transport_closed when the server resets the connection', async () => {
    expectFailure(await failureWith({ raw: [RESET] }), 'transport_closed');
  });

  test('is transport_closed when the server hangs up without an answer', async () => {
    expectFailure(await failureWith({ raw: [CUT] }), 'transport_closed');
  });

  test('is transport_closed when the stdio server dies under the call', async () => {
    const controlPlane = await startControlPlane();
    await startTunnel({ controlPlane, command: faultyStdio() });
    controlPlane.send({ request_id: 'r', jsonrpc: request('exit', '"the-id"') });
    expectFailure(await controlPlane.responseFor('r'), 'transport_closed');
    controlPlane.send({ request_id: 'after', jsonrpc: request('raw', '1', '{"text":"1"}') });
    await controlPlane.responseFor('after');
  });

  test('is timeout when a server accepts the connection and then says nothing in the TLS handshake', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expectFailure(await failureAt(`https://127.0.0.1:${port}/mcp`), 'timeout');
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test.each<[string, Answer]>([
    ['no JSON', { headers: { 'content-type': 'application/json' }, body: '<html>hunter2' }],
    ['cut JSON', { headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0","id":"the-id","result":' }],
    ['JSON that is no message', { headers: { 'content-type': 'application/json' }, body: '"the-id"' }],
    [
      'the answer to another call',
      { headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0","id":9,"result":{}}' },
    ],
    [
      'an answer that breaks out of the envelope',
      {
        headers: { 'content-type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":"the-id","result":{}},"resp_code":500,"x":{"y":1}',
      },
    ],
    [
      'bytes that are no UTF-8',
      {
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{"jsonrpc":"2.0","id":"the-id","result":"\xff"}', 'latin1'),
      },
    ],
    [
      'a stream that ends without the result',
      sseAnswer(event({ jsonrpc: '2.0', method: 'notifications/message', params: {} })),
    ],
    ['an empty body', { headers: { 'content-type': 'application/json' } }],
    ['a web page', { headers: { 'content-type': 'text/html' }, body: '<html>hunter2</html>' }],
  ])('is protocol for %s', async (_what, answer) => {
    expectFailure(await failureWith(answer), 'protocol');
  });

  test('is client_internal for a channel that is not configured, and main is not called in its place', async () => {
    const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
    await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
    const post = await call(controlPlane, 'r', { channel: 'other' });
    expectFailure(post, 'client_internal');
    expect(post.channel).toBe('other');
    expect(JSON.stringify(post.json)).toContain('unsupported_channel');
    expect(mcp.callsOf('tools/call')).toHaveLength(0);
  });
});

test.each<[string, Answer]>([
  [
    'a body that is cut',
    { headers: { 'content-type': 'application/json', 'content-length': '500' }, body: ['{"jsonrpc"', CUT] },
  ],
  ['a chunked body that is cut', { headers: { 'content-type': 'application/json' }, body: ['{"jsonrpc"', CUT] }],
  ['a stream that is reset', sseAnswer(event({ jsonrpc: '2.0', method: 'notifications/message' }), RESET)],
  [
    'a body longer than it said',
    {
      raw: [
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n{"jsonrpc":"2.0","id":"the-id","result":{}}',
      ],
    },
  ],
  ['no HTTP', { raw: ['SSH-2.0-OpenSSH_9\r\n'] }],
])('%s costs one failure and nothing else', async (_what, answer) => {
  const failure = failureOf((await failureWith(answer)).json);
  expect(['transport_closed', 'protocol']).toContain(failure?.source);
  if (failure?.source === 'transport_closed') expect(failure.upstream_response_received).toBe(false);
});

test('a server that stalls holds up its own call only, and stalled calls are let go at their deadline', async () => {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  mcp.once('tools/call', stalledAnswer);
  mcp.once('tools/call', sseAnswer(STALL));
  mcp.once('tools/call', { raw: [STALL] });
  for (const id of ['s1', 's2', 's3'])
    controlPlane.send({ request_id: id, jsonrpc: request('tools/call', '"the-id"'), response_timeout: '2s' });
  const stalled = await Promise.all([0, 1, 2].map((n) => mcp.call('tools/call', n)));
  expect((await call(controlPlane)).json).toHaveProperty('result');
  await Promise.all(stalled.map((one) => one.aborted));
  expect((await call(controlPlane, 'later')).json).toHaveProperty('result');
  expect(controlPlane.posts.map((post) => post.requestId)).toEqual(['r', 'later']);
});

test('a command that is not there ends the start with one clear message', async () => {
  const controlPlane = await startControlPlane();
  const tunnel = await spawnTunnel({ controlPlane, command: '/nowhere/culvert-test-program --flag' });
  const { code } = await tunnel.exited;
  expect(code).toBeGreaterThan(0);
  expect(tunnel.log).toContain('/nowhere/culvert-test-program');
});
