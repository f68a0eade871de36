import { describe, expect, it } from 'vitest';
import { attribute, isReady } from '../../src-main/diagnosis/attribution.ts';
import type { ChannelAnswer } from '../../src-main/call/channel.ts';
import type { Command } from '../../src-main/call/command.ts';
import { refusedCode, responseTo, type Stage, type StageDecision } from '../../src-main/call/stage.ts';
import { call, cancel, ok, rig, settle, type Rig } from '../support/call-rig.ts';
import { resultOf } from '../support/memory-channel.ts';
import { tunnelIn } from '../support/snapshots.ts';

/** Holds calls for whose request id `which` is true, until the test lets them go. */
class Gate implements Stage {
  readonly name = 'gate';
  mostHeld = 100;
  readonly held = new Map<string, (decision?: StageDecision) => void>();
  readonly abandoned: string[] = [];
  readonly which: (id: string) => boolean;

  constructor(which: (id: string) => boolean = () => true) {
    this.which = which;
  }

  receive({ requestId }: Command): Promise<StageDecision | undefined> | undefined {
    if (!this.which(requestId)) return undefined;
    return new Promise((resolve) => this.held.set(requestId, resolve));
  }

  abandon({ requestId }: Command): void {
    this.abandoned.push(requestId);
  }

  async release(id: string, decision?: StageDecision): Promise<void> {
    this.held.get(id)?.(decision);
    await settle();
  }
}

const ids = (count: number, name = 'h'): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);
const withStages = (...stages: Stage[]): Rig => rig({ stages: ({ name }) => (name === 'main' ? stages : []) });
const statuses = ({ traces }: Rig) => traces.map(({ requestId, status }) => [requestId, status]);

describe('a call that a stage holds', () => {
  it('takes no slot: with ten of them the eleventh is answered', async () => {
    const gate = new Gate((id) => id.startsWith('h'));
    const self = withStages(gate);
    self.poll(...ids(10).map((id) => call(id)), call('free'));
    expect(self.main.calls).toHaveLength(1);
    self.main.calls[0]?.answer(ok);
    await settle();
    expect(self.types()).toEqual(['jsonrpc_response']);
    expect([self.dispatcher.held, self.dispatcher.inFlight]).toEqual([10, 11]);
  });

  it('takes no place in the queue: with thirty of them as many commands as before are polled for', () => {
    const self = withStages(new Gate());
    self.poll(...ids(30).map((id) => call(id)));
    expect([self.dispatcher.held, self.queue.depth, self.queue.free]).toEqual([30, 0, self.queue.capacity]);
  });

  it('is shown as held, waits for nobody, and is nobody’s fault', async () => {
    const gate = new Gate();
    const self = withStages(gate);
    const seen: string[] = [];
    const note = (name: string) => (record: { status: string }) => void seen.push(`${name} ${record.status}`);
    const names = ['received', 'held', 'queued', 'dispatched', 'answered', 'posted', 'ended'] as const;
    self.events.subscribe(Object.fromEntries(names.map((name) => [name, note(name)])));
    self.poll(call('a'));
    self.clock.pass(500_000);
    expect(self.dispatcher.waits()).toEqual({});
    const at = self.clock.wall();
    const tunnel = tunnelIn(
      { kind: 'connected', since: 0 },
      { held: 1, lastCommandAt: at, ...self.dispatcher.waits() },
    );
    expect(attribute(tunnel, at)).toMatchObject({ layer: 'none' });
    expect(isReady(tunnel, attribute(tunnel, at))).toBe(true);
    await gate.release('a');
    expect(self.dispatcher.waits()).toMatchObject({ oldestCallAt: at, quietCall: { since: at } });
    self.main.calls[0]?.answer(ok);
    await settle();
    self.posts[0]?.gets(200);
    expect(seen).toEqual([
      'received queued',
      'held held',
      'queued queued',
      'dispatched running',
      'answered running',
      'posted running',
      'ended ok',
    ]);
    expect(self.traces[0]).toMatchObject({
      heldMs: 500_000,
      dispatchedMs: 500_000,
      stages: [{ stage: 'gate', did: 'held' }],
    });
  });

  it('ends with its deadline, and is not sent when the stage lets it go later', async () => {
    const gate = new Gate();
    const self = withStages(gate);
    self.poll(call('a', { response_timeout: '5s' }));
    self.clock.pass(5_000);
    expect(statuses(self)).toEqual([['a', 'expired']]);
    expect([gate.abandoned, self.dispatcher.held, self.dispatcher.inFlight]).toEqual([['a'], 0, 0]);
    await gate.release('a');
    expect([self.main.calls, self.posts]).toEqual([[], []]);
    expect(self.dispatcher.answers.of('main')).toEqual({});
    expect(self.clock.pending).toBe(0);
  });

  it('ends when its caller cancels it', async () => {
    const gate = new Gate((id) => id === 'a');
    const self = withStages(gate);
    self.poll(call('a'));
    self.poll(cancel('a'));
    expect(statuses(self)).toEqual([['a', 'cancelled']]);
    await gate.release('a');
    expect(self.main.calls.map(({ method }) => method)).toEqual(['notifications/cancelled']);
    expect([gate.abandoned, self.dispatcher.held]).toEqual([['a'], 0]);
  });

  it('is one of so many: one more is refused, and its caller told', () => {
    const gate = new Gate();
    gate.mostHeld = 2;
    const self = withStages(gate);
    self.poll(...ids(3).map((id) => call(id)));
    expect([self.dispatcher.held, gate.abandoned]).toEqual([2, ['h2']]);
    expect(self.posts[0]?.body).toMatchObject({ request_id: 'h2', resp_code: 200, resp_json: { error: {} } });
    self.posts[0]?.gets(200);
    expect(self.traces[0]).toMatchObject({ status: 'failed', error: { code: 'stage_full' } });
  });

  it('is waited for while the tunnel drains, and answered in its place when the time is up', async () => {
    const gate = new Gate();
    const self = withStages(gate);
    self.poll(call('a'), call('b'));
    let idle = false;
    void self.dispatcher.idle().then(() => (idle = true));
    await gate.release('a');
    self.main.calls[0]?.answer(ok);
    await settle();
    self.posts[0]?.gets(200);
    await settle();
    expect(idle).toBe(false);
    self.dispatcher.failAll();
    expect(self.posts[1]?.body).toMatchObject({ request_id: 'b', resp_code: 503 });
    await gate.release('b');
    self.posts[1]?.gets(200);
    await settle();
    expect([idle, self.main.calls.length, gate.abandoned]).toEqual([true, 1, ['b']]);
  });

  it('may be held by one stage after the other, each for its own time', async () => {
    const [first, second] = [new Gate(), new Gate()];
    const self = withStages(first, second);
    self.poll(call('a'));
    self.clock.pass(10);
    await first.release('a');
    expect(self.dispatcher.held).toBe(1);
    self.clock.pass(20);
    await second.release('a');
    self.main.calls[0]?.answer(ok);
    await settle();
    self.posts[0]?.gets(200);
    expect(self.traces[0]).toMatchObject({ heldMs: 30, dispatchedMs: 30 });
  });
});

describe('a stage', () => {
  const deciding = (decision: (command: Command) => StageDecision | undefined): Rig =>
    withStages({ name: 'guard', mostHeld: 0, receive: decision });

  it('changes what is sent', () => {
    const self = deciding(({ bytes }) => ({
      kind: 'change',
      bytes: Buffer.from(bytes.toString().replace('tools/call', 'tools/list')),
    }));
    self.poll(call('a'));
    expect(self.main.calls[0]?.method).toBe('tools/list');
    expect(self.main.calls[0]?.request.bytes.toString()).toContain('tools/list');
  });

  it('answers in place of the server, which is not said to have answered', () => {
    const self = deciding((command) => ({ kind: 'answer', body: responseTo(command, '{"cached":true}') }));
    self.poll(call('a'));
    expect(self.main.calls).toEqual([]);
    expect(self.posts[0]?.body).toMatchObject({ resp_code: 200, resp_json: { id: 'a', result: { cached: true } } });
    self.posts[0]?.gets(200);
    expect(self.traces[0]).toMatchObject({ status: 'ok', stages: [{ stage: 'guard', did: 'answered' }] });
    expect(self.dispatcher.answers.of('main')).toEqual({});
  });

  it('refuses a request with an error of its own, and a notification with 403', () => {
    const self = deciding(() => ({ kind: 'refuse', message: 'Not on Sundays', data: { day: 'Sunday' } }));
    self.poll(call('a'), { request_id: 'n', jsonrpc: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect(self.posts[0]?.body).toMatchObject({
      resp_code: 200,
      resp_json: { id: 'a', error: { code: refusedCode, message: 'Not on Sundays', data: { day: 'Sunday' } } },
    });
    expect(self.posts[1]?.body).toMatchObject({ resp_type: 'notify_ack', resp_code: 403 });
    for (const post of self.posts) post.gets(200);
    expect(statuses(self)).toEqual([
      ['a', 'refused'],
      ['n', 'refused'],
    ]);
    expect(self.dispatcher.counts.errors).toBe(0);
  });

  it.each<[string, Stage['receive']]>([
    [
      'throws',
      () => {
        throw new Error('secret detail');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret detail'))],
    ['changes the id', () => ({ kind: 'change', bytes: Buffer.from('{"jsonrpc":"2.0","id":"b","method":"x"}') })],
    ['changes it to nonsense', () => ({ kind: 'change', bytes: Buffer.from('{"jsonrpc":"2.0","id":"a","method":') })],
    ['answers another call', () => ({ kind: 'answer', body: Buffer.from('{"jsonrpc":"2.0","id":"b","result":{}}') })],
    [
      'answers with more than a message',
      () => ({ kind: 'answer', body: Buffer.from('{"jsonrpc":"2.0","id":"a","result":{}}},"resp_code":1') }),
    ],
  ])('that %s denies the call: its caller learns that it was refused', async (_, receive) => {
    const self = withStages({ name: 'guard', mostHeld: 10, ...(receive && { receive }) });
    self.poll(call('a'));
    await settle();
    expect(self.main.calls).toEqual([]);
    expect(self.posts).toHaveLength(1);
    expect(self.posts[0]?.body).toMatchObject({
      resp_code: 200,
      resp_json: { id: 'a', error: { code: -32603, message: 'The tunnel client refused the call' } },
    });
    expect(self.posts[0]?.bytes.toString()).not.toContain('secret');
    self.posts[0]?.gets(200);
    expect(self.traces[0]).toMatchObject({ status: 'failed', error: { code: 'stage_failed' } });
    expect([self.dispatcher.inFlight, self.dispatcher.held, self.clock.pending]).toEqual([0, 0, 0]);
  });

  it('sees notifications and the answer in their order, the last stage first, and may change them', async () => {
    const seen: string[] = [];
    const stage = (name: string): Stage => ({
      name,
      mostHeld: 0,
      notify(_command, bytes) {
        seen.push(`${name} ${bytes.toString()}`);
        return Buffer.from(bytes.toString().replace('"n":1', '"n":9'));
      },
      answer(command, answer) {
        seen.push(`${name} answer`);
        return { ...answer, body: responseTo(command, '{"masked":true}') };
      },
    });
    const self = withStages(stage('outer'), stage('inner'));
    const note = (n: number) => `{"jsonrpc":"2.0","method":"notifications/message","params":{"n":${n}}}`;
    self.poll(call('a'));
    for (const n of [1, 2]) self.main.calls[0]?.request.onNotification(Buffer.from(note(n)));
    self.main.calls[0]?.answer(ok);
    await settle();
    for (let sent = 0; sent < 3; sent++) self.posts[sent]?.gets(200);
    expect(seen).toEqual([
      `inner ${note(1)}`,
      `outer ${note(9)}`,
      `inner ${note(2)}`,
      `outer ${note(2)}`,
      'inner answer',
      'outer answer',
    ]);
    expect(self.posts.map(({ body }) => body.resp_json)).toMatchObject([
      { params: { n: 9 } },
      { params: { n: 2 } },
      { id: 'a', result: { masked: true } },
    ]);
  });

  it.each<[string, Partial<Stage>]>([
    [
      'throws at an answer',
      {
        answer() {
          throw new Error('secret detail');
        },
      },
    ],
    [
      'gives the answer another id',
      { answer: (_, answer) => ({ ...answer, body: Buffer.from('{"id":"b","result":1}') }) },
    ],
  ])('that %s lets nothing of it through', async (_, part) => {
    const self = withStages({ name: 'guard', mostHeld: 0, ...part });
    self.main.auto = (request): ChannelAnswer => ({ status: 200, headers: [], body: resultOf(request, '"private"') });
    self.poll(call('a'));
    await settle();
    expect(self.posts[0]?.body).toMatchObject({ resp_json: { id: 'a', error: { code: -32603 } } });
    expect(self.posts[0]?.bytes.toString()).not.toMatch(/private|secret/);
    expect(self.dispatcher.answers.of('main')).toEqual({});
  });

  it('drops a notification that it throws at, and the call goes on', async () => {
    const dropped: boolean[] = [];
    const self = withStages({
      name: 'guard',
      mostHeld: 0,
      notify() {
        throw new Error('no');
      },
    });
    self.events.subscribe({ notified: (_record, _call, _bytes, isDropped) => void dropped.push(isDropped) });
    self.poll(call('a'));
    self.main.calls[0]?.request.onNotification(Buffer.from('{"jsonrpc":"2.0","method":"notifications/message"}'));
    self.main.calls[0]?.answer(ok);
    await settle();
    expect([self.types(), dropped]).toEqual([['jsonrpc_response'], [true]]);
  });
});

describe('a call of this process', () => {
  const request = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add"}}');

  it('takes the path of any call, and its answer comes back to it alone', async () => {
    const self = rig();
    const notes: string[] = [];
    const answer = self.dispatcher.call('main', request, {
      origin: 'workbench',
      headers: [['Mcp-Session-Id', 's']],
      onNotification: (bytes) => notes.push(bytes.toString()),
    });
    expect(self.main.calls[0]?.request.headers).toEqual([['Mcp-Session-Id', 's']]);
    self.main.calls[0]?.request.onNotification(Buffer.from('{"jsonrpc":"2.0","method":"notifications/progress"}'));
    self.main.calls[0]?.answer('{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[]}}');
    const { record, body } = await answer;
    expect(record).toMatchObject({ status: 'tool_error', origin: 'workbench', target: 'add' });
    expect(JSON.parse(String(body))).toMatchObject({ id: 1, result: { isError: true } });
    expect(notes).toHaveLength(1);
    expect(self.posts).toEqual([]);
    expect(self.traces[0]).toMatchObject({ origin: 'workbench' });
    expect(self.dispatcher.counts).toMatchObject({ commands: 0, answered: 0, errors: 0 });
    expect(self.dispatcher.lastCommandAt).toBeUndefined();
    expect(self.clock.pending).toBe(0);
  });

  it('passes the stages, and ends with its own time limit, or when it is cancelled', async () => {
    const gate = new Gate();
    const self = withStages(gate);
    const late = self.dispatcher.call('main', request, { origin: 'replay', timeoutMs: 1_000 });
    const given = new AbortController();
    const cancelled = self.dispatcher.call('main', request, { origin: 'workbench', signal: given.signal });
    expect(self.dispatcher.held).toBe(2);
    self.clock.pass(1_000);
    given.abort();
    expect((await late).record).toMatchObject({ status: 'expired', origin: 'replay' });
    expect(await cancelled).toMatchObject({ record: { status: 'cancelled' }, body: undefined });
  });

  it('is told why there is no answer, and refused when it is no call', async () => {
    const self = rig();
    const { record, body } = await self.dispatcher.call('crm', request, { origin: 'workbench' });
    expect(record).toMatchObject({ status: 'failed', error: { code: 'unsupported_channel' } });
    expect(JSON.parse(String(body))).toMatchObject({ id: 1, error: { code: -32603 } });
    for (const bytes of ['{"jsonrpc":"2.0","id":1,"result":{}}', '[]', '{"jsonrpc":"2.0","id":1,"method":"x"} x'])
      await expect(self.dispatcher.call('main', Buffer.from(bytes), { origin: 'workbench' })).rejects.toMatchObject({
        code: 'bad_request',
      });
  });
});
