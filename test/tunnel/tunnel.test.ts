import { attribute, isReady } from '../../src-main/diagnosis/attribution.ts';
import { describe, expect, it } from 'vitest';
import type { TunnelState } from '../../shared/tunnel.ts';
import { CallEvents } from '../../src-main/call/events.ts';
import { createLog } from '../../src-main/observe/log.ts';
import type { SecretResolver } from '../../src-main/secrets/secret-resolver.ts';
import { systemClock, type Clock } from '../../src-main/base/clock.ts';
import { Tunnel } from '../../src-main/tunnel/tunnel.ts';
import { command, envelope, FakeControlPlane, STALL, type RecordedRequest } from '../fakes/control-plane.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryChannel, resultOf } from '../support/memory-channel.ts';
import { cleanUp, profileWith, routesFor } from '../support/network.ts';

interface Rig {
  readonly controlPlane: FakeControlPlane;
  readonly tunnel: Tunnel;
  readonly main: MemoryChannel;
  /** Puts another key in the place of the one there is, as Culvert's own editor does. */
  readonly replaceKey: (key: string) => void;
  readonly state: (match: (state: TunnelState) => boolean) => Promise<TunnelState>;
}

interface Setup {
  readonly clock?: Clock;
  readonly profile?: Record<string, unknown>;
  readonly channels?: readonly MemoryChannel[];
  readonly metadata?: FakeControlPlane['metadata'];
}

/** A tunnel between a scripted control plane and servers in this test. It is not started. */
async function rig({ clock = systemClock, profile, channels, metadata }: Setup = {}): Promise<Rig> {
  const controlPlane = await FakeControlPlane.start();
  cleanUp(() => controlPlane.close());
  if (metadata) controlPlane.metadata = metadata;
  const main = channels?.[0] ?? new MemoryChannel();
  let key = 'first-key';
  const replaced = new Set<() => void>();
  const secrets: SecretResolver = {
    resolve: async (ref) => (ref === 'keychain:p/key' ? key : ref),
    onReplaced: (_ref, listener) => {
      replaced.add(listener);
      return () => replaced.delete(listener);
    },
  };
  const settings = {
    controlPlane: {
      baseUrl: controlPlane.url,
      tunnelId: controlPlane.tunnelId,
      apiKey: 'keychain:p/key',
      ...profile,
    },
  };
  const looking = new Set<() => void>();
  const tunnel: Tunnel = new Tunnel(profileWith(settings), {
    clock,
    secrets,
    routes: routesFor(settings),
    channels: channels ?? [main],
    identity: { name: 'culvert', version: '9.9.9', instanceId: 'instance' },
    events: new CallEvents(),
    log: createLog('error', () => undefined),
    discover: undefined,
    changed: () => looking.forEach((look) => look()),
  });
  cleanUp(async () => {
    const stopped = tunnel.stop(0);
    // what is still in flight is given up at once, whoever owns the time
    while (clock instanceof FakeClock && tunnel.state.kind !== 'stopped') {
      clock.pass(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await stopped;
  });
  return {
    controlPlane,
    tunnel,
    main,
    replaceKey: (next) => {
      key = next;
      for (const listener of replaced) listener();
    },
    state: (match) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!match(tunnel.state)) return;
          looking.delete(look);
          resolve(tunnel.state);
        };
        looking.add(look);
        look();
      }),
  };
}

const isMetadata = ({ path }: RecordedRequest): boolean => /\/tunnels\/[^/]+$/.test(path);
const call = (id: string, more: object = {}) => ({
  request_id: id,
  jsonrpc: `{"jsonrpc":"2.0","id":"${id}","method":"tools/call"}`,
  ...more,
});
/** The n-th (from 0) call to reach the server, now or when it does. */
const reaches = async (channel: MemoryChannel, n = 0) => {
  await expect.poll(() => channel.calls.length, { interval: 5 }).toBeGreaterThan(n);
  return channel.calls[n]!;
};

describe('on the wire', () => {
  it('metadata, polls and posts carry these headers and no others', async () => {
    const { controlPlane, tunnel, main } = await rig({ profile: { organizationId: 'org-1' } });
    main.auto = (request) => ({ status: 200, headers: [], body: resultOf(request) });
    controlPlane.send(call('a'));
    await tunnel.start();
    const { request: post } = await controlPlane.responseFor('a');
    const common = {
      accept: 'application/json',
      authorization: 'Bearer first-key',
      'openai-organization': 'org-1',
      'x-tunnel-client-name': 'culvert',
      'x-tunnel-client-version': '9.9.9',
      'x-tunnel-client-instance-id': 'instance',
      'x-tunnel-client-wire-protocol-version': '2026-08-25',
      'x-tunnel-mcp-server-info': '{"version":1,"channels":[{"name":"main","proc_affinity":true}]}',
    };
    const meta = await controlPlane.request(isMetadata);
    const own = ({ headers }: RecordedRequest) => {
      const { host, connection, ...rest } = headers;
      expect([host, connection]).toEqual([new URL(controlPlane.url).host, 'keep-alive']);
      return rest;
    };
    expect(own(meta)).toEqual(common);
    expect(own(await controlPlane.poll(0))).toEqual(common);
    expect(own(post)).toEqual({
      ...common,
      'content-type': 'application/json',
      'content-length': String(post.body.length),
      'x-tunnel-shard-token': 'shard-a',
    });
    expect(post.body.includes('shard-a')).toBe(false);
  });

  it('a poll names the channels that it is for in their order, then its limit and its wait', async () => {
    const stateless = new MemoryChannel('main', { procAffinity: false, stateless: true });
    const { controlPlane, tunnel } = await rig({
      profile: { pollChannels: ['main', 'docs', 'main'], maxInflight: 7, pollTimeoutMs: 12_000 },
      channels: [stateless],
    });
    await tunnel.start();
    const poll = await controlPlane.poll(0);
    expect(poll.url.split('?')[1]).toBe('channel=docs&channel=main&limit=7&timeout_ms=1000');
    controlPlane.onPoll({ status: 204 });
    expect((await controlPlane.poll(1)).query.get('timeout_ms')).toBe('12000');
    expect(poll.headers['x-tunnel-mcp-server-info']).toBe(
      '{"version":2,"channels":[{"name":"main","stateless":true}]}',
    );
  });

  it('the first poll asks for twenty commands and an answer within a second, the next may be held for thirty', async () => {
    const { controlPlane, tunnel } = await rig();
    await tunnel.start();
    expect((await controlPlane.poll(0)).url.split('?')[1]).toBe('limit=20&timeout_ms=1000');
    controlPlane.onPoll({ status: 204 });
    expect((await controlPlane.poll(1)).url.split('?')[1]).toBe('limit=20&timeout_ms=30000');
  });
});

describe('at start', () => {
  it('a control plane that does not tell the tunnel’s name holds polling up for a second only', async () => {
    const clock = new FakeClock();
    const { controlPlane, tunnel } = await rig({ clock, metadata: { after: new Promise(() => undefined) } });
    const started = tunnel.start();
    await controlPlane.request(isMetadata);
    expect(controlPlane.polls).toEqual([]);
    clock.pass(1_000);
    await started;
    await controlPlane.poll(0);
  });

  it('polls that are taken and never answered make it wait, though the control plane tells its name, and no held poll ends that', async () => {
    const clock = new FakeClock();
    const { controlPlane, tunnel, state } = await rig({ clock });
    controlPlane.standingPoll = { after: new Promise(() => undefined) };
    await tunnel.start();
    await controlPlane.poll(0);
    clock.pass(34_999);
    expect(tunnel.state.kind).toBe('starting');
    clock.pass(1);
    expect(await state(({ kind }) => kind !== 'starting')).toMatchObject({
      kind: 'waiting',
      error: { code: 'timed_out', leg: 'control-plane', params: { request: 'poll', seconds: 35 } },
    });
    clock.pass(500);
    await controlPlane.poll(1);
    clock.pass(10_000);
    expect(tunnel.state.kind).toBe('waiting');
    clock.pass(25_000);
    controlPlane.standingPoll = { status: 204 };
    clock.pass(1_000);
    expect((await state(({ kind }) => kind !== 'waiting')).kind).toBe('connected');
  });

  it('a stop while a server is still starting ends everything, and nothing is polled', async () => {
    const { controlPlane, tunnel, main } = await rig();
    let ready = (): void => undefined;
    main.starting = new Promise((resolve) => (ready = resolve));
    const started = tunnel.start();
    await tunnel.stop(7_000);
    ready();
    await started;
    expect([tunnel.state.kind, main.closed, controlPlane.polls]).toEqual(['stopped', true, []]);
  });

  it('a stop of one that was never started closes what it was given', async () => {
    const { tunnel, main } = await rig();
    await tunnel.stop(7_000);
    expect([tunnel.state.kind, main.closed]).toEqual(['stopped', true]);
  });
});

describe('what the control plane answered last', () => {
  it('is shown word for word, with secrets masked, and of commands only how many there were', async () => {
    const { controlPlane, tunnel, main, state } = await rig();
    main.auto = (request) => ({ status: 200, headers: [], body: resultOf(request) });
    const body = '{"error":{"message":"no sk-proj-0123456789abcdefghijklmnop here","code":"try_later"}}';
    controlPlane.onPoll({ status: 503, headers: { 'content-type': 'application/json', via: '1.1 edge' }, body });
    await tunnel.start();
    await state(({ kind }) => kind === 'waiting');
    const { lastWord } = tunnel.snapshot();
    expect(lastWord).toMatchObject({ to: 'poll', status: 503 });
    expect(lastWord?.headers).toContain('via: 1.1 edge');
    expect(lastWord?.body).toContain('"code":"try_later"');
    expect(lastWord?.body).not.toContain('sk-proj-0123456789');
    controlPlane.send(call('a'), call('b'));
    await controlPlane.responseFor('b');
    await controlPlane.until('commands', () => tunnel.snapshot().lastWord?.body.startsWith('2 commands') || undefined);
  });
});

describe('a key that may poll but not answer', () => {
  it('is told of until an answer is taken, and the answer goes out with the key that replaces it', async () => {
    const clock = new FakeClock();
    const { controlPlane, tunnel, main, replaceKey, state } = await rig({ clock });
    main.auto = (request) => ({ status: 200, headers: [], body: resultOf(request) });
    controlPlane.onPost('a', { status: 403 }, { status: 403 });
    controlPlane.send(call('a'));
    await tunnel.start();
    await controlPlane.responseFor('a');
    expect((await state(({ kind }) => kind !== 'starting')).kind).toBe('connected');
    while (!controlPlane.terminalFor('a')[1]) {
      clock.pass(50);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await state(({ kind }) => kind === 'unauthorised')).toMatchObject({
      error: { code: 'forbidden', params: { status: 403, request: 'response' } },
    });
    controlPlane.onPoll({ status: 204 });
    const polls = controlPlane.polls.length;
    await controlPlane.poll(polls);
    expect(tunnel.state.kind).toBe('unauthorised');
    replaceKey('second-key');
    const third = await controlPlane.responseFor('a', 2);
    expect(third.request.headers['authorization']).toBe('Bearer second-key');
    expect(third.request.body.equals(controlPlane.terminalFor('a')[0]!.request.body)).toBe(true);
    expect((await state(({ kind }) => kind !== 'unauthorised')).kind).toBe('connected');
    expect(main.calls).toHaveLength(1);
  });
});

describe('a channel whose server keeps ending', () => {
  it('is told of once, however often it is started again, until it is ready', async () => {
    const { controlPlane, tunnel, main, state } = await rig();
    controlPlane.onPoll({ status: 204 });
    await tunnel.start();
    await state(({ kind }) => kind === 'connected');
    const exit = { at: 1, exitCode: 1, signal: null, stderr: [] };
    main.become({ kind: 'restarting', since: 1, exit, attempt: 1, nextTryAt: 2 });
    const degraded = tunnel.state;
    expect(degraded).toMatchObject({ kind: 'degraded', channels: ['main'] });
    main.become({ kind: 'starting', since: 2 });
    expect(tunnel.state).toBe(degraded);
    const verdict = attribute(tunnel.snapshot(), 3);
    expect(verdict).toMatchObject({ layer: 'unknown', reason: 'starting' });
    expect(isReady(tunnel.snapshot(), verdict)).toBe(false);
    main.become({ kind: 'crash-loop', since: 3, exit, attempt: 5, nextTryAt: 4 });
    expect(tunnel.state).toBe(degraded);
    main.become({ kind: 'starting', since: 4 });
    main.become({ kind: 'ready', since: 5 });
    expect(tunnel.state.kind).toBe('connected');
  });
});

describe('on waking', () => {
  it('commands whose time is over by the wall clock are dropped and polls go out on new connections', async () => {
    const clock = new FakeClock();
    const { controlPlane, tunnel, main } = await rig({ clock });
    await tunnel.start();
    controlPlane.send(call('over', { response_timeout: '30s' }), call('still', { response_timeout: '2h' }));
    const [over, still] = [await reaches(main, 0), await reaches(main, 1)];
    const before = new Set(controlPlane.polls.map(({ connection }) => connection));
    const sent = controlPlane.polls.length;
    clock.sleep(3_600_000);
    tunnel.nudge('wake');
    expect([over.request.cancellation.reason, still.request.cancellation.reason]).toEqual(['deadline', undefined]);
    expect(main.nudges).toBe(1);
    expect(before).not.toContain((await controlPlane.poll(sent)).connection);
    still.answer('{"jsonrpc":"2.0","id":"still","result":{}}');
    await controlPlane.responseFor('still');
    expect(controlPlane.postsFor('over')).toEqual([]);
  });
});

describe('at a stop', () => {
  it('nothing is polled any more, and a call that ends in time is answered with its result', async () => {
    const { controlPlane, tunnel, main } = await rig();
    await tunnel.start();
    controlPlane.send(call('a'));
    const running = await reaches(main);
    // what was asked before the stop has come
    await expect.poll(() => [tunnel.snapshot().pollsOut, controlPlane.waitingPolls]).toEqual([1, 1]);
    const stopped = tunnel.stop(7_000);
    const polls = controlPlane.polls.length;
    await expect.poll(() => controlPlane.waitingPolls).toBe(0);
    running.answer('{"jsonrpc":"2.0","id":"a","result":{"late":true}}');
    await stopped;
    expect(controlPlane.terminalFor('a')[0]!.json).toMatchObject({ result: { late: true } });
    expect([controlPlane.polls.length, main.closed, tunnel.inFlight]).toEqual([polls, true, 0]);
  });

  it('what is in flight after the grace, or after a second stop, is answered client_internal', async () => {
    for (const force of [false, true]) {
      const clock = new FakeClock();
      const { controlPlane, tunnel, main } = await rig({ clock });
      await tunnel.start();
      controlPlane.send(call('a'));
      await reaches(main);
      const stopped = tunnel.stop(7_000);
      if (force) void tunnel.stop(7_000);
      else clock.pass(7_000);
      const { json, code } = await controlPlane.responseFor('a');
      expect(code).toBe(503);
      expect(json).toMatchObject({ id: 'a', error: { data: { tunnel_failure: { source: 'client_internal' } } } });
      await stopped;
      expect(tunnel.state.kind).toBe('stopped');
    }
  });

  it('a control plane that takes no last word holds it up for a second only', async () => {
    const clock = new FakeClock();
    const { controlPlane, tunnel, main } = await rig({ clock });
    controlPlane.standingPost = { after: new Promise(() => undefined) };
    await tunnel.start();
    controlPlane.send(call('a'));
    await reaches(main);
    const stopped = tunnel.stop(0);
    clock.pass(0);
    await controlPlane.responseFor('a');
    clock.pass(1_000);
    await stopped;
    expect(tunnel.state.kind).toBe('stopped');
  });

  it('a poll’s body that never ends does not hold it up, and what came whole of it is answered', async () => {
    const clock = new FakeClock();
    const { controlPlane, tunnel, main } = await rig({ clock });
    const whole = envelope([command(call('whole'))]).subarray(0, -2);
    let cut = (): void => undefined;
    const headersCame = new Promise<void>((resolve) => (cut = resolve));
    controlPlane.onPoll({ body: [Buffer.concat([whole, Buffer.from(',')]), headersCame, STALL] });
    await tunnel.start();
    // the next poll goes out as soon as the headers of the one before it are here
    await expect.poll(() => tunnel.snapshot().pollsOut).toBe(0);
    const stopped = tunnel.stop(7_000);
    clock.pass(7_000);
    cut();
    expect((await controlPlane.responseFor('whole')).code).toBe(503);
    await stopped;
    expect(main.calls).toEqual([]);
  });
});
