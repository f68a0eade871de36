import { describe, expect, test } from 'vitest';
import { call, callText, fixture, isAlive, openChannel, sendCall, sendText, stateOf } from './harness.ts';

describe('a call over stdio', () => {
  test('comes back with the id that its caller gave it, byte for byte, whatever its type', async () => {
    const { channel } = openChannel();
    for (const id of ['12345678901234567890', '"a\\u00e9/\\/"', '0', '-7', '1.50', '""']) {
      const { answer } = sendText(channel, `{"jsonrpc":"2.0","id":${id},"method":"echo","params":{"n":1}}`);
      expect((await answer).body?.toString()).toBe(`{"jsonrpc":"2.0","id":${id},"result":{"n":1}}`);
    }
  });

  test('changes nothing but the ids on the way to the server', async () => {
    const { channel } = openChannel();
    const text =
      '{ "x":1e400, "id" : "one" ,"params":{"b":12345678901234567890,"a":"\\u0041","_meta":{"progressToken":"t","k":null}},\r\n "id":"two","method":"line","jsonrpc":"2.0"}';
    const heard = JSON.parse((await sendText(channel, text).answer).body?.toString() ?? '') as {
      id: string;
      result: string;
    };
    expect(heard.id).toBe('two');
    const id = /"id" : (\d+)/.exec(heard.result)?.[1];
    expect(heard.result).toBe(
      text.replace('"one"', `${id}`).replace('"two"', `${id}`).replace('"t"', `${id}`).replace('\r\n', '  '),
    );
  });

  test('does not wait for another: answers come in the order in which the server gives them', async () => {
    const { channel } = openChannel();
    const order: string[] = [];
    const held = ['a', 'b', 'c'].map((name) =>
      sendCall(channel, 'same id', 'hold', { name }).answer.then(({ body }) => order.push(body?.toString() ?? '')),
    );
    await call(channel, 'release', { names: ['c', 'a', 'b'] });
    await Promise.all(held);
    expect(order.map((text) => (JSON.parse(text) as { result: { name: string } }).result.name)).toEqual([
      'c',
      'a',
      'b',
    ]);
    expect(order.every((text) => text.includes('"id":"same id"'))).toBe(true);
    expect(channel.inFlight).toBe(0);
  });

  test('gets its own progress, under its own token, in order, and nobody else does', async () => {
    const { channel } = openChannel();
    const one = sendCall(channel, 1, 'progress', { count: 3, _meta: { progressToken: 'same' } });
    const two = sendCall(channel, 1, 'progress', { count: 2, _meta: { progressToken: 'same' } });
    await Promise.all([one.answer, two.answer]);
    const progress = (n: number): string =>
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"same","progress":${n}}}`;
    expect(one.notifications).toEqual([progress(1), progress(2), progress(3)]);
    expect(two.notifications).toEqual([progress(1), progress(2)]);
  });

  test('hears what the server says to nobody in particular only while it is the only one', async () => {
    const { channel, log } = openChannel();
    const say = '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}\n';
    const answer = '{"jsonrpc":"2.0","id":$ID,"result":{}}\n';
    const alone = sendCall(channel, 1, 'raw', { texts: [say, answer] });
    await alone.answer;
    expect(alone.notifications).toEqual([say.trim()]);

    const other = sendCall(channel, 2, 'hold', { name: 'other' });
    const notAlone = sendCall(channel, 3, 'raw', { texts: [say, answer] });
    await notAlone.answer;
    expect(notAlone.notifications).toEqual([]);
    expect(other.notifications).toEqual([]);
    expect(log).toContainEqual({ kind: 'unclaimed-notification', method: 'notifications/message' });
    await call(channel, 'release', { names: ['other'] });
    await other.answer;
  });

  test('of 2026-07-28 that subscribes keeps its subscription id', async () => {
    const { channel } = openChannel();
    const listen = sendCall(channel, 'mine', 'subscriptions/listen');
    const bystander = sendCall(channel, 9, 'end-listen');
    await bystander.answer;
    expect((await listen.answer).body?.toString()).toBe(
      '{"jsonrpc":"2.0","id":"mine","result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":"mine"}}}',
    );
    expect(listen.notifications).toEqual([
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"mine"},"notifications":{}}}',
      '{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"mine"}}}',
    ]);
    expect(bystander.notifications).toEqual([]);
  });

  test('whose answer arrives byte by byte, in the middle of characters, is whole', async () => {
    const { channel } = openChannel();
    expect(await call(channel, 'split', { text: 'Grüße, 世界 🌍' })).toEqual({ text: 'Grüße, 世界 🌍' });
  });

  test('carries a megabyte each way', async () => {
    const { channel } = openChannel();
    const text = 'é'.repeat(512 * 1024);
    expect(await call(channel, 'echo', { text })).toEqual({ text });
  });

  test('is not disturbed by garbage, blank lines, or answers for nobody', async () => {
    const { channel, log } = openChannel();
    const texts = [
      'Server listening!\n',
      '\r\n',
      '{"jsonrpc":"2.0","id":999999,"result":{}}\n',
      '[{"jsonrpc":"2.0","id":1,"result":{}}]\n',
      '{"jsonrpc":"2.0"\n',
      '{"jsonrpc":"2.0","id":$ID,"result":{"fine":true}}\r\n',
    ];
    expect(await call(channel, 'raw', { texts })).toEqual({ fine: true });
    expect(log.filter((event) => event.kind === 'noise').map((event) => event.reason)).toEqual([
      'not-json-rpc',
      'unknown-id',
      'batch',
      'not-json-rpc',
    ]);
    expect(await call(channel, 'echo', { still: 'up' })).toEqual({ still: 'up' });
  });

  test('whose answer is not JSON throughout fails, so that it cannot break out of its envelope', async () => {
    const { channel } = openChannel();
    const { answer } = sendCall(channel, 1, 'raw', { texts: ['{"jsonrpc":"2.0","id":$ID,"result":{"a":tru}}\n'] });
    await expect(answer).rejects.toMatchObject({ code: 'bad_json' });
  });

  test('whose answer is longer than the limit fails, and only that one', async () => {
    const { channel } = openChannel({}, { limits: { maxLineBytes: 100_000 } });
    const other = sendCall(channel, 2, 'hold', { name: 'other' });
    await expect(sendCall(channel, 1, 'big', { bytes: 300_000 }).answer).rejects.toMatchObject({
      code: 'line_too_long',
      params: { limit: 100_000 },
    });
    // The id may as well be at the end.
    const text = `{"result":{"text":"${'x'.repeat(300_000)}"},"jsonrpc":"2.0","id":$ID}\n`;
    await expect(sendCall(channel, 1, 'raw', { texts: [text] }).answer).rejects.toMatchObject({
      code: 'line_too_long',
    });
    await call(channel, 'release', { names: ['other'] });
    await expect(other.answer).resolves.toMatchObject({ status: 200 });
  });

  test('in a batch is refused', async () => {
    const { channel } = openChannel();
    await expect(sendText(channel, '[{"jsonrpc":"2.0","id":1,"method":"echo"}]').answer).rejects.toMatchObject({
      code: 'batch_refused',
    });
  });
});

describe('a server', () => {
  test('that asks something itself is answered at once: ping yes, anything else no', async () => {
    const { channel } = openChannel();
    expect(await call(channel, 'ask')).toEqual([
      '{"jsonrpc":"2.0","id":"p-1","result":{}}',
      expect.stringMatching(/^\{"jsonrpc":"2.0","id":12345678901234567890,"error":\{"code":-32601,/),
    ]);
  });

  test('gets notifications without an id, which count as accepted', async () => {
    const { channel } = openChannel();
    const note = '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}';
    await expect(sendText(channel, note).answer).resolves.toEqual({ status: 202, headers: [] });
    expect(await call(channel, 'heard')).toContain(note);
  });

  test('has no session to end: a session termination is answered 405 and the channel goes on', async () => {
    const { channel } = openChannel();
    await channel.start();
    const { Cancellation } = await import('../../../src-main/base/cancellation.ts');
    expect((await channel.terminate([], new Cancellation())).status).toBe(405);
    expect(await call(channel, 'echo', { n: 1 })).toEqual({ n: 1 });
  });

  test('that takes one call at a time gets one at a time, but cancels and notifications at once', async () => {
    const { channel } = openChannel({ concurrency: 'serial' });
    const first = sendCall(channel, 1, 'hang');
    const second = sendCall(channel, 2, 'heard');
    await sendText(channel, '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}').answer;
    first.cancellation.cancel('cancelled');
    await expect(first.answer).rejects.toMatchObject({ code: 'cancelled' });
    const heard = (JSON.parse((await second.answer).body?.toString() ?? '') as { result: string[] }).result;
    expect(heard.map((line) => (JSON.parse(line) as { method: string }).method)).toEqual([
      'hang',
      'notifications/roots/list_changed',
      'notifications/cancelled',
      'heard',
    ]);
  });

  test('that does not read its input is sent no more than a bounded amount; what waits is not lost with it', async () => {
    const { channel } = openChannel({}, { limits: { maxPendingBytes: 200_000 } });
    await call(channel, 'deaf');
    const { pid } = await stateOf(channel, 'ready');
    const text = 'x'.repeat(100_000);
    const calls = Array.from({ length: 20 }, (_, id) => sendCall(channel, id, 'echo', { text }));
    // A cancel does not wait for room.
    const cancelled = calls.at(-1)!;
    cancelled.cancellation.cancel('deadline');
    await expect(cancelled.answer).rejects.toMatchObject({ code: 'cancelled' });
    process.kill(pid!, 'SIGKILL');
    const outcomes = await Promise.allSettled(calls.slice(0, -1).map(({ answer }) => answer));
    const lost = outcomes.filter(({ status }) => status === 'rejected');
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThanOrEqual(4);
    expect(lost).toEqual(
      lost.map(
        () =>
          expect.objectContaining({ reason: expect.objectContaining({ code: 'server_exited' }) as unknown }) as unknown,
      ),
    );
    expect(channel.inFlight).toBe(0);
  });
});

describe('a cancelled call', () => {
  test('is cancelled at the server under the id that the server knows, and the child lives on', async () => {
    const { channel } = openChannel();
    const pid = (await call<{ pid: number }>(channel, 'env')).pid;
    const { answer, cancellation } = sendCall(channel, 'mine', 'hang');
    await call(channel, 'echo');
    cancellation.cancel('deadline');
    await expect(answer).rejects.toMatchObject({ code: 'cancelled', params: { reason: 'deadline' } });
    const heard = (await call<string[]>(channel, 'heard')).map((line) => JSON.parse(line) as Record<string, unknown>);
    const hang = heard.find(({ method }) => method === 'hang');
    expect(heard.find(({ method }) => method === 'notifications/cancelled')).toMatchObject({
      params: { requestId: hang?.id },
    });
    expect((await call<{ pid: number }>(channel, 'env')).pid).toBe(pid);
  });

  test('may be answered late: nobody gets that answer', async () => {
    const { channel, log } = openChannel();
    const held = sendCall(channel, 1, 'hold', { name: 'late' });
    await call(channel, 'echo');
    held.cancellation.cancel('deadline');
    await expect(held.answer).rejects.toMatchObject({ code: 'cancelled' });
    expect(await callText(channel, 1, 'release', { names: ['late'] })).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(log).toContainEqual(expect.objectContaining({ kind: 'noise', reason: 'unknown-id' }));
  });

  test('may be an initialize, which the server must not hear cancelled', async () => {
    const { channel } = openChannel({ command: fixture('silent') });
    await channel.start();
    const { answer, cancellation } = sendCall(channel, 1, 'initialize');
    cancellation.cancel('deadline');
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    await expect(sendCall(channel, 2, 'heard').answer).resolves.toMatchObject({
      body: Buffer.from('{"jsonrpc":"2.0","id":2,"result":["initialize","heard"]}'),
    });
  });

  test('by its caller reaches the right call, and none when two callers chose the same id', async () => {
    const { channel } = openChannel();
    await channel.start();
    const one = sendCall(channel, 'x', 'hang');
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}';
    await expect(sendText(channel, cancel).answer).resolves.toMatchObject({ status: 202 });
    one.cancellation.cancel('cancelled');
    const twins = [sendCall(channel, 'y', 'hang'), sendCall(channel, 'y', 'hang')];
    await sendText(channel, cancel.replace('"x"', '"y"')).answer;
    // This number may well be somebody else's private id.
    await sendText(channel, cancel.replace('"x"', '3')).answer;
    const heard = (await call<string[]>(channel, 'heard')).map((line) => JSON.parse(line) as Record<string, unknown>);
    const cancels = heard.filter(({ method }) => method === 'notifications/cancelled');
    expect(cancels).toEqual([expect.objectContaining({ params: { requestId: heard[0]?.id, reason: 'cancelled' } })]);
    for (const { cancellation } of twins) cancellation.cancel('cancelled');
    await Promise.allSettled([one, ...twins].map(({ answer }) => answer));
  });
});

test('a call that is cancelled while its server starts is never heard of', async () => {
  const { channel } = openChannel();
  const early = sendCall(channel, 1, 'echo');
  expect(channel.inFlight).toBe(1);
  early.cancellation.cancel('deadline');
  await expect(early.answer).rejects.toMatchObject({ code: 'cancelled' });
  expect(await call<string[]>(channel, 'heard')).toHaveLength(1);
});

describe('stopping', () => {
  test('answers what is in flight and leaves no process, not even one that ignores its closed input and SIGTERM', async () => {
    const { channel } = openChannel(
      { command: fixture('stubborn') },
      { limits: { end: { inputMs: 100, termMs: 100, killMs: 2_000 } } },
    );
    const { pids } = await call<{ pids: number[] }>(channel, 'pids');
    expect(pids).toHaveLength(3);
    expect(await Promise.all(pids.map(isAlive))).toEqual([true, true, true]);
    await channel.close();
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false, false]);
    expect(channel.state.kind).toBe('stopped');
  });

  test('lets a server end by itself when its input closes', async () => {
    const { channel, log } = openChannel({}, { limits: { end: { inputMs: 20_000, termMs: 100, killMs: 2_000 } } });
    const pending = sendCall(channel, 1, 'hang');
    await call(channel, 'echo');
    await channel.close();
    await expect(pending.answer).rejects.toMatchObject({ code: 'shutting_down' });
    expect(log.at(-1)).toMatchObject({ kind: 'exited', exitCode: 0, signal: null, asked: true });
    await expect(sendCall(channel, 2, 'echo').answer).rejects.toMatchObject({ code: 'shutting_down' });
  });
});

test('a server that says who it is is known by it', async () => {
  const { channel } = openChannel();
  await channel.start();
  expect(channel.state).toMatchObject({ kind: 'ready' });
  await call(channel, 'initialize', { protocolVersion: '2025-06-18' });
  expect((await stateOf(channel, 'ready')).server).toEqual({
    name: 'fixture',
    version: '1.2.3',
    protocolVersions: ['2025-06-18'],
  });
});
