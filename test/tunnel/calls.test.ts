import { describe, expect, it } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import { AnswerError, type ChannelAnswer } from '../../src-main/call/channel.ts';
import type { CommandFields } from '../fakes/control-plane.ts';
import { call, cancel, ok, rig, settle, type FakePost, type Rig } from '../support/call-rig.ts';
import { resultOf } from '../support/memory-channel.ts';

describe('an answer', () => {
  it('is tried until it is taken, with the same bytes and waits that grow and keep to Retry-After', async () => {
    const { poll, main, posts, clock, dispatcher } = rig();
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(503, 7_000);
    clock.pass(6_999);
    expect(posts).toHaveLength(1);
    clock.pass(1);
    posts[1]!.breaks(true);
    clock.pass(200);
    posts[2]!.gets(429);
    clock.pass(400);
    posts[3]!.gets(200);
    expect(posts.map(({ bytes }) => bytes.toString())).toEqual(Array(4).fill(posts[0]!.bytes.toString()));
    expect(dispatcher.inFlight).toBe(0);
    expect(dispatcher.counts).toMatchObject({ answered: 1, errors: 0 });
    expect(clock.pending).toBe(0);
    expect(main.calls).toHaveLength(1);
  });

  it('that nobody waits for any more is done with', async () => {
    const { poll, main, posts, clock, traces } = rig();
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(404);
    clock.pass(600_000);
    expect(posts).toHaveLength(1);
    expect(traces[0]).toMatchObject({ status: 'undelivered' });
  });

  it.each([401, 403])(
    'that gets %d is tried again after about 1, 2, 4 s …, a person is called at the second time, and may have it tried at once',
    async (status) => {
      const { poll, main, posts, clock, responder, refused } = rig();
      poll(call('a'));
      main.calls[0]!.answer(ok);
      await settle();
      posts[0]!.gets(status);
      expect(refused).toEqual([]);
      for (const [tries, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
        clock.pass(seconds * 1_000 - 1);
        expect(posts).toHaveLength(tries + 1);
        clock.pass(1);
        posts[tries + 1]!.gets(status);
      }
      expect(refused).toEqual([2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
      responder.nudge();
      expect(posts).toHaveLength(10);
      posts[9]!.gets(200);
      expect(clock.pending).toBe(0);
    },
  );

  it.each([
    [302, {}],
    [307, {}],
    [404, { form: 'page' }],
    [400, { form: 'page' }],
  ] as const)('that gets %d %j is tried again, ever more slowly', async (status, more) => {
    const { poll, main, posts, clock, refused } = rig();
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(status, undefined, more);
    clock.pass(1_000);
    posts[1]!.gets(status, undefined, more);
    clock.pass(1_999);
    expect(posts).toHaveLength(2);
    clock.pass(1);
    posts[2]!.gets(200);
    expect(refused).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [413, undefined],
    [400, 'request_body_too_large'],
  ])('that the service finds too large (%d %s) is replaced by a small error that says so', async (status, detail) => {
    const { poll, main, posts, clock, dispatcher, traces } = rig();
    poll(call('a'));
    main.calls[0]!.answer(`{"jsonrpc":"2.0","id":"a","result":"${'x'.repeat(1_000_000)}"}`);
    await settle();
    posts[0]!.gets(status, undefined, { ...(detail && { detail }) });
    expect(posts[1]!.bytes.length).toBeLessThan(1_000);
    expect(posts[1]!.body).toMatchObject({
      resp_type: 'jsonrpc_response',
      resp_json: {
        id: 'a',
        error: {
          code: -32603,
          message: expect.stringMatching(/too large .*1000\d\d\d bytes/) as string,
          data: { tunnel_failure: { source: 'protocol', transport_error_kind: 'response_body_too_large' } },
        },
      },
    });
    posts[1]!.gets(503);
    clock.pass(5_000);
    posts[2]!.gets(200);
    expect(traces[0]).toMatchObject({ status: 'undelivered', error: { params: { status } } });
    expect(dispatcher.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('that is too large even so is given up', async () => {
    const { poll, main, posts, clock, traces } = rig();
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(413);
    posts[1]!.gets(413);
    clock.pass(600_000);
    expect(posts).toHaveLength(2);
    expect(traces[0]).toMatchObject({ status: 'undelivered' });
  });

  it('whose JSON the service refuses (a lone surrogate) is never tried again', async () => {
    const { poll, main, posts, clock, traces } = rig();
    poll(call('a'));
    main.calls[0]!.answer('{"jsonrpc":"2.0","id":"a","result":"\\ud800"}');
    await settle();
    posts[0]!.gets(400, undefined, { detail: 'invalid_json_payload' });
    clock.pass(600_000);
    expect(posts).toHaveLength(1);
    expect(traces[0]).toMatchObject({ status: 'undelivered' });
  });

  it('that was told to wait with a refusal waits, whoever nudges', async () => {
    const { poll, main, posts, clock, responder } = rig();
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(403, 20_000);
    responder.nudge();
    clock.pass(19_999);
    expect(posts).toHaveLength(1);
    clock.pass(1);
    expect(posts).toHaveLength(2);
  });

  it('that was refused ends with its deadline, and at once when the tunnel stops', async () => {
    const { poll, main, posts, clock, responder, dispatcher, traces } = rig();
    poll(call('a', { response_timeout: '30s' }), call('b'));
    for (const one of main.calls) one.answer(ok);
    await settle();
    // at 0, 1, 3, 7 and 15 s: the next try would be at 31
    for (let answered = 0; answered < 10; answered++) {
      posts[answered]!.gets(401);
      if (answered % 2) clock.pass(Math.min(15, 2 ** ((answered - 1) / 2)) * 1_000);
    }
    expect(traces[0]).toMatchObject({ requestId: 'a', status: 'expired' });
    responder.stop();
    expect(dispatcher.inFlight).toBe(0);
    expect(traces[1]).toMatchObject({ requestId: 'b', status: 'undelivered' });
    expect(clock.pending).toBe(0);
  });

  it('on which nothing moves is given up and tried again; a large one has longer', async () => {
    const { poll, main, posts, clock } = rig();
    poll(call('a'), call('big'));
    main.calls[0]!.answer(ok);
    main.calls[1]!.answer(`{"jsonrpc":"2.0","id":"big","result":"${'x'.repeat(3_200_000)}"}`);
    await settle();
    clock.pass(16_000);
    expect(posts.filter(({ aborted }) => aborted).map(({ body }) => body.request_id)).toEqual(['a']);
    clock.pass(60_000);
    expect(posts[1]!.aborted).toBe(false);
  });

  it('is not posted past its deadline, not even while it is being posted', async () => {
    const { poll, main, posts, clock, traces } = rig();
    poll(call('a', { response_timeout: '5s' }));
    main.calls[0]!.answer(ok);
    await settle();
    clock.pass(5_000);
    expect(posts[0]!.aborted).toBe(true);
    clock.pass(600_000);
    expect(posts).toHaveLength(1);
    expect(traces[0]).toMatchObject({ status: 'expired' });
  });
});

describe('the time that a server took', () => {
  const timings = ({ posts }: Rig) => posts.map(({ bytes }) => /"resp_timing":(\{.*?\})/.exec(bytes.toString())?.[1]);

  it('goes back with its answer, the same in every retry', async () => {
    const self = rig();
    self.poll(call('a'), call('a', { request_id: 'd', channel: 'docs' }));
    self.clock.pass(12.3456);
    self.main.calls[0]!.answer(ok);
    self.docs.calls[0]!.fail(new AnswerError('http_status', { status: 404, headers: [] }, { status: 404 }));
    await settle();
    self.posts[0]!.gets(503);
    self.clock.pass(5_000);
    expect(timings(self)).toEqual([
      '{"version":1,"transport":"stdio","target_elapsed_us":12346}',
      '{"version":1,"transport":"streamable_http","target_elapsed_us":12346}',
      '{"version":1,"transport":"stdio","target_elapsed_us":12346}',
    ]);
  });

  it('is not told of an answer that the channel gave by itself, which is none of its server’s either', async () => {
    const self = rig();
    self.poll(call('a'));
    self.main.calls[0]!.answer('{"jsonrpc":"2.0","id":"a","error":{"code":-32002,"message":"x"}}', { isOwn: true });
    await settle();
    expect(timings(self)).toEqual([undefined]);
    expect(self.dispatcher.answers.of('main')).toEqual({});
  });

  it('is left out from then on where the control plane does not know it: no answer is lost', async () => {
    const self = rig();
    self.poll(call('a'), call('b'));
    for (const one of self.main.calls) one.answer(ok);
    await settle();
    for (const post of [...self.posts]) post.gets(400, undefined, { param: 'resp_timing' });
    for (const post of self.posts.slice(2)) post.gets(200);
    self.poll(call('c'));
    self.main.calls[2]!.answer(ok);
    await settle();
    expect(timings(self).map((timing) => timing !== undefined)).toEqual([true, true, false, false, false]);
    expect(self.posts.map(({ body }) => body.request_id)).toEqual(['a', 'b', 'a', 'b', 'c']);
    expect(self.traces.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });

  it('is not the reason of a refusal where it was taken before', async () => {
    const self = rig();
    self.poll(call('a'), call('b'));
    self.main.calls[0]!.answer(ok);
    await settle();
    self.posts[0]!.gets(200);
    self.main.calls[1]!.answer(ok);
    await settle();
    self.posts[1]!.gets(400);
    expect(self.posts).toHaveLength(2);
    expect(self.traces.map(({ status }) => status)).toEqual(['ok', 'undelivered']);
  });

  it('is not told of notifications, of calls that reached no server, nor of any other answer', async () => {
    const self = rig({ stages: () => [] });
    self.poll(call('a'), call('b'), call('x', { channel: 'crm' }));
    self.poll({ request_id: 'n', jsonrpc: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    self.poll({
      request_id: 't',
      channel: 'docs',
      command_type: 'session_termination',
      headers: { 'Mcp-Session-Id': ['s'] },
    });
    self.main.calls[0]!.request.onNotification(Buffer.from('{"jsonrpc":"2.0","method":"notifications/message"}'));
    self.main.calls[1]!.fail(new TunnelError('connect_refused', 'mcp-server'));
    self.main.call('notifications/initialized')!.answer(undefined, { status: 202 });
    await settle();
    expect(self.posts).toHaveLength(5);
    expect(timings(self).every((timing) => timing === undefined)).toBe(true);
  });
});

describe('a deadline', () => {
  it('of 0s is over before anything happens', () => {
    const { poll, main, posts, traces } = rig();
    poll(call('a', { response_timeout: '0s' }));
    expect([main.calls, posts]).toEqual([[], []]);
    expect(traces[0]).toMatchObject({ status: 'expired' });
  });

  it('takes a command out of the queue', async () => {
    const { poll, main, clock, queue, posts } = rig();
    poll(call('1'), call('2'), call('3'), call('late', { response_timeout: '1s' }));
    expect(queue.depth).toBe(1);
    clock.pass(1_000);
    expect(queue.depth).toBe(0);
    for (const one of main.calls) one.answer(ok);
    await settle();
    expect(main.calls).toHaveLength(3);
    expect(posts).toHaveLength(3);
  });

  it('cancels the work at the server and gives its place to the next', async () => {
    const { poll, main, clock, posts } = rig();
    poll(...['1', '2', '3'].map((id) => call(id, { response_timeout: '2s' })), call('next'));
    expect(main.calls).toHaveLength(3);
    clock.pass(2_000);
    expect(main.calls[0]!.request.cancellation.reason).toBe('deadline');
    await settle();
    expect(main.calls).toHaveLength(4);
    main.calls[0]!.answer(ok);
    await settle();
    expect(posts).toEqual([]);
  });

  it('that nobody set is our own limit, after which nothing is posted either', async () => {
    const { poll, main, clock, posts, dispatcher } = rig();
    poll(call('a'), call('b', { response_timeout: null }), call('c', { response_timeout: '9.5s' }));
    clock.pass(599_999);
    expect(dispatcher.inFlight).toBe(3);
    clock.pass(1);
    expect(main.calls.map(({ request }) => request.cancellation.reason)).toEqual(Array(3).fill('lifetime'));
    await settle();
    expect([dispatcher.inFlight, posts]).toEqual([0, []]);
  });
});

describe('a caller that cancels', () => {
  it('has its call ended and unanswered, and the server is told by the caller’s own notification', async () => {
    const { poll, main, posts, traces } = rig();
    poll(call('a'));
    poll(cancel('a'));
    expect(main.calls[0]!.request.cancellation.reason).toBe('cancelled');
    const notice = main.call('notifications/cancelled')!;
    notice.answer(undefined, { status: 202 });
    await settle();
    expect(posts.map(({ body }) => [body.request_id, body.resp_type, body.resp_code])).toEqual([
      ['cancel-a', 'notify_ack', 202],
    ]);
    expect(traces[0]).toMatchObject({ requestId: 'a', status: 'cancelled' });
  });

  it('may be ahead of its call', async () => {
    const { poll, main, dispatcher } = rig();
    poll(cancel('a'));
    poll(call('a'), call('b'));
    expect(main.calls.map(({ request }) => request.message.method)).toEqual(['notifications/cancelled', 'tools/call']);
    expect(dispatcher.inFlight).toBe(2);
  });

  it('is ahead by two seconds at most', () => {
    const { poll, main, clock } = rig();
    poll(cancel('a'));
    clock.pass(2_000);
    poll(call('a'));
    expect(main.call('tools/call')).toBeDefined();
  });

  it('too late means its own call and not the next one with that id', async () => {
    const { poll, main, posts } = rig();
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(200);
    poll(cancel('a'));
    poll(call('a', { request_id: 'another' }));
    expect(main.calls.filter(({ method }) => method === 'tools/call')).toHaveLength(2);
    expect(main.calls.at(-1)!.request.cancellation.reason).toBeUndefined();
  });

  it('cancels nothing when it is not clear which call it means', () => {
    const { poll, main } = rig();
    poll(call('a'), call('a', { request_id: 'twin' }));
    poll(cancel('a'));
    expect(main.calls.slice(0, 2).map(({ request }) => request.cancellation.reason)).toEqual([undefined, undefined]);
  });

  it('reaches no other channel, no other session and no other type of id', () => {
    const { poll, main, docs } = rig({ maxConcurrent: 10 });
    poll(call('7'), call('7', { request_id: 'd', channel: 'docs' }));
    poll(call('7', { request_id: 's', headers: { 'Mcp-Session-Id': ['one'] } }));
    poll({ request_id: 'n', jsonrpc: '{"jsonrpc":"2.0","id":7,"method":"tools/call"}' });
    poll(cancel('7', { headers: { 'mcp-session-id': ['one'] } }));
    const reasons = [...main.calls, ...docs.calls].map(({ request }) => request.cancellation.reason);
    expect(reasons.filter(Boolean)).toEqual(['cancelled']);
    expect(main.calls[1]!.request.cancellation.reason).toBe('cancelled');
  });
});

describe('a notification of a call', () => {
  const note = (n: number, method = 'notifications/message'): Buffer =>
    Buffer.from(`{"jsonrpc":"2.0","method":"${method}","params":{"n":${n}}}`);
  const running = (): Rig & { tell: (n: number, method?: string) => void } => {
    const self = rig();
    self.poll(call('a'));
    return { ...self, tell: (n, method) => self.main.calls[0]!.request.onNotification(note(n, method)) };
  };

  it('goes out one at a time, in order, and the answer last', async () => {
    const { tell, main, posts, types } = running();
    for (const n of [1, 2, 3]) tell(n);
    main.calls[0]!.answer(ok);
    await settle();
    for (let sent = 1; sent <= 4; sent++) {
      expect(posts).toHaveLength(sent);
      posts[sent - 1]!.gets(200);
    }
    expect(types()).toEqual([...Array<string>(3).fill('jsonrpc_notify'), 'jsonrpc_response']);
    expect(posts.slice(0, 3).map(({ bytes }) => /"n":(\d)/.exec(bytes.toString())![1])).toEqual(['1', '2', '3']);
  });

  it.each([
    ['429', (post: FakePost) => post.gets(429)],
    ['nothing written', (post: FakePost) => post.breaks(false)],
  ])('is tried again after %s', (_name, fail) => {
    const { tell, posts, clock } = running();
    tell(1);
    fail(posts[0]!);
    clock.pass(5_000);
    expect(posts).toHaveLength(2);
    expect(posts[1]!.bytes.equals(posts[0]!.bytes)).toBe(true);
  });

  it.each([
    ['503', (post: FakePost) => post.gets(503)],
    ['401', (post: FakePost) => post.gets(401)],
    ['404', (post: FakePost) => post.gets(404)],
    ['a cut that may have come after it', (post: FakePost) => post.breaks(true)],
  ])('is lost after %s: later ones are skipped, the answer is sent', async (_name, fail) => {
    const { tell, main, posts, types, clock } = running();
    tell(1);
    tell(2);
    fail(posts[0]!);
    tell(3);
    clock.pass(5_000);
    main.calls[0]!.answer(ok);
    await settle();
    expect(types()).toEqual(['jsonrpc_notify', 'jsonrpc_response']);
  });

  it('that is refused with 429 again and again holds up the answer for no more than three tries', async () => {
    const { tell, main, posts, types, clock } = running();
    tell(1);
    tell(2);
    main.calls[0]!.answer(ok);
    await settle();
    for (let sent = 0; sent < 3; sent++) {
      posts[sent]!.gets(429);
      clock.pass(1_000);
    }
    expect(types()).toEqual([...Array<string>(3).fill('jsonrpc_notify'), 'jsonrpc_response']);
  });

  it('that must wait long is given up as soon as the answer is there, and not before', async () => {
    const { tell, main, posts, types, clock } = running();
    tell(1);
    posts[0]!.gets(429, 10_000);
    clock.pass(10_000);
    expect(types()).toEqual(['jsonrpc_notify', 'jsonrpc_notify']);
    posts[1]!.gets(429, 60_000);
    main.calls[0]!.answer(ok);
    await settle();
    expect(types()).toEqual(['jsonrpc_notify', 'jsonrpc_notify', 'jsonrpc_response']);
    posts[2]!.gets(200);
    expect(clock.pending).toBe(0);
  });

  it('is dropped when 64 wait, progress first, whatever a message quotes', () => {
    const { tell, main, posts } = running();
    const quote = Buffer.from(
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"\\"notifications/progress\\"","n":0}}',
    );
    main.calls[0]!.request.onNotification(Buffer.from('{"jsonrpc":"2.0","method":"first"}'));
    main.calls[0]!.request.onNotification(quote);
    tell(1, 'notifications/progress');
    for (let n = 2; n <= 70; n++) tell(n);
    for (let sent = 0; sent < posts.length; sent++) posts[sent]!.gets(200);
    const sent = posts.map(({ body }) => body.resp_json!);
    expect(sent).toHaveLength(65);
    expect(sent[1]).toEqual(JSON.parse(quote.toString()));
    expect(sent.map(({ method }) => method)).not.toContain('notifications/progress');
  });

  it('carries the head of the stream it came on', () => {
    const { main, posts } = running();
    main.calls[0]!.request.onNotification(note(1), { status: 200, headers: [['Mcp-Session-Id', 's9']] });
    expect(posts[0]!.body).toMatchObject({ resp_headers: { 'Mcp-Session-Id': ['s9'] } });
  });

  it('that comes after the answer, or after the call was cancelled, goes nowhere', async () => {
    const { tell, main, posts, dispatcher } = running();
    main.calls[0]!.answer(ok);
    await settle();
    tell(1);
    expect(posts).toHaveLength(1);
    posts[0]!.gets(200);
    tell(2);
    expect(posts).toHaveLength(1);
    expect(dispatcher.inFlight).toBe(0);
  });

  it('does not hold up a call that is cancelled', () => {
    const { tell, posts, poll, clock } = running();
    tell(1);
    tell(2);
    poll(cancel('a'));
    expect(posts[0]!.aborted).toBe(true);
    clock.pass(60_000);
    expect(posts.filter(({ body }) => body.request_id === 'a')).toHaveLength(1);
  });
});

describe('a command', () => {
  it('that comes again, in flight or within ten minutes after, is run and answered once', async () => {
    const { poll, main, posts, clock, dispatcher } = rig();
    poll(call('a'), call('a'));
    poll(call('a'));
    main.calls[0]!.answer(ok);
    await settle();
    posts[0]!.gets(200);
    clock.pass(599_999);
    poll(call('a'));
    expect([main.calls.length, posts.length, dispatcher.counts.duplicates]).toEqual([1, 1, 3]);
  });

  it('for a channel that is not there is refused, and main is not asked in its place', () => {
    const { poll, main, posts } = rig();
    const termination = { command_type: 'session_termination', headers: { 'Mcp-Session-Id': ['s'] } };
    poll(call('a', { channel: 'crm' }), { request_id: 't', channel: 'crm', ...termination });
    poll({ request_id: 'n', channel: 'crm', jsonrpc: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect(main.calls).toEqual([]);
    expect(posts.map(({ body }) => [body.request_id, body.resp_type, body.resp_code])).toEqual([
      ['a', 'jsonrpc_response', 400],
      ['t', 'session_termination_response', 400],
      ['n', 'notify_ack', 400],
    ]);
    expect(posts[0]!.body).toMatchObject({
      channel: 'crm',
      resp_json: {
        id: 'a',
        error: { code: -32603, data: { code: 'unsupported_channel', tunnel_failure: { source: 'client_internal' } } },
      },
    });
    expect(posts.slice(1).every(({ body }) => !('resp_json' in body) && !('resp_headers' in body))).toBe(true);
  });

  it('that is a batch is refused', () => {
    const { poll, main, posts } = rig();
    poll({ request_id: 'b', jsonrpc: '[{"jsonrpc":"2.0","id":1,"method":"x"}]' });
    expect(main.calls).toEqual([]);
    expect(posts[0]!.body).toMatchObject({ resp_code: 400, resp_json: { id: null, error: { code: -32600 } } });
  });

  it('that is a notification is acknowledged with the server’s status, whatever the server says besides', async () => {
    const { poll, main, posts } = rig();
    poll({ request_id: 'n', jsonrpc: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    main.calls[0]!.answer('{"jsonrpc":"2.0","id":1,"result":{}}', { status: 200 });
    await settle();
    expect(posts[0]!.body).toMatchObject({ resp_type: 'notify_ack', resp_code: 200 });
    expect(posts[0]!.body).not.toHaveProperty('resp_json');
  });

  it('waits only for calls of its own channel', async () => {
    const { poll, main, docs, queue } = rig();
    poll(...Array.from({ length: 8 }, (_, n) => call(`m${n}`)), call('d', { channel: 'docs' }));
    expect([main.calls.length, docs.calls.length, queue.depth]).toEqual([3, 1, 5]);
    main.calls[1]!.answer(ok);
    await settle();
    expect(main.calls).toHaveLength(4);
  });

  it('of a server that fails goes back with the server’s status and challenge, without its text', async () => {
    const { poll, main, posts } = rig();
    poll(call('a'));
    const headers: ChannelAnswer['headers'] = [['WWW-Authenticate', 'Bearer realm="x"']];
    main.calls[0]!.fail(new AnswerError('auth_required', { status: 401, headers }, { status: 401 }));
    await settle();
    expect(posts[0]!.body).toMatchObject({
      resp_code: 401,
      resp_headers: { 'Www-Authenticate': ['Bearer realm="x"'] },
      resp_json: { error: { data: { tunnel_failure: { source: 'target_http', upstream_status: 401 } } } },
    });
  });
});

describe('a tool that failed', () => {
  const failure = '{"jsonrpc":"2.0","id":"a","result":{"content":[],"isError":true}}';

  it.each(['tools/call', 'tasks/result'])(
    'is an outcome of its own for %s: an error, and an answer of its server',
    async (method) => {
      const { poll, main, posts, traces, dispatcher, clock } = rig();
      poll({ request_id: 'a', jsonrpc: `{"jsonrpc":"2.0","id":"a","method":"${method}"}` });
      main.calls[0]!.answer(failure);
      await settle();
      posts[0]!.gets(200);
      expect(posts[0]!.body.resp_json).toEqual(JSON.parse(failure));
      expect(traces[0]).toMatchObject({ status: 'tool_error' });
      expect(dispatcher.counts).toMatchObject({ answered: 1, errors: 1 });
      expect(dispatcher.answers.of('main')).toEqual({ lastAnswerAt: clock.wall() });
    },
  );

  it('is told by results of tools alone: elsewhere the same member means what the method says', async () => {
    const { poll, main, posts, traces } = rig();
    poll({ request_id: 'a', jsonrpc: '{"jsonrpc":"2.0","id":"a","method":"acme/report"}' });
    main.calls[0]!.answer(failure);
    await settle();
    posts[0]!.gets(200);
    expect(traces[0]).toMatchObject({ status: 'ok' });
  });
});

it('a call past its deadline counts as an error, as everywhere', () => {
  const { poll, clock, dispatcher } = rig();
  poll(call('a', { response_timeout: '1s' }));
  clock.pass(1_000);
  expect(dispatcher.counts).toMatchObject({ errors: 1, dropped: 1 });
});

describe('OAuth discovery', () => {
  const discovery = (channel?: string): CommandFields => ({
    request_id: 'o',
    command_type: 'oauth_discovery',
    ...(channel && { channel }),
  });

  it('is answered by main’s server', async () => {
    const found = { status: 200, headers: [], body: Buffer.from('{"resource":"x"}') };
    const { poll, posts } = rig({ discover: () => Promise.resolve(found) });
    poll(discovery());
    await settle();
    expect(posts[0]!.body).toMatchObject({ resp_type: 'oauth_discovery_response', resp_json: { resource: 'x' } });
  });

  it('is refused on any other channel, and where main has none', async () => {
    const { poll, posts } = rig({ discover: () => Promise.reject(new Error('must not be asked')) });
    poll(discovery('docs'));
    const other = rig();
    other.poll(discovery());
    await settle();
    for (const post of [posts[0]!, other.posts[0]!]) {
      expect(post.body).toMatchObject({
        resp_type: 'oauth_discovery_response',
        resp_code: 400,
        resp_json: { error: { code: 'unsupported_channel' } },
      });
    }
  });

  it('that fails, or that a stop overtakes, is not answered at all', async () => {
    const failing = rig({ discover: () => Promise.reject(new TunnelError('oauth_metadata', 'oauth')) });
    failing.poll(discovery());
    const hanging = rig({ discover: () => new Promise(() => undefined) });
    hanging.poll(discovery());
    await settle();
    hanging.dispatcher.failAll();
    for (const { posts, dispatcher } of [failing, hanging]) expect([posts, dispatcher.inFlight]).toEqual([[], 0]);
  });
});

describe('the end of a session', () => {
  it('is passed to the server with the command’s headers', async () => {
    const { poll, main, posts } = rig();
    poll({ request_id: 't', command_type: 'session_termination', headers: { 'Mcp-Session-Id': ['s1'] } });
    await settle();
    expect(main.ended).toEqual([[['Mcp-Session-Id', 's1']]]);
    expect(posts[0]!.body).toEqual({
      request_id: 't',
      channel: 'main',
      resp_code: 204,
      resp_type: 'session_termination_response',
    });
  });
});

describe('when the process ends', () => {
  it('what is in flight, waits, or still comes is answered client_internal, each once', async () => {
    const { poll, main, posts, dispatcher } = rig();
    poll(...['1', '2', '3', 'waiting'].map((id) => call(id)));
    dispatcher.failAll();
    poll(call('late'));
    main.calls[0]!.answer(ok);
    await settle();
    expect(posts.map(({ body }) => [body.request_id, body.resp_code])).toEqual(
      ['1', '2', '3', 'waiting', 'late'].map((id) => [id, 503]),
    );
    expect(posts[0]!.body).toMatchObject({
      resp_json: { error: { data: { tunnel_failure: { source: 'client_internal' } } } },
    });
    expect(main.calls).toHaveLength(3);
    let idle = 0;
    for (const ended of [dispatcher.idle(), dispatcher.idle()]) void ended.then(() => idle++);
    for (const post of posts) post.gets(200);
    await settle();
    expect(idle).toBe(2);
  });
});

it('the result of a call keeps its id byte for byte', async () => {
  const { poll, main, posts } = rig();
  main.auto = (request) => ({ status: 200, headers: [], body: resultOf(request) });
  poll({
    request_id: 'big',
    jsonrpc: '{"jsonrpc":"2.0","id":12345678901234567890,"method":"x","id":98765432109876543210}',
  });
  await settle();
  expect(posts[0]!.bytes.toString()).toContain('"id":98765432109876543210,');
});

describe('a call that waits for its server', () => {
  it('is told with the time from which its silence is long: half its deadline, and 30 s at most', () => {
    const { poll, dispatcher, clock, main } = rig();
    expect(dispatcher.waits()).toEqual({});
    const at = clock.wall();
    poll(call('a'));
    expect(dispatcher.waits()).toEqual({
      oldestCallAt: at,
      quietCall: { channel: 'main', since: at, longAt: at + 30_000 },
    });
    clock.pass(1_000);
    poll(call('b', { channel: 'docs', response_timeout: '10s' }));
    expect(dispatcher.waits()).toEqual({
      oldestCallAt: at,
      quietCall: { channel: 'docs', since: at + 1_000, longAt: at + 6_000 },
    });
    expect(main.calls).toHaveLength(1);
  });

  it('is not silent while it sends notifications, and over with its answer', async () => {
    let changes = 0;
    const { poll, dispatcher, clock, main } = rig({ changed: () => (changes += 1) });
    const at = clock.wall();
    poll(call('a'));
    changes = 0;
    clock.pass(20_000);
    for (let n = 0; n < 5; n++)
      main.calls[0]!.request.onNotification(Buffer.from('{"jsonrpc":"2.0","method":"notifications/progress"}'));
    expect(changes).toBe(1);
    expect(dispatcher.waits()).toMatchObject({
      oldestCallAt: at,
      quietCall: { since: at + 20_000, longAt: at + 50_000 },
    });
    main.calls[0]!.answer(ok);
    await settle();
    expect(dispatcher.waits()).toEqual({});
  });
});

describe('a server that gives no answer', () => {
  const notFound = new AnswerError('http_status', { status: 404, headers: [] }, { status: 404 });

  it('is told with how many calls in a row it failed, since when and why, until it answers one', async () => {
    const { poll, dispatcher, clock, main } = rig();
    const at = clock.wall();
    poll(call('a'), call('b'));
    main.calls[0]!.fail(notFound);
    await settle();
    clock.pass(1_000);
    main.calls[1]!.fail(new TunnelError('closed_early', 'mcp-server'));
    await settle();
    expect(dispatcher.answers.of('main')).toMatchObject({
      failing: { since: at, calls: 2, error: { code: 'closed_early' } },
    });
    expect(dispatcher.answers.of('docs')).toEqual({});
    poll(call('c'));
    main.calls[2]!.answer('{"jsonrpc":"2.0","id":"c","error":{"code":-32601,"message":"its own error is an answer"}}');
    await settle();
    expect(dispatcher.answers.of('main')).toEqual({ lastAnswerAt: at + 1_000 });
  });

  it('failed the call that its caller waited for in vain', () => {
    const { poll, dispatcher, clock, main } = rig({ maxConcurrent: 1 });
    poll(call('a', { response_timeout: '5s' }), call('waits its turn', { response_timeout: '5s' }));
    clock.pass(5_000);
    expect(main.calls).toHaveLength(1);
    expect(dispatcher.answers.of('main').failing).toMatchObject({
      calls: 1,
      error: { code: 'timed_out', leg: 'mcp-server', params: { seconds: 5 } },
    });
  });

  it.each([
    ['that its caller cancels', ({ poll }: Rig) => poll(call('a'), cancelOf('a'))],
    ['that this machine slept through', ({ dispatcher }: Rig) => dispatcher.cancelAll('deadline')],
    ['for which it wants a sign-in', ({ main }: Rig) => main.calls[0]!.fail(signIn)],
    ['that this process ended', ({ main }: Rig) => main.calls[0]!.fail(new TunnelError('shutting_down', 'local'))],
  ])('has not failed a call %s', async (_, happens) => {
    const here = rig();
    here.poll(call('a'));
    happens(here);
    await settle();
    expect(here.dispatcher.answers.of('main')).toEqual({});
  });

  const signIn = new AnswerError('auth_required', { status: 401, headers: [] }, { status: 401 });
  const cancelOf = (id: string): CommandFields => ({
    request_id: `cancel ${id}`,
    jsonrpc: `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${id}"}}`,
  });
});
