import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { cli } from '../support/culvert.ts';

const stdioServer = `node ${resolve('test/fixtures/faulty-stdio.mjs')}`;

let folder: string;
let plane: FakeControlPlane;
let other: FakeControlPlane;
const running: ChildProcessWithoutNullStreams[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-control-'));
  plane = await FakeControlPlane.start();
  other = await FakeControlPlane.start({ tunnelId: `tunnel_${'f'.repeat(32)}` });
  const profiles = join(folder, '.config', 'culvert', 'profiles');
  await mkdir(profiles, { recursive: true });
  const profile = (fake: FakeControlPlane) =>
    `control_plane: {base_url: "${fake.url}", tunnel_id: ${fake.tunnelId}, api_key: env:KEY}\nmcp: {commands: [{command: "${stdioServer}"}]}\n`;
  await writeFile(join(profiles, 'work.yaml'), profile(plane));
  await writeFile(join(profiles, 'home.yaml'), profile(other));
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await Promise.all([plane.close(), other.close()]);
  await rm(folder, { recursive: true, force: true });
});

class Command {
  readonly child: ChildProcessWithoutNullStreams;
  out = '';
  errors = '';
  readonly ended: Promise<number | null>;

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [resolve(cli), ...args], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, '.config'),
        XDG_RUNTIME_DIR: join(folder, 'run'),
        KEY: 'rk-x',
      },
    });
    running.push(this.child);
    this.child.stdout.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  async line(pattern: RegExp): Promise<void> {
    await expect.poll(() => `${this.out}${this.errors}`).toMatch(pattern);
  }
}

async function culvert(...args: readonly string[]) {
  const command = new Command(...args);
  const code = await command.ended;
  return { code, out: command.out, errors: command.errors };
}

async function daemon(...args: readonly string[]): Promise<Command> {
  const run = new Command('run', '--health.listen-addr', '127.0.0.1:0', ...args);
  await run.line(/Connected:/);
  return run;
}

async function call(requestId: string, method: string): Promise<void> {
  plane.send({ request_id: requestId, jsonrpc: { jsonrpc: '2.0', id: requestId, method } });
  await plane.responseFor(requestId);
}

interface Status {
  processes: {
    pid: number;
    kind: string;
    tunnels: { name: string; state: string; verdict: { reason: string; sentence: string }; paused_until?: string }[];
  }[];
}
const status = async (): Promise<Status> => JSON.parse((await culvert('status', '--json')).out) as Status;

test('without a Culvert that runs every command says so and ends with 3', async () => {
  for (const args of [['status'], ['start', 'work'], ['stop', 'work'], ['logs'], ['traces']]) {
    const { code, errors } = await culvert(...args);
    expect([code, errors]).toEqual([3, expect.stringMatching(/^culvert: No Culvert runs here\.\n[^]*culvert run/)]);
  }
  expect(await culvert('status', '--json')).toEqual({ code: 3, out: '{"processes":[]}\n', errors: '' });
});

test('status names every process, and each tunnel with its state and the verdict in words', async () => {
  const first = await daemon('--profile', 'work');
  const second = await daemon('--profile', 'home');
  const { code, out } = await culvert('status');
  expect(code).toBe(0);
  for (const run of [first, second]) expect(out).toContain(`culvert run, process ${run.child.pid}, http://127.0.0.1:`);
  expect(out).toMatch(/^ {2}work {2}Connected {2}\S.*\.$/m);
  expect(out).toMatch(/^ {2}home {2}Connected {2}/m);
  expect(await status()).toMatchObject({
    processes: [
      {
        pid: first.child.pid,
        kind: 'run',
        tunnels: [{ name: 'work', state: 'connected', verdict: { reason: 'not-yet-known' } }],
      },
      { pid: second.child.pid, kind: 'run', tunnels: [{ name: 'home', state: 'connected' }] },
    ],
  });
});

test('a tunnel is stopped, started and paused from another terminal', async () => {
  const run = await daemon('--profile', 'work');
  expect(await culvert('stop', 'work')).toMatchObject({
    code: 0,
    out: expect.stringContaining('work is stopped') as string,
  });
  expect((await status()).processes[0]!.tunnels[0]!.state).toBe('stopped');
  expect((await culvert('stop', 'work')).out).toBe('work does not run.\n');
  const started = await culvert('start', 'work');
  expect(started).toMatchObject({ code: 0, errors: '' });
  expect(started.out).toMatch(new RegExp(`^work in culvert run \\(process ${run.child.pid}\\): Connected\\. `));
  expect((await culvert('start', 'work')).out).toMatch(/^work already runs in culvert run/);
  await call('r1', 'echo');
  expect(await culvert('pause', 'work', '--minutes', '5')).toMatchObject({ code: 0 });
  expect((await culvert('status')).out).toMatch(/work {2}Paused {2}Starts again at \d\d:\d\d\./);
  expect((await culvert('start', 'work')).code).toBe(0);
  expect((await status()).processes[0]!.tunnels[0]).not.toHaveProperty('paused_until');
});

test('a start that is refused says why and ends with 3', async () => {
  await daemon('--profile', 'work');
  await culvert('stop', 'work');
  plane.standingPoll = { status: 401, body: '{}' };
  const { code, out } = await culvert('start', 'work');
  expect([code, out]).toEqual([3, expect.stringMatching(/(?:Waiting|Needs attention)\. The key is refused\. /)]);
});

test('a profile that is not there is told with those that are', async () => {
  await daemon('--profile', 'work');
  const { code, errors } = await culvert('stop', 'wrok');
  expect([code, errors]).toEqual([2, expect.stringMatching(/No profile wrok was found; there are work, home\./)]);
});

test('a command of a saved profile runs only after somebody has agreed to it', async () => {
  await daemon('--profile', 'work');
  const { code, errors } = await culvert('start', 'home');
  expect([code, errors]).toEqual([3, expect.stringContaining('waits for your consent')]);
  // and a profile that was not started is free for another process
  await daemon('--profile', 'home');
});

test('with several processes the tunnel’s own is asked, and the log wants to know whose', async () => {
  const first = await daemon('--profile', 'work');
  const second = await daemon('--profile', 'home');
  const { code, errors } = await culvert('logs');
  expect(code).toBe(3);
  expect(errors).toContain(`${first.child.pid} (culvert run), ${second.child.pid} (culvert run)`);
  expect((await culvert('logs', '--pid', String(second.child.pid))).out).toContain(other.tunnelId);
  expect((await culvert('logs', '--pid', '1')).errors).toContain('No Culvert runs here');
  expect((await culvert('stop', 'home')).out).toContain(`process ${second.child.pid}`);
});

test('logs prints the last lines from a level on, and follows', async () => {
  const run = await daemon('--profile', 'work');
  expect((await culvert('logs')).out).toMatch(/info {2}Connected:/);
  expect((await culvert('logs', '--level', 'error')).out).toBe('');
  expect((await culvert('logs', '-n', '1')).out.trim().split('\n')).toHaveLength(1);
  expect((await culvert('logs', '--level', 'loud')).code).toBe(2);
  const follower = new Command('logs', '-f');
  await follower.line(/Connected:/);
  expect((await culvert('stop', 'work')).code).toBe(0);
  await follower.line(/The tunnel is stopped/);
  run.child.kill('SIGTERM');
  expect(await follower.ended).toBe(0);
  expect(follower.errors).toContain('The process that was watched has ended');
});

test('traces prints calls by the filter of the app, as lines and as JSON, and follows', async () => {
  await daemon('--profile', 'work');
  await call('r1', 'echo');
  await call('r2', 'tools/list');
  expect((await culvert('traces')).out).toMatch(/work\/main {2}echo[^]*work\/main {2}tools\/list/);
  expect((await culvert('traces', 'method:echo')).out.trim().split('\n')).toHaveLength(1);
  expect((await culvert('traces', '--', '-method:echo')).out).not.toContain('echo');
  expect(JSON.parse((await culvert('traces', '--json', 'method:echo')).out)).toMatchObject({
    profile: 'work',
    requestId: 'r1',
    method: 'echo',
  });
  const { code, errors } = await culvert('traces', 'status:fine');
  expect([code, errors]).toEqual([2, expect.stringMatching(/The term status:fine is wrong: .*undelivered/)]);
  const follower = new Command('traces', '-f', '-n', '0', 'method:ping,echo');
  const ready = new Command('traces', '-f', '--json');
  await ready.line(/"r2"/);
  await call('r3', 'tools/list');
  await ready.line(/"r3"/);
  await expect
    .poll(async () => {
      await call(`p${Math.random()}`, 'echo');
      return follower.out;
    })
    .toContain('echo');
  expect(follower.out).not.toContain('tools/list');
});

test('ui prints an address that lets a browser in once', async () => {
  await daemon('--profile', 'work');
  const url = (await culvert('ui')).out.trim();
  const first = await fetch(url, { redirect: 'manual' });
  expect([first.status, first.headers.get('set-cookie')]).toEqual([303, expect.stringContaining('HttpOnly')]);
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(401);
});

test.skipIf(process.platform !== 'linux')(
  '--open-web-ui hands the address to the desktop, and never to the log',
  async () => {
    const opened = join(folder, 'opened');
    await writeFile(
      join(folder, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`,
      {
        mode: 0o755,
      },
    );
    const run = await daemon('--profile', 'work', '--open-web-ui', '--log.format', 'json');
    await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).toMatch(/\/ui\/\?token=/);
    expect((await fetch(await readFile(opened, 'utf8'), { redirect: 'manual' })).status).toBe(303);
    expect(run.out + run.errors).not.toContain('token');
  },
);

test('a profile that already runs is refused, and the process that has it is named', async () => {
  const first = await daemon('--profile', 'work');
  const again = await culvert('run', '--profile', 'work', '--health.listen-addr', '127.0.0.1:0');
  expect(again.code).toBe(3);
  expect(again.errors).toContain(`Another Culvert (process ${first.child.pid}) runs or changes work.`);
});
