import { describe, expect, test } from 'vitest';
import { call, callText, fixture, openChannel, sendCall, sendText, stateOf } from './harness.ts';

const hello = (id: number, capabilities = '{}') =>
  `{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":${capabilities},"clientInfo":{"name":"c","version":"1"}}}`;
const bodyOf = async (sent: ReturnType<typeof sendText>): Promise<Record<string, never>> =>
  JSON.parse((await sent.answer).body?.toString() ?? '{}') as Record<string, never>;

describe('a server that serves and dies', () => {
  test('is started again at once each time, and never called a crash loop', async () => {
    const { channel } = openChannel();
    for (let life = 0; life < 8; life++) {
      expect(await call(channel, 'echo', { life })).toEqual({ life });
      await expect(sendCall(channel, 1, 'crash', { code: life }).answer).rejects.toMatchObject({
        code: 'server_exited',
      });
      expect(channel.state.kind).not.toBe('crash-loop');
    }
    expect(await call(channel, 'echo', {})).toEqual({});
  });

  test('loses the calls that were with it, and no other: those wait for the next child', async () => {
    const { channel } = openChannel();
    let lost = 0;
    let answered = 0;
    const asked: Promise<void>[] = [];
    for (let n = 0; n < 2_000; n++) {
      const method = n % 333 === 200 ? 'crash' : 'echo';
      const sent = sendCall(channel, n, method, { n });
      asked.push(
        sent.answer.then(
          () => {
            answered++;
          },
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'server_exited' });
            lost++;
          },
        ),
      );
      if (n % 10 === 9) await Promise.all(asked.splice(0));
    }
    await Promise.all(asked);
    expect(answered + lost).toBe(2_000);
    // six deaths, with at most ten calls in flight at each
    expect(lost).toBeLessThanOrEqual(60);
  });

  test('under the same call again and again has that call named and refused, while others go on', async () => {
    const { channel } = openChannel();
    for (let death = 1; death <= 3; death++) {
      await expect(sendCall(channel, death, 'crash', { code: 5 }).answer).rejects.toMatchObject({
        code: 'server_exited',
      });
      expect(await call(channel, 'echo', { death })).toEqual({ death });
    }
    await expect(sendCall(channel, 4, 'crash', { code: 5 }).answer).rejects.toMatchObject({
      code: 'call_ends_server',
      params: { method: 'crash', times: 3 },
    });
    expect(await call(channel, 'echo', { still: true })).toEqual({ still: true });
  });

  test('under the same tool with ever other arguments has that tool refused; one that is answered in between has not', async () => {
    const { channel } = openChannel();
    const dies = (n: number) => sendCall(channel, n, 'crash', { name: 'delete_all', code: n }).answer;
    for (let n = 1; n <= 3; n++) await expect(dies(n)).rejects.toMatchObject({ code: 'server_exited' });
    await expect(dies(4)).rejects.toMatchObject({
      code: 'call_ends_server',
      params: { method: 'crash', target: 'delete_all', times: 3 },
    });
    expect(await call(channel, 'echo', { name: 'other' })).toEqual({ name: 'other' });

    const other = openChannel().channel;
    for (let n = 1; n <= 4; n++) {
      await expect(sendCall(other, n, 'maybe-crash', { name: 'half', dies: n }).answer).rejects.toMatchObject({
        code: 'server_exited',
      });
      expect(await call(other, 'maybe-crash', { name: 'half' })).toEqual({ name: 'half' });
    }
  });
});

describe('a server that takes one initialize in its life', () => {
  test('serves every caller: the later ones get the result of the first', async () => {
    const { channel } = openChannel({ command: fixture('strict') }, { handshakeFirst: true });
    const first = await bodyOf(sendText(channel, hello(1)));
    await sendText(channel, '{"jsonrpc":"2.0","method":"notifications/initialized"}').answer;
    for (const id of [2, 3]) expect(await bodyOf(sendText(channel, hello(id)))).toEqual({ ...first, id });
    // after it was told once that there can be no other, it is not asked again
    expect(await call(channel, 'tools/list')).toMatchObject({ inits: 2 });
  });

  test('hears the handshake again after its end, and callers notice nothing', async () => {
    const { channel } = openChannel({ command: fixture('strict') }, { handshakeFirst: true });
    await bodyOf(sendText(channel, hello(1)));
    const { pid } = await call<{ pid: number }>(channel, 'tools/list');
    await expect(sendCall(channel, 1, 'tools/call', { name: 'die' }).answer).rejects.toMatchObject({
      code: 'server_exited',
    });
    expect((await call<{ pid: number }>(channel, 'tools/list')).pid).not.toBe(pid);
    expect(await bodyOf(sendText(channel, hello(9)))).toMatchObject({
      id: 9,
      result: { serverInfo: { name: 'strict' } },
    });
  });
});

describe('a call before any initialize', () => {
  test('is answered at once, and nothing of it reaches the server', async () => {
    const { channel, log } = openChannel({ command: fixture('strict') }, { handshakeFirst: true });
    const answer = await sendCall(channel, 'x', 'tools/call', { name: 'die' }).answer;
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body?.toString() ?? '')).toMatchObject({
      id: 'x',
      error: { code: -32002, data: { origin: 'tunnel-client', error_type: 'mcp_initialization_required' } },
    });
    expect(log.map(({ kind }) => kind)).toContain('not-initialized');
    expect(await stateOf(channel, 'ready')).toMatchObject({ uninitialized: { calls: 1 } });
    const told: unknown[] = [];
    channel.onState((state) => told.push('uninitialized' in state));
    await sendCall(channel, 'y', 'tools/list', {}).answer;
    await bodyOf(sendText(channel, hello(1)));
    expect(channel.state).not.toHaveProperty('uninitialized');
    expect([told[0], told.at(-1)]).toEqual([true, false]);
  });

  test('of the newer era goes through: it needs none', async () => {
    const { channel } = openChannel({ command: fixture('strict') }, { handshakeFirst: true });
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    expect(await call(channel, 'tools/list', { _meta })).toMatchObject({ method: 'tools/list' });
  });
});

test('a server is offered nothing that would need it to ask its caller', async () => {
  const { channel } = openChannel({ command: fixture('strict') });
  const capabilities = '{ "sampling":{}, "roots" : {"listChanged":true},"experimental":{"a":1},"elicitation":{}}';
  expect(await bodyOf(sendText(channel, hello(1, capabilities)))).toMatchObject({
    result: { _meta: { offered: ['experimental'] } },
  });
});

describe('an answer that is written in another way', () => {
  const raw = (text: string) => ({ texts: [`${text}\n`] });

  test.each([
    ['with its id as text', '{"jsonrpc":"2.0","id":"$ID","result":{"ok":1}}'],
    ['behind a banner', 'Listening on stdio {"jsonrpc":"2.0","id":$ID,"result":{"ok":1}}'],
    ['in colour', '\u001b[32m{"jsonrpc":"2.0","id":$ID,"result":{"ok":1}}\u001b[0m'],
    ['behind a NUL', '\u0000{"jsonrpc":"2.0","id":$ID,"result":{"ok":1}}'],
    ['behind a BOM', '\ufeff{"jsonrpc":"2.0","id":$ID,"result":{"ok":1}}'],
    ['over several lines', '{\n  "jsonrpc": "2.0",\n  "id": $ID,\n  "result": {\n    "ok": 1\n  }\n}'],
  ])('%s is understood', async (_, text) => {
    const { channel } = openChannel();
    expect(JSON.parse(await callText(channel, 77, 'raw', raw(text)))).toEqual({
      jsonrpc: '2.0',
      id: 77,
      result: { ok: 1 },
    });
  });

  test('without an id, or with null, is an error for the only call there is', async () => {
    const { channel } = openChannel();
    for (const text of ['"id":null,', '']) {
      const answer = `{"jsonrpc":"2.0",${text}"error":{"code":-32700,"message":"Parse error"}}`;
      expect(JSON.parse(await callText(channel, 5, 'raw', raw(answer)))).toMatchObject({
        id: 5,
        error: { code: -32700 },
      });
    }
  });

  test.each([
    '{"jsonrpc":"2.0","id":$ID,"result":{"text":"cut',
    '{"jsonrpc":"2.0","id":$ID,"result":{"n":1',
    '{"result":{"a":tru},"id":$ID}',
  ])('and is broken fails at once, with what was seen: %s', async (text) => {
    const { channel } = openChannel();
    const hanging = sendCall(channel, 1, 'hang');
    await expect(sendCall(channel, 2, 'raw', raw(text)).answer).rejects.toMatchObject({
      code: 'bad_json',
      source: 'protocol',
      params: { detail: expect.stringContaining('result') as string },
    });
    hanging.cancellation.cancel('cancelled');
  });
});

describe('a server that several callers share', () => {
  const log = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"of one call"}}\n';

  test('tells none of them what may be another’s', async () => {
    const { channel } = openChannel();
    await bodyOf(sendText(channel, hello(1)));
    const one = sendCall(channel, 2, 'raw', { texts: [log, '{"jsonrpc":"2.0","id":$ID,"result":{}}\n'] });
    await one.answer;
    expect(one.notifications).toHaveLength(1);
    await bodyOf(sendText(channel, hello(3)));
    const other = sendCall(channel, 4, 'raw', { texts: [log, '{"jsonrpc":"2.0","id":$ID,"result":{}}\n'] });
    await other.answer;
    expect(other.notifications).toHaveLength(0);
  });

  test('keeps its log level when one of them sets another', async () => {
    const { channel } = openChannel();
    await bodyOf(sendText(channel, hello(1)));
    await bodyOf(sendText(channel, hello(2)));
    expect(await bodyOf(sendCall(channel, 3, 'logging/setLevel', { level: 'debug' }))).toEqual({
      jsonrpc: '2.0',
      id: 3,
      result: {},
    });
    expect((await call<string[]>(channel, 'heard')).join()).not.toContain('setLevel');
  });
});
