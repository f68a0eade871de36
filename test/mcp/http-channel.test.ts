import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AnswerError } from '../../src-main/call/channel.ts';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import type { ChannelState } from '../../shared/tunnel.ts';
import { CUT, event, FakeMcpServer, jsonAnswer, RESET, sseAnswer, STALL } from '../fakes/mcp-http.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { call, channelTo, send } from '../support/http-channel.ts';
import { cleanUp, listen } from '../support/network.ts';

async function fakeServer(options: Parameters<typeof FakeMcpServer.start>[0] = {}): Promise<FakeMcpServer> {
  const server = await FakeMcpServer.start(options);
  cleanUp(() => server.close());
  return server;
}

const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  );

test('a message reaches the server byte for byte, and the answer comes back the same way', async () => {
  const server = await fakeServer();
  const text = call('12345678901234567890', 'tools/call', '{"b":1,"a":9007199254740993,"b":"\\u00e9 é"}');
  const { answer } = await send(channelTo(server.endpoint), text);
  const [seen] = server.calls;
  expect(seen?.body.toString()).toBe(text);
  expect(answer.status).toBe(200);
  expect(answer.body?.toString()).toBe(`{"jsonrpc":"2.0","id":12345678901234567890,"result":{"echo":${text}}}`);
});

test("the command's headers win over static ones, and those of one hop or of the service stay behind", async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint, {
    mcp: { extraHeaders: { authorization: 'static', 'X-Static': 'kept' }, discoveryExtraHeaders: { 'X-Probe': 'no' } },
  });
  await send(channel, call('1'), [
    ['Authorization', 'Bearer caller'],
    ['Mcp-Session-Id', 's1'],
    ['Mcp-Method', 'tools/call'],
    ['X-Many', 'one'],
    ['X-Many', 'two'],
    ['Connection', 'close, X-Hop'],
    ['X-Hop', 'gone'],
    ['Keep-Alive', 'timeout=1'],
    ['Proxy-Authorization', 'Basic gone'],
    ['X-Tunnel-Shard-Token', 'gone'],
    ['Host', 'elsewhere.example'],
    ['Content-Length', '3'],
    ['Accept-Encoding', 'gzip'],
    ['Expect', '100-continue'],
    ['Transfer-Encoding', 'chunked'],
  ]);
  const seen = server.calls[0]!;
  const names = seen.rawHeaders.map(([name]) => name.toLowerCase()).sort();
  expect(names).toEqual(
    // prettier-ignore
    ['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'mcp-method', 'mcp-session-id', 'x-many', 'x-many', 'x-static'],
  );
  expect(seen.headers).toMatchObject({
    authorization: 'Bearer caller',
    accept: 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    connection: 'keep-alive',
    host: `127.0.0.1:${server.port}`,
  });
});

test('a stream hands on its notifications in order, answers requests of the server, and ends with the response', async () => {
  const server = await fakeServer();
  const progress = (n: number): string =>
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":${n}}}`;
  server.on('tools/call', {
    ...sseAnswer(
      'id: 0\ndata:\n\n',
      ': a comment\r\n',
      event(progress(1)),
      event('{"jsonrpc":"2.0","id":"theirs","method":"sampling/createMessage","params":{}}'),
      event('{"jsonrpc":"2.0","id":99,"result":"of another call"}'),
      `data: ${progress(2)}\r\r`,
      event('{"jsonrpc":"2.0","id":7,"result":{"ok":true}}'),
    ),
    headers: { 'content-type': 'Text/Event-Stream; charset=utf-8', 'mcp-session-id': 's9' },
  });
  const { answer, notifications, heads } = await send(channelTo(server.endpoint), call('7'));
  expect(notifications).toEqual([progress(1), progress(2)]);
  expect(heads[0]?.headers).toContainEqual(['mcp-session-id', 's9']);
  expect(answer.body?.toString()).toBe('{"jsonrpc":"2.0","id":7,"result":{"ok":true}}');
});

test("the caller's id comes back in its own bytes when the server wrote it in another way", async () => {
  const server = await fakeServer();
  server.on('tools/call', (request) => ({
    ...jsonAnswer(request, 'null'),
    body: JSON.stringify({ jsonrpc: '2.0', id: request.message['id'], result: 1 }),
  }));
  const channel = channelTo(server.endpoint);
  const big = await send(channel, call('12345678901234567890'));
  expect(big.answer.body?.toString()).toContain('"id":12345678901234567890');
  const escaped = await send(channel, call('"\\u0061\\/b"'));
  expect(escaped.answer.body?.toString()).toContain('"id":"\\u0061\\/b"');
});

test('repeated response headers stay repeated', async () => {
  const server = await fakeServer();
  server.on('tools/call', (request) => jsonAnswer(request, '1', { 'WWW-Authenticate': ['Basic', 'Bearer'] }));
  const { answer } = await send(channelTo(server.endpoint), call('1'));
  expect(answer.headers.filter(([name]) => name === 'WWW-Authenticate')).toEqual([
    ['WWW-Authenticate', 'Basic'],
    ['WWW-Authenticate', 'Bearer'],
  ]);
});

test("a notification is answered with the server's status and nothing else", async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  const note = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  expect((await send(channel, note)).answer).toMatchObject({ status: 202 });
  server.once('notifications/initialized', { status: 400, body: 'no' });
  const refused = (await send(channel, note)).answer;
  expect(refused.status).toBe(400);
  expect(refused.body).toBeUndefined();
});

test("an MCP error passes through exactly, with the server's status", async () => {
  const server = await fakeServer();
  const body = '{"jsonrpc":"2.0","id":"a","error":{"code":-32004,"data":{"b":1,"a":2},"message":"no"}}';
  server.on('tools/call', { status: 404, headers: { 'content-type': 'application/json' }, body });
  const { answer } = await send(channelTo(server.endpoint), call('"a"'));
  expect(answer).toMatchObject({ status: 404 });
  expect(answer.body?.toString()).toBe(body);
});

test.each([
  ['a plain-text 503', { status: 503, body: 'overloaded' }, 'http_status', 'malformed_json'],
  ['an empty 502', { status: 502 }, 'http_status', 'response_body_missing'],
  [
    'a 400 whose error has no id',
    { status: 400, body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"m"}}' },
    'http_status',
    'invalid_mcp_error',
  ],
  ['a 401 without a message', { status: 401, body: 'who?' }, 'auth_required', 'malformed_json'],
  ['a page of HTML', { body: '<html>' }, 'bad_json', 'malformed_json'],
  ['JSON that breaks off', { body: '{"jsonrpc":"2.0","id":1,"result":{' }, 'bad_json', 'malformed_json'],
  [
    'a body that would break out of its envelope',
    { body: '{"jsonrpc":"2.0","id":1,"result":{}},"resp_code":200,"x":{"y":1}' },
    'bad_json',
    'malformed_json',
  ],
  ['a 202 to a request', { status: 202 }, 'no_answer', 'response_body_missing'],
  [
    'an answer to another call',
    { body: '{"jsonrpc":"2.0","id":2,"result":{}}' },
    'not_an_answer',
    'invalid_protocol_response',
  ],
  ['a message that is no response', { body: '{"hello":1}' }, 'not_an_answer', 'invalid_protocol_response'],
] as const)('%s is told from other failures', async (_name, answer, code, kind) => {
  const server = await fakeServer();
  server.on('tools/call', answer);
  const error = await failureOf(send(channelTo(server.endpoint), call('1')));
  expect(error).toBeInstanceOf(AnswerError);
  const status = 'status' in answer ? answer.status : 200;
  expect(error).toMatchObject({ code, leg: 'mcp-server', params: { kind, status }, head: { status } });
});

test('a stream that ends without the response is no answer, and one that is cut was closed early', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  server.once('tools/call', sseAnswer(event('{"jsonrpc":"2.0","method":"notifications/message"}')));
  expect(await failureOf(send(channel, call('1')))).toMatchObject({ code: 'no_answer' });
  server.once('tools/call', sseAnswer('data: {"jsonrpc"', CUT));
  expect(await failureOf(send(channel, call('2')))).toMatchObject({ code: 'closed_early' });
  server.once('tools/call', { headers: { 'content-length': '100' }, body: ['{"jsonrpc":', CUT] });
  expect(await failureOf(send(channel, call('3')))).toMatchObject({ code: 'closed_early' });
  server.once('tools/call', { raw: [RESET] });
  expect(await failureOf(send(channel, call('4')))).toMatchObject({ source: 'transport_closed' });
  expect(server.callsOf('tools/call')).toHaveLength(4);
});

test('a stream that says from where is taken up again until the response comes, and nothing is asked twice', async () => {
  const server = await fakeServer();
  const progress = (n: number): string =>
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":${n}}}`;
  server.once('tools/call', sseAnswer('retry: 1\nid: e1\ndata:\n\n', event(progress(1)), 'id: e2\ndata:\n\n'));
  server.once('GET', sseAnswer(`id: e3\n${event(progress(2))}`, CUT));
  server.once('GET', sseAnswer(event('{"jsonrpc":"2.0","id":5,"result":"late"}')));
  const { answer, notifications } = await send(channelTo(server.endpoint), call('5'), [
    ['Mcp-Session-Id', 's1'],
    ['Authorization', 'Bearer caller'],
  ]);
  expect(answer.body?.toString()).toContain('"late"');
  expect(notifications).toEqual([progress(1), progress(2)]);
  expect(server.callsOf('tools/call')).toHaveLength(1);
  expect(server.callsOf('GET').map(({ headers }) => headers)).toMatchObject(
    ['e2', 'e3'].map((id) => ({
      'last-event-id': id,
      accept: 'text/event-stream',
      'mcp-session-id': 's1',
      authorization: 'Bearer caller',
    })),
  );
  server.once('tools/call', sseAnswer('retry: 1\nid: e9\ndata:\n\n'));
  expect(await failureOf(send(channelTo(server.endpoint), call('6')))).toMatchObject({ code: 'no_answer' });
});

test('an answer and an event have a largest size', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint, { maxMessageBytes: 100_000 });
  const large = `"${'x'.repeat(500_000)}"`;
  server.once('tools/call', (request) => jsonAnswer(request, large));
  expect(await failureOf(send(channel, call('1')))).toMatchObject({
    code: 'body_too_large',
    params: { limit: 100_000 },
  });
  server.once('tools/call', sseAnswer(event(`{"jsonrpc":"2.0","id":2,"result":${large}}`)));
  expect(await failureOf(send(channel, call('2')))).toMatchObject({ code: 'body_too_large' });
});

test('a cancelled call closes its stream and, in the older era, tells the server', async () => {
  const server = await fakeServer();
  server.on('tools/call', sseAnswer(event('{"jsonrpc":"2.0","method":"notifications/message"}'), STALL));
  const channel = channelTo(server.endpoint);
  const cancellation = new Cancellation();
  const answer = send(channel, call('9007199254740993'), [['Mcp-Session-Id', 's1']], cancellation);
  const asked = await server.call('tools/call');
  cancellation.cancel('deadline');
  expect(await failureOf(answer)).toMatchObject({ code: 'cancelled', params: { reason: 'deadline' } });
  await asked.aborted;
  const notice = await server.call('notifications/cancelled');
  expect(notice.body.toString()).toContain('"requestId":9007199254740993');
  expect(notice.headers['mcp-session-id']).toBe('s1');
});

test('in the newer era the closed stream is the cancellation, and initialize is never cancelled', async () => {
  const server = await fakeServer();
  const stalled = sseAnswer(STALL);
  server.on('tools/call', stalled);
  server.on('initialize', stalled);
  const channel = channelTo(server.endpoint);
  for (const [method, headers] of [
    ['tools/call', [['Mcp-Protocol-Version', '2026-07-28']]],
    ['initialize', []],
  ] as const) {
    const cancellation = new Cancellation();
    const answer = failureOf(send(channel, call('1', method), headers, cancellation));
    const asked = await server.call(method);
    cancellation.cancel('deadline');
    await answer;
    await asked.aborted;
  }
  await send(channel, call('2', 'tools/list'));
  expect(server.callsOf('notifications/cancelled')).toEqual([]);
});

test('a call that is cancelled before it is sent never reaches the server', async () => {
  const server = await fakeServer();
  const cancellation = new Cancellation();
  cancellation.cancel('deadline');
  expect(await failureOf(send(channelTo(server.endpoint), call('1'), [], cancellation))).toMatchObject({
    code: 'cancelled',
  });
  expect(server.calls).toEqual([]);
});

test("a channel's own headers go to its server alone, and win over those of all servers", async () => {
  const [mine, other] = [await fakeServer(), await fakeServer()];
  const mcp = { extraHeaders: { 'X-All': 'all', authorization: 'of all' }, discoveryExtraHeaders: {} };
  const own = channelTo(mine.endpoint, { mcp, channel: { extraHeaders: { Authorization: 'Bearer mine' } } });
  await send(own, call('1'));
  await send(channelTo(other.endpoint, { mcp }), call('2'));
  expect(mine.calls[0]?.headers).toMatchObject({ 'x-all': 'all', authorization: 'Bearer mine' });
  expect(other.calls[0]?.headers).toMatchObject({ 'x-all': 'all', authorization: 'of all' });
});

test("a redirect to the same origin is followed as it is; one to another origin carries nobody's credentials", async () => {
  const server = await fakeServer();
  const other = await fakeServer();
  const channel = channelTo(server.endpoint, { mcp: { extraHeaders: { 'X-Api-Key': 'operator' } } });
  const headers = [
    ['Authorization', 'Bearer caller'],
    ['Cookie', 'c=1'],
    ['Mcp-Session-Id', 's1'],
    ['Mcp-Protocol-Version', '2025-11-25'],
  ] as const;
  server.once('tools/call', { status: 308, headers: { location: '/mcp/' } });
  await send(channel, call('1'), headers);
  const [, again] = server.calls;
  expect(again).toMatchObject({ path: '/mcp/', method: 'POST', headers: { authorization: 'Bearer caller' } });

  server.once('tools/call', { status: 307, headers: { location: other.endpoint } });
  const { answer } = await send(channel, call('2'), headers);
  expect(answer.status).toBe(200);
  const [elsewhere] = other.calls;
  expect(elsewhere?.body.toString()).toBe(call('2'));
  const names = elsewhere?.rawHeaders.map(([name]) => name.toLowerCase()).sort();
  expect(names).toEqual(
    // prettier-ignore
    ['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host', 'mcp-protocol-version'],
  );
});

test('a redirect that would change the method, or goes round in circles, is a failure of its own', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  server.once('tools/call', { status: 302, headers: { location: '/login' } });
  expect(await failureOf(send(channel, call('1')))).toMatchObject({ code: 'http_status', params: { status: 302 } });
  expect(server.requests).toHaveLength(1);
  server.on('tools/call', { status: 307, headers: { location: '/mcp' } });
  expect(await failureOf(send(channel, call('2')))).toMatchObject({ params: { status: 307, detail: 'redirect' } });
});

test('a session is ended by one DELETE with the headers of the command', async () => {
  const server = await fakeServer();
  const answer = await channelTo(server.endpoint).terminate([['Mcp-Session-Id', 's1']], new Cancellation());
  expect(answer.status).toBe(204);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({ method: 'DELETE', headers: { 'mcp-session-id': 's1' } });
});

test('a server on a Unix socket is reached by the path, under its logical name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  const unixSocket = join(folder, 'mcp.sock');
  const server = await fakeServer({ socketPath: unixSocket });
  const channel = channelTo('http://mcp.internal/mcp', {
    channel: { unixSocket },
    profile: { httpProxy: 'http://127.0.0.1:1' },
  });
  expect((await send(channel, call('1'))).answer.status).toBe(200);
  expect(server.calls[0]?.headers.host).toBe('mcp.internal');
  expect(channel.target).toBe(`unix:${unixSocket} /mcp`);
});

test('at start the server is asked who it is, with the headers for discovery and those alone that are for it', async () => {
  const server = await fakeServer();
  server.on('initialize', (request) =>
    jsonAnswer(request, '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"f","version":"2"}}', {
      'mcp-session-id': 'probe-1',
    }),
  );
  const channel = channelTo(server.endpoint, { mcp: { discoveryExtraHeaders: { 'X-Probe': 'yes' } } });
  expect(channel.state.kind).toBe('idle');
  const ready = new Promise<ChannelState>((resolve) =>
    channel.onState((state) => state.kind === 'ready' && resolve(state)),
  );
  await channel.start();
  expect(await ready).toMatchObject({ server: { name: 'f', version: '2', protocolVersions: ['2025-11-25'] } });
  const ended = await server.call('DELETE');
  expect(ended.headers).toMatchObject({ 'mcp-session-id': 'probe-1', 'x-probe': 'yes' });
  await send(channel, call('1'));
  expect(server.callsOf('tools/call')[0]?.headers['x-probe']).toBeUndefined();
});

test('a startup wait ends when something listens, whatever it answers', async () => {
  const server = createServer((_request, response) => response.writeHead(401).end('who?'));
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const channel = channelTo(`${url.origin}/mcp`, { mcp: { startupWaitMs: 60_000 } });
  const started = channel.start();
  let over = false;
  void started.then(() => (over = true));
  await failureOf(send(channel, call('1')));
  expect(over).toBe(false);
  await new Promise<void>((resolve) => server.listen(Number(url.port), '127.0.0.1', resolve));
  channel.nudge();
  await started;
  expect(channel.state.kind).toBe('ready');
});

test('a startup wait that runs out leaves an unusable channel with the reason', async () => {
  const clock = new FakeClock();
  const after = clock.after.bind(clock);
  // the first try, which has all of the wait, comes to its end; whatever is shorter passes at once
  clock.after = (ms, run) => {
    const stop = after(ms, run);
    if (ms < 250) setImmediate(() => clock.pass(ms));
    return stop;
  };
  const channel = channelTo('http://127.0.0.1:1/mcp', { mcp: { startupWaitMs: 250 }, clock });
  await channel.start();
  expect(channel.state).toMatchObject({ kind: 'unusable', error: { code: 'connect_refused' } });
});

test('the state follows what calls see', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  await send(channel, call('1'));
  expect(channel.state.kind).toBe('ready');
  await server.down();
  expect(await failureOf(send(channel, call('2')))).toMatchObject({ code: 'connect_refused' });
  expect(channel.state).toMatchObject({ kind: 'unusable', error: { code: 'connect_refused' } });
  await server.up();
  await send(channel, call('3'));
  expect(channel.state.kind).toBe('ready');
});

test('closing ends the calls in flight', async () => {
  const server = await fakeServer();
  server.on('tools/call', { body: [STALL] });
  const channel = channelTo(server.endpoint);
  const answer = failureOf(send(channel, call('1')));
  const asked = await server.call('tools/call');
  expect(channel.inFlight).toBe(1);
  await channel.close();
  expect(await answer).toMatchObject({ code: 'shutting_down' });
  await asked.aborted;
  expect(channel.inFlight).toBe(0);
  expect(await failureOf(send(channel, call('2')))).toMatchObject({ code: 'shutting_down' });
});

test('the target that people see holds no user, password or query', () => {
  expect(channelTo('http://user:secret@127.0.0.1:9/mcp?token=secret').target).toBe('http://127.0.0.1:9/mcp');
});
