import { afterEach, describe, expect, test } from 'vitest';
import { CUT, RESET, type Answer, type FakeControlPlane, type RecordedPost } from '../fakes/control-plane.ts';
import { event, sseAnswer, type FakeMcpServer } from '../fakes/mcp-http.ts';
import {
  apiKey,
  cleanUp,
  request,
  startControlPlane,
  startMcpServer,
  startTunnel,
  type TunnelProcess,
} from './tunnel-process.ts';

afterEach(cleanUp);

interface Bed {
  readonly tunnel: TunnelProcess;
  readonly controlPlane: FakeControlPlane;
  readonly mcp: FakeMcpServer;
}

async function bed(args: readonly string[] = []): Promise<Bed> {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  const tunnel = await startTunnel({ controlPlane, serverUrl: mcp.endpoint, args });
  return { tunnel, controlPlane, mcp };
}

/** A command goes through and is answered once. */
async function serves({ controlPlane }: Bed, requestId = 'after'): Promise<RecordedPost> {
  controlPlane.send({ request_id: requestId, jsonrpc: request('echo') });
  const post = await controlPlane.responseFor(requestId);
  expect(post.json).toHaveProperty('result');
  return post;
}

describe('polls', () => {
  test.each<[string, Answer]>([
    ['500', { status: 500, body: 'oops' }],
    ['502 with a web page', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['503', { status: 503 }],
    ['429', { status: 429 }],
    ['204', { status: 204 }],
    ['an empty list', { body: '{"commands":[]}' }],
    ['null for a list', { body: '{"commands":null}' }],
    ['an object without a list', { body: '{}' }],
    ['a web page with 200', { headers: { 'content-type': 'text/html' }, body: '<html>sign in</html>' }],
    [
      'JSON that stops',
      { body: '{"commands":[{"request_id":"x","shard_token":"s","command_type":"jsonrpc","jsonrpc":{' },
    ],
    ['a cut body', { headers: { 'content-length': '400' }, body: ['{"commands":[', CUT] }],
    ['a cut chunked body', { body: ['{"commands":[', CUT] }],
    ['a reset', { raw: [RESET] }],
    ['no HTTP', { raw: ['nonsense\r\n\r\n'] }],
    ['headers that never end', { raw: ['HTTP/1.1 200 OK\r\nx: y', CUT] }],
  ])('are taken up again after %s, and the next command is served', async (_what, answer) => {
    const all = await bed();
    all.controlPlane.onPoll(answer);
    await serves(all);
  });

  test('whole commands before the cut of a body are not run twice when they are handed out again', async () => {
    const all = await bed();
    const one = `{"request_id":"r","shard_token":"s","command_type":"jsonrpc","jsonrpc":${request('once')}}`;
    all.controlPlane.onPoll({ headers: { 'content-length': '4000' }, body: [`{"commands":[${one},`, CUT] });
    all.controlPlane.send(one);
    await all.controlPlane.responseFor('r');
    await serves(all);
    expect(all.mcp.callsOf('once')).toHaveLength(1);
    expect(all.controlPlane.terminalFor('r')).toHaveLength(1);
  });

  test.each([
    ['seconds', () => '1', 1000],
    ['a date', () => new Date(Date.now() + 2500).toUTCString(), 1000],
  ])('wait at least as long as Retry-After says in %s', async (_what, value, least) => {
    const all = await bed();
    const { controlPlane } = all;
    const waiting = controlPlane.polls.length;
    const beforeAnswer = performance.now();
    controlPlane.onPoll({ status: 429, headers: { 'retry-after': value() } });
    const next = await controlPlane.poll(waiting);
    expect(next.startedAt - beforeAnswer).toBeGreaterThanOrEqual(least - 5);
    await serves(all);
  });

  test('do not follow a redirect: neither key nor poll reaches the other place', async () => {
    const all = await bed();
    const elsewhere = await startControlPlane();
    all.controlPlane.onPoll({ status: 307, headers: { location: `${elsewhere.url}/v1/tunnels/x/poll` } });
    await all.tunnel.logged(/redirect/i);
    expect(elsewhere.requests).toEqual([]);
  });

  test('carry what the protocol asks for, and nothing about the server', async () => {
    const { controlPlane } = await bed();
    const poll = await controlPlane.poll(0);
    expect(poll.url).toMatch(/\/poll\?limit=\d+&timeout_ms=\d+$/);
    expect(poll.headers).toMatchObject({
      accept: 'application/json',
      authorization: `Bearer ${apiKey}`,
      'x-tunnel-client-name': expect.any(String) as string,
      'x-tunnel-client-version': expect.any(String) as string,
      'x-tunnel-client-instance-id': expect.any(String) as string,
      'x-tunnel-client-wire-protocol-version': '2026-08-25',
      'x-tunnel-mcp-server-info': '{"version":1,"channels":[{"name":"main"}]}',
    });
    expect(Number(poll.query.get('limit'))).toBeLessThanOrEqual(25);
  });

  test('ask again on the same address after the control plane was away', async () => {
    const all = await bed();
    await all.controlPlane.down();
    await all.controlPlane.up();
    await serves(all);
  });
});

describe('commands', () => {
  test('in good shape are served among malformed and unknown ones', async () => {
    const all = await bed();
    const { controlPlane, mcp } = all;
    const good = (id: string): object => ({ request_id: id, shard_token: `shard-${id}`, command_type: 'jsonrpc' });
    controlPlane.send(
      'null',
      '7',
      '"text"',
      '[]',
      '{}',
      '{"request_id":7,"shard_token":{},"command_type":"jsonrpc","jsonrpc":{"jsonrpc":"2.0","id":1,"method":"bad"}}',
      { request_id: 'u', command_type: 'future_thing', jsonrpc: request('bad') },
      JSON.stringify({ ...good('n'), jsonrpc: undefined }),
      { request_id: 'g1', jsonrpc: request('echo'), extra: { unknown: { deep: [1] } } },
      JSON.stringify({ ...good('s'), jsonrpc: 'not an object' }),
      { request_id: 'g2', jsonrpc: request('echo'), created_at: 'not a date' },
    );
    await controlPlane.responseFor('g1');
    await controlPlane.responseFor('g2');
    await serves(all);
    expect(mcp.callsOf('bad')).toEqual([]);
    expect(mcp.callsOf('echo')).toHaveLength(3);
    expect(controlPlane.postsFor('u')).toEqual([]);
    expect(controlPlane.badPosts).toEqual([]);
  });

  test('are all served when more come than were asked for', async () => {
    const { controlPlane, mcp } = await bed();
    const ids = Array.from({ length: 120 }, (_, n) => `r${n}`);
    controlPlane.send(...ids.map((id) => ({ request_id: id, jsonrpc: request('echo') })));
    for (const id of ids) await controlPlane.responseFor(id);
    expect(mcp.callsOf('echo')).toHaveLength(120);
    expect(new Set(controlPlane.posts.map((post) => post.requestId)).size).toBe(120);
    expect(controlPlane.posts).toHaveLength(120);
  });

  test('handed out twice, in one poll, while in flight and after, are run and answered once', async () => {
    const all = await bed();
    const { controlPlane, mcp } = all;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    mcp.on('once', (call) => ({
      headers: { 'content-type': 'application/json' },
      body: [held, `{"jsonrpc":"2.0","id":${call.rpcId!},"result":1}`],
    }));
    const command = { request_id: 'r', jsonrpc: request('once') };
    controlPlane.send(command, command);
    await mcp.call('once');
    controlPlane.send(command);
    await serves(all, 'between');
    release();
    await controlPlane.responseFor('r');
    controlPlane.send(command);
    await serves(all);
    expect(mcp.callsOf('once')).toHaveLength(1);
    expect(controlPlane.postsFor('r')).toHaveLength(1);
  });

  test('carry their headers to the server, less hop-by-hop ones, those that Connection names and the service’s own', async () => {
    const { controlPlane, mcp } = await bed();
    controlPlane.send({
      request_id: 'r',
      jsonrpc: request('echo'),
      headers: {
        'Mcp-Session-Id': ['s1'],
        'Mcp-Protocol-Version': ['2025-11-25'],
        'Mcp-Method': ['echo'],
        'Mcp-Name': ['n'],
        'Last-Event-ID': ['7'],
        'X-Many': ['one', 'two'],
        Authorization: ['Bearer caller'],
        Connection: ['close, X-Named'],
        'X-Named': ['no'],
        'Keep-Alive': ['no'],
        'Proxy-Authorization': ['no'],
        'Transfer-Encoding': ['chunked'],
        Upgrade: ['no'],
        TE: ['no'],
        Host: ['evil.example'],
        'Content-Length': ['1'],
        'Accept-Encoding': ['br'],
        Expect: ['100-continue'],
        'X-Tunnel-Shard-Token': ['no'],
        'X-Tunnel-Anything': ['no'],
      },
    });
    const post = await controlPlane.responseFor('r');
    const { headers, rawHeaders } = await mcp.call('echo');
    expect(headers).toMatchObject({
      'mcp-session-id': 's1',
      'mcp-protocol-version': '2025-11-25',
      'mcp-method': 'echo',
      'mcp-name': 'n',
      'last-event-id': '7',
      authorization: 'Bearer caller',
    });
    expect(rawHeaders.filter(([name]) => name.toLowerCase() === 'x-many').map(([, value]) => value)).toEqual([
      'one',
      'two',
    ]);
    expect(JSON.stringify(rawHeaders)).not.toMatch(/"no"|evil|x-tunnel|"br"|100-continue|close/i);
    expect(JSON.stringify(headers)).not.toContain(apiKey);
    expect(post.shardToken).toBe('shard-r');
    expect(JSON.stringify(post.body)).not.toContain('shard-r');
  });

  test('that are notifications are acknowledged with the server’s status and no message', async () => {
    const { controlPlane, mcp } = await bed();
    mcp.once('notifications/initialized', { status: 202 });
    controlPlane.send({ request_id: 'n', jsonrpc: '{"jsonrpc":"2.0","method":"notifications/initialized"}' });
    const post = await controlPlane.responseFor('n');
    expect(post).toMatchObject({ type: 'notify_ack', code: 202 });
    expect(post.body).not.toHaveProperty('resp_json');
  });

  test('that end a session are one DELETE with their own headers', async () => {
    const { controlPlane, mcp } = await bed();
    const before = mcp.callsOf('DELETE').length;
    const end = { command_type: 'session_termination', headers: { 'Mcp-Session-Id': ['s1'], 'X-Own': ['1'] } };
    controlPlane.send({ request_id: 't', ...end });
    const post = await controlPlane.responseFor('t');
    expect(post).toMatchObject({ type: 'session_termination_response', code: 204, shardToken: 'shard-t' });
    expect(post.body).not.toHaveProperty('resp_json');
    const deletes = mcp.callsOf('DELETE').slice(before);
    expect(deletes).toHaveLength(1);
    expect(deletes[0]?.headers).toMatchObject({ 'mcp-session-id': 's1', 'x-own': '1' });
  });
});

describe('answers', () => {
  test.each<[string, Answer]>([
    ['408', { status: 408 }],
    ['429', { status: 429 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a reset', { raw: [RESET] }],
    ['a hang-up', { raw: [CUT] }],
    ['no HTTP', { raw: ['nonsense\r\n\r\n'] }],
  ])('are posted again, byte for byte, after %s; the call is not run again', async (_what, answer) => {
    const { controlPlane, mcp } = await bed();
    controlPlane.onPost('r', answer, answer);
    controlPlane.send({ request_id: 'r', jsonrpc: request('echo') });
    const third = await controlPlane.responseFor('r', 2);
    const own = (post: RecordedPost): string[][] =>
      post.request.rawHeaders.filter(([name]) => !/^connection$/i.test(name)).map((pair) => [...pair]);
    for (const post of controlPlane.terminalFor('r')) {
      expect(post.request.body.equals(third.request.body)).toBe(true);
      expect(own(post)).toEqual(own(third));
    }
    expect(mcp.callsOf('echo')).toHaveLength(1);
    expect(third.request.headers).toMatchObject({ accept: 'application/json', 'content-type': 'application/json' });
  });

  test('that get 413 are replaced by a small error that says so; the call is not run again', async () => {
    const all = await bed();
    all.controlPlane.onPost('r', { status: 413 });
    all.controlPlane.send({ request_id: 'r', jsonrpc: request('once') });
    const instead = await all.controlPlane.responseFor('r', 1);
    expect(instead.json).toMatchObject({
      error: { code: -32603, message: expect.stringContaining('too large') as string },
    });
    await serves(all);
    expect(all.controlPlane.postsFor('r')).toHaveLength(2);
    expect(all.mcp.callsOf('once')).toHaveLength(1);
  });

  test.each([400, 404, 409, 410, 422])(
    'that get %d are done with: not posted again, the call not run again',
    async (status) => {
      const all = await bed();
      all.controlPlane.onPost('r', { status });
      all.controlPlane.send({ request_id: 'r', jsonrpc: request('once') });
      await all.controlPlane.responseFor('r');
      await serves(all);
      expect(all.controlPlane.postsFor('r')).toHaveLength(1);
      expect(all.mcp.callsOf('once')).toHaveLength(1);
    },
  );

  test.each([401, 403])('that get %d do not stop the other calls', async (status) => {
    const all = await bed();
    all.controlPlane.onPost('r', { status });
    all.controlPlane.send({ request_id: 'r', jsonrpc: request('once') });
    await all.controlPlane.responseFor('r');
    await serves(all);
    expect(all.mcp.callsOf('once')).toHaveLength(1);
  });

  test('wait at least as long as Retry-After says', async () => {
    const { controlPlane } = await bed();
    controlPlane.onPost('r', { status: 503, headers: { 'retry-after': '1' } });
    controlPlane.send({ request_id: 'r', jsonrpc: request('echo') });
    const [first, second] = [await controlPlane.responseFor('r'), await controlPlane.responseFor('r', 1)];
    expect(second.request.startedAt - first.request.endedAt).toBeGreaterThanOrEqual(990);
  });

  test('do not follow a redirect with the key, the shard token or the answer', async () => {
    const all = await bed();
    const elsewhere = await startControlPlane();
    for (const status of [301, 307, 308])
      all.controlPlane.onPost('r', { status, headers: { location: `${elsewhere.url}/v1/tunnels/x/response` } });
    all.controlPlane.send({ request_id: 'r', jsonrpc: request('echo') });
    await all.controlPlane.responseFor('r');
    await serves(all);
    expect(elsewhere.requests).toEqual([]);
  });

  test('reach the control plane after an outage that began while the call ran', async () => {
    const { controlPlane, mcp } = await bed();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    mcp.on('slow', (call) => ({
      headers: { 'content-type': 'application/json' },
      body: [held, `{"jsonrpc":"2.0","id":${call.rpcId!},"result":1}`],
    }));
    controlPlane.send({ request_id: 'r', jsonrpc: request('slow') });
    await mcp.call('slow');
    await controlPlane.down();
    release();
    await controlPlane.up();
    expect((await controlPlane.responseFor('r')).json).toMatchObject({ result: 1 });
    expect(mcp.callsOf('slow')).toHaveLength(1);
  });

  test('come out of any order: a slow call holds up none of the others', async () => {
    const { controlPlane, mcp } = await bed();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    mcp.on('slow', (call) => ({
      after: held,
      body: `{"jsonrpc":"2.0","id":${call.rpcId!},"result":1}`,
      headers: { 'content-type': 'application/json' },
    }));
    controlPlane.send(
      { request_id: 'slow', jsonrpc: request('slow') },
      { request_id: 'fast', jsonrpc: request('echo') },
    );
    await controlPlane.responseFor('fast');
    expect(controlPlane.postsFor('slow')).toEqual([]);
    release();
    await controlPlane.responseFor('slow');
  });
});

describe('notifications of a call', () => {
  const stream = (mcp: FakeMcpServer, count: number): void =>
    mcp.on('tools/call', (call) =>
      sseAnswer(
        ...Array.from({ length: count }, (_, n) =>
          event(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"n":${n}}}`),
        ),
        event(`{"jsonrpc":"2.0","id":${call.rpcId!},"result":"end"}`),
      ),
    );

  test('are skipped after one is lost, and the answer still goes out, last', async () => {
    const { controlPlane, mcp } = await bed();
    stream(mcp, 5);
    controlPlane.onPost('r', {}, { status: 500 });
    controlPlane.send({ request_id: 'r', jsonrpc: request('tools/call') });
    expect((await controlPlane.responseFor('r')).json).toMatchObject({ result: 'end' });
    expect(controlPlane.notificationsFor('r').map((post) => (post.json as { params: { n: number } }).params.n)).toEqual(
      [0, 1],
    );
  });

  test('are tried again after 429, in their order', async () => {
    const { controlPlane, mcp } = await bed();
    stream(mcp, 3);
    controlPlane.onPost('r', { status: 429 });
    controlPlane.send({ request_id: 'r', jsonrpc: request('tools/call') });
    await controlPlane.responseFor('r');
    expect(controlPlane.notificationsFor('r').map((post) => (post.json as { params: { n: number } }).params.n)).toEqual(
      [0, 0, 1, 2],
    );
    expect(controlPlane.posts.at(-1)?.type).toBe('jsonrpc_response');
  });
});
