import { describe, expect, it, vi } from 'vitest';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { createEngine } from '../../src-main/engine.ts';
import { createLog } from '../../src-main/observe/log.ts';
import type { Clock } from '../../src-main/base/clock.ts';
import { Tunnel } from '../../src-main/tunnel/tunnel.ts';
import type { TunnelManager } from '../../src-main/tunnel/tunnel-manager.ts';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { FakeMcpServer, jsonAnswer } from '../fakes/mcp-http.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cleanUp, literalSecrets, profileWith } from '../support/network.ts';

interface Rig {
  readonly controlPlane: FakeControlPlane;
  readonly mcp: FakeMcpServer;
  readonly engine: TunnelManager;
  readonly start: (settings?: Record<string, unknown>) => Promise<void>;
  /** Lets the calls of the method `slow` be answered. */
  readonly release: () => void;
}

async function rig(clock?: Clock): Promise<Rig> {
  const [controlPlane, mcp] = [await FakeControlPlane.start(), await FakeMcpServer.start()];
  cleanUp(() => Promise.all([controlPlane.close(), mcp.close()]));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  mcp.on('slow', (call) => ({ ...jsonAnswer(call, '{"slow":true}'), after: held }));
  const engine = createEngine({
    secrets: literalSecrets,
    env: {},
    ...(clock && { clock }),
    log: createLog('error', () => undefined),
    traces: {},
  });
  cleanUp(() => engine.stopAll(0));
  const { url: baseUrl, tunnelId } = controlPlane;
  return {
    controlPlane,
    mcp,
    engine,
    release,
    start: (settings) =>
      engine.start(
        profileWith({
          controlPlane: { baseUrl, tunnelId, apiKey: 'key' },
          channels: [{ kind: 'http', name: 'main', url: mcp.endpoint }],
          ...settings,
        }),
      ),
  };
}

const slow = { request_id: 'slow', jsonrpc: { jsonrpc: '2.0', id: 1, method: 'slow' } };
const quick = (id: string) => ({ request_id: id, jsonrpc: { jsonrpc: '2.0', id: 2, method: 'quick' } });

describe('a profile that can never work', () => {
  it.each([
    ['a command that cannot be split', { channels: [{ kind: 'stdio', name: 'main', command: 'node "unclosed' }] }],
    ['no server for main', { channels: [] }],
  ])('with %s is refused, and nothing of it is left', async (_name, settings) => {
    const { controlPlane, engine, start } = await rig();
    await expect(start(settings)).rejects.toMatchObject({ code: 'config_invalid', leg: 'local' });
    expect(engine.snapshots()).toEqual([]);
    expect(controlPlane.requests).toEqual([]);
  });

  it('leaves the tunnel that runs under its name as it is', async () => {
    const { controlPlane, engine, start } = await rig();
    await start();
    await expect(start({ channels: [{ kind: 'stdio', name: 'main', command: '"' }] })).rejects.toThrow();
    controlPlane.send(quick('after'));
    expect((await controlPlane.responseFor('after')).code).toBe(200);
    expect(engine.snapshots()).toHaveLength(1);
  });
});

describe('a profile that is started again', () => {
  it('loses no call in flight, while the changed one already serves', async () => {
    const { controlPlane, mcp, engine, start, release } = await rig();
    await start();
    controlPlane.send(slow);
    await mcp.call('slow');
    await start({ name: 'renamed' });
    expect(engine.snapshots().map(({ name }) => name)).toEqual(['renamed']);
    controlPlane.send(quick('new'));
    expect((await controlPlane.responseFor('new')).code).toBe(200);
    expect(controlPlane.postsFor('slow')).toEqual([]);
    release();
    expect((await controlPlane.responseFor('slow')).json).toMatchObject({ result: { slow: true } });
    expect(mcp.callsOf('slow')).toHaveLength(1);
  });

  it('and then stopped, is over only when the calls of the old one are', async () => {
    const { controlPlane, mcp, engine, start, release } = await rig();
    await start();
    controlPlane.send(slow);
    await mcp.call('slow');
    await start({ name: 'renamed' });
    let over = false;
    const stopped = engine.stopAll(7_000).then(() => (over = true));
    await expect.poll(() => controlPlane.waitingPolls).toBe(0);
    expect(over).toBe(false);
    release();
    await stopped;
    expect(controlPlane.terminalFor('slow').map(({ code }) => code)).toEqual([200]);
  });

  it('and then stopped without patience, has the old one’s calls answered client_internal', async () => {
    const { controlPlane, mcp, engine, start } = await rig();
    await start();
    controlPlane.send(slow);
    await mcp.call('slow');
    await start({ name: 'renamed' });
    await engine.stop('p', 0);
    expect(controlPlane.terminalFor('slow').map(({ code }) => code)).toEqual([503]);
    expect(engine.snapshots().map(({ state }) => state.kind)).toEqual(['stopped']);
  });

  it('at the same moment runs once', async () => {
    const { controlPlane, engine, start } = await rig();
    await Promise.all([start(), start()]);
    expect(engine.snapshots()).toHaveLength(1);
    await expect.poll(() => controlPlane.waitingPolls).toBe(1);
    controlPlane.send(quick('one'));
    await controlPlane.responseFor('one');
    await engine.stopAll();
    await expect.poll(() => controlPlane.waitingPolls).toBe(0);
    expect(controlPlane.postsFor('one')).toHaveLength(1);
  });

  it('after a stop polls again', async () => {
    const { controlPlane, engine, start } = await rig();
    await start();
    await engine.stop('p');
    await start();
    controlPlane.send(quick('again'));
    expect((await controlPlane.responseFor('again')).code).toBe(200);
  });
});

it('a caller’s cancel ends its call and reaches a server of the older era, to which a closed stream says nothing', async () => {
  const { controlPlane, mcp, start } = await rig();
  await start();
  controlPlane.send(slow);
  const running = await mcp.call('slow');
  const cancelled = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"enough"}}';
  controlPlane.send({ request_id: 'cancel', jsonrpc: cancelled });
  expect((await mcp.call('notifications/cancelled')).body.toString()).toBe(cancelled);
  expect((await controlPlane.responseFor('cancel')).type).toBe('notify_ack');
  await running.aborted;
  expect(controlPlane.postsFor('slow')).toEqual([]);
  expect(mcp.callsOf('notifications/cancelled')).toHaveLength(1);
});

describe('who watches', () => {
  it('is told of a burst of changes once, and of the last state', async () => {
    const { controlPlane, engine, start } = await rig();
    const told: TunnelSnapshot[] = [];
    const unsubscribe = engine.onChange((snapshot) => told.push(snapshot));
    await start();
    await expect.poll(() => told.at(-1)?.state.kind).toBe('connected');
    const before = told.length;
    controlPlane.send(...Array.from({ length: 20 }, (_, n) => quick(`q${n}`)));
    await expect.poll(() => told.at(-1)?.counts.answered).toBe(20);
    expect(told.length - before).toBeLessThan(20);
    expect(told.at(-1)).toMatchObject({ inFlight: 0, queue: { depth: 0 } });
    unsubscribe();
    const after = told.length;
    await engine.stopAll();
    expect(told).toHaveLength(after);
  });

  it('hears nothing of a stop of what does not run', async () => {
    const { engine } = await rig();
    await engine.stop('nobody');
    await engine.stopAll();
    expect(engine.snapshots()).toEqual([]);
  });
});

describe('a wake of the machine', () => {
  it('that is told twice is acted on once, and the next one again', async () => {
    const clock = new FakeClock();
    const { engine, start } = await rig(clock);
    await start();
    const nudged = vi.spyOn(Tunnel.prototype, 'nudge');
    cleanUp(() => nudged.mockRestore());
    engine.nudge('wake');
    engine.nudge('wake');
    expect(nudged.mock.calls).toEqual([['wake']]);
    clock.sleep(60_000);
    engine.nudge('wake');
    engine.nudge('person');
    expect(nudged.mock.calls).toEqual([['wake'], ['wake'], ['person']]);
  });
});

describe('a call of this process', () => {
  const request = Buffer.from('{"jsonrpc":"2.0","id":7,"method":"quick"}');

  it('goes to the server of the tunnel, is told to observers, and never to the control plane', async () => {
    const { controlPlane, engine, start } = await rig();
    await expect(engine.call('p', 'main', request, { origin: 'workbench' })).rejects.toMatchObject({
      code: 'tunnel_not_running',
    });
    await start();
    const [{ id }] = engine.snapshots() as [TunnelSnapshot];
    const ended: unknown[] = [];
    engine.events.subscribe({ ended: ({ status, origin }) => void ended.push([status, origin]) });
    const { record, body } = await engine.call(id, 'main', request, { origin: 'workbench' });
    expect(record).toMatchObject({ tunnel: id, status: 'ok', method: 'quick' });
    expect(JSON.parse(String(body))).toMatchObject({ id: 7, result: expect.anything() as unknown });
    expect(ended).toEqual([['ok', 'workbench']]);
    expect(controlPlane.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    expect(engine.snapshots()[0]?.counts.commands).toBe(0);
    await engine.stopAll();
    await expect(engine.call(id, 'main', request, { origin: 'workbench' })).rejects.toMatchObject({
      code: 'tunnel_not_running',
    });
  });
});
