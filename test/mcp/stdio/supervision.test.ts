import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { supervision } from '../../../src-main/mcp/stdio/supervisor-state.ts';
import type { Clock } from '../../../src-main/base/clock.ts';
import { systemClock } from '../../../src-main/base/clock.ts';
import { call, fixture, isAlive, openChannel, sendCall, sendText, stateOf, until } from './harness.ts';

/** No waiting between restarts; and no child lives long enough to have proven itself, however slowly it ends. */
const hasty: Clock = {
  ...systemClock,
  now: () => 0,
  random: () => 0,
  after: (ms, run) => (ms < supervision.proofMs ? systemClock.after(0, run) : () => undefined),
};

const hello =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","n":12345678901234567890}}';
const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

describe('when the child ends', () => {
  test('calls in flight are answered at once with its exit code and last words, secrets masked', async () => {
    const { channel } = openChannel({ env: { API_TOKEN: 'hunter2-hunter2' } });
    const pending = sendCall(channel, 1, 'hang');
    const crash = sendCall(channel, 2, 'crash', { code: 7, stderr: 'first\nno access with hunter2-hunter2\n' });
    for (const { answer } of [pending, crash]) {
      await expect(answer).rejects.toMatchObject({
        code: 'server_exited',
        source: 'transport_closed',
        params: { channel: 'main', exitCode: 7, stderr: 'first\nno access with ***' },
      });
    }
    expect(channel.state).toMatchObject({
      kind: 'restarting',
      attempt: 1,
      exit: { exitCode: 7, signal: null, stderr: ['first', 'no access with ***'] },
    });
  });

  test('a call right after waits for the new child, which was told its callers’ handshake again', async () => {
    const { channel } = openChannel();
    await sendText(channel, hello).answer;
    await sendText(channel, initialized).answer;
    const { pid } = await call<{ pid: number }>(channel, 'env');
    process.kill(pid, 'SIGKILL');
    await stateOf(channel, 'restarting');
    const heard = await call<string[]>(channel, 'heard');
    const privateId = /"id":(\d+)/.exec(heard[0] ?? '')?.[1];
    expect(heard.slice(0, 2)).toEqual([hello.replace('"id":1', `"id":${privateId}`), initialized]);
    expect(heard).toHaveLength(3);
    expect((await stateOf(channel, 'ready')).server).toMatchObject({ name: 'fixture' });
    expect((await call<{ pid: number }>(channel, 'env')).pid).not.toBe(pid);
  });

  test('a server that wants the notification hears it once, also for callers that leave it out, and again after a restart', async () => {
    const { channel } = openChannel({}, { sendInitialized: true });
    await sendText(channel, hello).answer;
    expect(await call<string[]>(channel, 'heard')).toEqual([
      expect.stringContaining('"initialize"'),
      initialized,
      expect.anything(),
    ]);
    expect(await sendText(channel, initialized).answer).toMatchObject({ status: 202 });
    const heard = await call<string[]>(channel, 'heard');
    expect(heard.filter((line) => line === initialized)).toHaveLength(1);
    process.kill((await call<{ pid: number }>(channel, 'env')).pid, 'SIGKILL');
    await stateOf(channel, 'restarting');
    expect((await call<string[]>(channel, 'heard')).slice(1, 2)).toEqual([initialized]);
  });

  test('a call while the next start is not due within a moment is refused at once', async () => {
    const { channel } = openChannel({}, { limits: { holdMs: 0 } });
    await expect(sendCall(channel, 1, 'crash', { code: 7 }).answer).rejects.toMatchObject({ code: 'server_exited' });
    await expect(sendCall(channel, 1, 'echo').answer).rejects.toMatchObject({
      code: 'server_not_ready',
      source: 'transport_closed',
      params: { detail: 'it ended with exit code 7' },
    });
  });

  test('no call is repeated', async () => {
    const { channel } = openChannel();
    await expect(sendCall(channel, 1, 'crash').answer).rejects.toMatchObject({ code: 'server_exited' });
    const heard = await call<string[]>(channel, 'heard');
    expect(heard).toHaveLength(1);
  });

  test('what it started ends with it', async () => {
    const { channel } = openChannel();
    const { pid } = await call<{ pid: number }>(channel, 'grandchild');
    await expect(sendCall(channel, 1, 'crash').answer).rejects.toMatchObject({ code: 'server_exited' });
    await call(channel, 'echo');
    expect(await isAlive(pid)).toBe(false);
  });

  test('of one pipe only, it is of no use any more and is started again', async () => {
    const { channel } = openChannel();
    const { pid } = await call<{ pid: number }>(channel, 'env');
    await expect(sendCall(channel, 1, 'close-stdout').answer).rejects.toMatchObject({ code: 'server_exited' });
    expect((await call<{ pid: number }>(channel, 'env')).pid).not.toBe(pid);
    expect(await isAlive(pid)).toBe(false);
  });

  test('an answer that it wrote before still arrives', async () => {
    const { channel } = openChannel({ command: fixture('last-words') });
    expect(await call(channel, 'anything')).toEqual({ last: 'x'.repeat(200_000) });
  });
});

describe('a child that ends as soon as it starts', () => {
  test('makes a crash loop after five times, with its last words; a person may try again at once', async () => {
    const { channel } = openChannel({ command: fixture('crash-on-start', '3') }, { clock: hasty });
    await channel.start();
    const state = await stateOf(channel, 'crash-loop');
    expect(state).toMatchObject({ attempt: 5, exit: { exitCode: 3, stderr: ['cannot read settings.json'] } });
    expect(state.nextTryAt - state.since).toBeGreaterThanOrEqual(60_000);
  });

  test('refuses calls at once while the next try is far away, and says why', async () => {
    const { channel } = openChannel({ command: fixture('crash-on-start', '3') }, { clock: hasty });
    await channel.start();
    await stateOf(channel, 'crash-loop');
    await expect(sendCall(channel, 1, 'echo').answer).rejects.toMatchObject({
      code: 'server_crash_loop',
      source: 'transport_closed',
      params: { attempts: 5, exitCode: 3, stderr: 'cannot read settings.json' },
    });
    const again = new Promise((resolve) => channel.onState(({ kind }) => kind === 'starting' && resolve(kind)));
    channel.nudge();
    await again;
    await stateOf(channel, 'crash-loop');
  });

  test('does not look ready between its tries', async () => {
    const { channel } = openChannel({ command: fixture('crash-on-start') }, { clock: hasty });
    const states: string[] = [];
    await channel.start();
    await until(() => channel.state.kind !== 'ready');
    channel.onState(({ kind }) => states.push(kind));
    await stateOf(channel, 'crash-loop');
    expect(states).not.toContain('ready');
  });
});

describe('a command', () => {
  test('that is not there makes the channel unusable and says what was looked for, and where', async () => {
    const { channel } = openChannel({ command: 'no-such-program --x' }, { environment: { PATH: '/nowhere' } });
    await channel.start();
    expect(channel.state).toMatchObject({
      kind: 'unusable',
      error: { code: 'command_not_found', params: { program: 'no-such-program', path: '/nowhere' } },
    });
    await expect(sendCall(channel, 1, 'echo').answer).rejects.toMatchObject({ code: 'command_not_found' });
  });

  test('in a folder that is not there says so', async () => {
    const { channel } = openChannel({ cwd: '/no/such/folder' });
    await channel.start();
    expect(channel.state).toMatchObject({ kind: 'unusable', error: { code: 'folder_missing' } });
  });

  test('whose secret cannot be had is not run', async () => {
    const { TunnelError } = await import('../../../shared/errors.ts');
    const missing = new TunnelError('secret_env_missing', 'local', { name: 'X' });
    const secrets = { resolve: () => Promise.reject(missing), onReplaced: () => () => {} };
    const { channel } = openChannel({ env: { TOKEN: 'env:X' } }, { secrets });
    await channel.start();
    expect(channel.state).toMatchObject({ kind: 'unusable', error: { code: 'secret_env_missing' } });
  });
});

describe('a new child that does not answer the repeated handshake', () => {
  test('is ended, and the channel says that the handshake failed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'culvert-forgetful-'));
    const { channel } = openChannel(
      { command: fixture('forgetful', join(dir, 'mark')) },
      { limits: { handshakeMs: 50, holdMs: 0, end: { inputMs: 100, termMs: 100, killMs: 1_000 } } },
    );
    await sendText(channel, hello).answer;
    await expect(sendCall(channel, 1, 'crash').answer).rejects.toMatchObject({ code: 'server_exited' });
    expect(await stateOf(channel, 'unusable')).toMatchObject({ error: { code: 'handshake_failed' } });
    await rm(dir, { recursive: true });
  });
});

test('a flood on stderr holds nothing up and reaches the log only in part', async () => {
  const { channel, log } = openChannel();
  await call(channel, 'flood', { lines: 50_000 });
  await channel.close();
  const lines = log.filter(({ kind }) => kind === 'stderr').length;
  const suppressed = log.reduce((sum, event) => sum + (event.kind === 'stderr-suppressed' ? event.lines : 0), 0);
  expect(lines + suppressed).toBe(50_000);
  expect(lines).toBeLessThan(2_000);
});

test('a child sees the inherited environment and its own variables, and neither the tunnel’s keys nor the admin’s', async () => {
  const { channel } = openChannel(
    { env: { OWN: 'mine', GIVEN_KEY: 'on purpose' }, cwd: '/' },
    {
      environment: {
        ...process.env,
        CONTROL_PLANE_API_KEY: 'sk-1',
        OPENAI_ADMIN_KEY: 'sk-2',
        OPENAI_API_KEY: 'sk-3',
        TUNNEL_KEY: 'sk-4',
        GIVEN_KEY: 'sk-5',
        INHERITED: 'yes',
      },
      withheld: ['OPENAI_API_KEY', 'TUNNEL_KEY', 'GIVEN_KEY'],
    },
  );
  const { env, cwd } = await call<{ env: Record<string, string>; cwd: string }>(channel, 'env');
  expect(env).toMatchObject({ OWN: 'mine', GIVEN_KEY: 'on purpose', INHERITED: 'yes' });
  expect(Object.keys(env).filter((name) => /^(CONTROL_PLANE|OPENAI|TUNNEL)_/.test(name))).toEqual([]);
  expect(cwd).toBe('/');
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;
onLinux('a thousand restarts [needs /proc: this is not Linux]', () => {
  test('leave no process, descriptor, timer or listener behind', { timeout: 120_000 }, async () => {
    const alive = new Set<number>();
    let started = 0;
    const timers = new Set<() => void>();
    const clock: Clock = {
      ...systemClock,
      random: () => 0,
      after: (ms, run) => {
        const cancel = systemClock.after(ms > 10_000 ? ms : 0, () => {
          timers.delete(cancel);
          run();
        });
        timers.add(cancel);
        return () => {
          timers.delete(cancel);
          cancel();
        };
      },
    };
    const children = {
      added: (pid: number) => {
        started += 1;
        alive.add(pid);
      },
      removed: (pid: number) => alive.delete(pid),
    };
    const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    // `true` ends at once: nothing is as fast.
    const { channel } = openChannel({ command: 'true' }, { clock, children });
    channel.onState(({ kind }) => kind === 'crash-loop' && queueMicrotask(() => channel.nudge()));
    await channel.start();
    await until(() => started > 20);
    const before = await descriptors();
    await until(() => started > 1_000);
    expect(alive.size).toBeLessThanOrEqual(1);
    expect(timers.size).toBeLessThanOrEqual(1);
    // One child more or less may be alive at either moment: three pipes.
    expect(await descriptors()).toBeLessThanOrEqual(before + 8);
    await channel.close();
    expect(alive.size).toBe(0);
    expect(timers.size).toBe(0);
    expect(channel.inFlight).toBe(0);
  });
});
