import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { cli } from '../support/culvert.ts';

const stdioServer = `node ${resolve('test/fixtures/faulty-stdio.mjs')}`;
const key = 'rk-do-not-show-me';

let folder: string;
let plane: FakeControlPlane;
const running: ChildProcessWithoutNullStreams[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-run-'));
  plane = await FakeControlPlane.start();
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});

class Run {
  readonly child: ChildProcessWithoutNullStreams;
  out = '';
  errors = '';
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [resolve(cli), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run'), ...env },
    });
    running.push(this.child);
    this.child.stdout.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  async line(pattern: RegExp): Promise<string> {
    await expect.poll(() => `${this.out}${this.errors}`).toMatch(pattern);
    return pattern.exec(`${this.out}${this.errors}`)?.[0] ?? '';
  }
}

const usual = () => ({
  CONTROL_PLANE_BASE_URL: plane.url,
  CONTROL_PLANE_TUNNEL_ID: plane.tunnelId,
  CONTROL_PLANE_API_KEY: key,
});
const files = () => ({ url: join(folder, 'state', 'url'), pid: join(folder, 'state', 'pid') });

/** A tunnel that polls, with its listener's address. */
async function start(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ run: Run; url: string }> {
  const { url, pid } = files();
  const run = new Run(
    [
      'run',
      '--mcp.command',
      stdioServer,
      '--health.listen-addr',
      '127.0.0.1:0',
      '--health.url-file',
      url,
      '--pid.file',
      pid,
      ...args,
    ],
    { ...usual(), ...env },
  );
  await run.line(/Connected:/);
  return { run, url: await readFile(url, 'utf8') };
}

const get = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text() };
};

test('a tunnel that is given by flags and variables carries a call, and its end leaves nothing behind', async () => {
  const { run, url } = await start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await readFile(files().pid, 'utf8')).toBe(String(run.child.pid));
  plane.send({ request_id: 'r1', jsonrpc: { jsonrpc: '2.0', id: 'a', method: 'echo', params: { x: 1 } } });
  expect(await plane.responseFor('r1')).toMatchObject({ code: 200, json: { id: 'a' } });
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  expect(existsSync(files().url) || existsSync(files().pid)).toBe(false);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  expect(run.errors).toBe('');
  expect(run.out).toContain('The server was stopped.');
  expect(run.out).not.toMatch(/ (?:warn|error) /);
});

test('a PATH that refers to the inherited one leads to the program, and variables may be empty or blank', async () => {
  const profile = `config_version: 1
mcp:
  commands: [{ command: node ${resolve('test/fixtures/stdio/server.mjs')} }]
culvert:
  channels:
    main: { env: { PATH: 'env:PATH', EMPTY: '', BLANK: '  ', REFERRED: 'env:SET_TO_NOTHING' } }
`;
  await writeFile(join(folder, 'work.yaml'), profile);
  const env = { ...usual(), SET_TO_NOTHING: '' };
  const run = new Run(['run', '--profile-file', 'work.yaml', '--health.listen-addr', '127.0.0.1:0'], env);
  await run.line(/Connected:/);
  plane.send({ request_id: 'r1', jsonrpc: { jsonrpc: '2.0', id: 'a', method: 'env', params: {} } });
  expect(await plane.responseFor('r1')).toMatchObject({
    json: { result: { env: { PATH: process.env.PATH, EMPTY: '', BLANK: '  ', REFERRED: '' } } },
  });
});

test('health, readiness and metrics have the published bodies', async () => {
  const { url } = await start();
  expect(await get(`${url}/healthz`)).toEqual({
    status: 200,
    body: `{"status":"healthy","tunnel_id":"${plane.tunnelId}","connected":true}\n`,
  });
  expect(await get(`${url}/readyz`)).toEqual({
    status: 200,
    body: '{"status":"ready","polling":true,"mcp_server_reachable":true}\n',
  });
  plane.send({ request_id: 'r1', jsonrpc: { jsonrpc: '2.0', id: 1, method: 'echo' } });
  await plane.responseFor('r1');
  await expect
    .poll(async () => (await get(`${url}/metrics`)).body)
    .toContain('tunnel_client_requests_total{status="ok"} 1');
  const { body } = await get(`${url}/metrics`);
  expect(body).toMatch(/^tunnel_client_connected 1$/m);
  expect(body).toMatch(/^tunnel_client_request_duration_seconds_count 1$/m);
  expect(body).toMatch(/^tunnel_client_liveness 1$/m);
  expect(body).toMatch(/^tunnel_client_readiness 1$/m);
  expect(JSON.parse((await get(`${url}/health?details=true`)).body)).toMatchObject({
    live: true,
    ready: true,
    components: { mcp: { status: 'ok' }, 'control-plane': { status: 'ok', state: 'polling' } },
  });
  expect((await get(`${url}/health?details=maybe`)).status).toBe(400);
  expect((await get(`${url}/health/nothing`)).status).toBe(404);
  expect((await get(`${url}/health/mcp`, { method: 'POST' })).status).toBe(405);
});

test('a poll that is kept waiting counts as accepted: readiness does not wait for the first call', async () => {
  const { url } = await start();
  expect(plane.waitingPolls).toBe(1);
  expect((await get(`${url}/readyz`)).status).toBe(200);
});

test('a refused key is told, and readiness says whose fault it is', async () => {
  plane.standingPoll = { status: 401, body: '{}' };
  const { url, pid } = files();
  const run = new Run(
    [
      'run',
      '--mcp.command',
      stdioServer,
      '--health.listen-addr',
      '127.0.0.1:0',
      '--health.url-file',
      url,
      '--pid.file',
      pid,
    ],
    usual(),
  );
  await run.line(/error The key is refused\. .*Set a valid runtime key/);
  const ready = await get(`${await readFile(url, 'utf8')}/readyz`);
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.body)).toMatchObject({
    status: 'not_ready',
    polling: false,
    mcp_server_reachable: true,
    layer: 'app',
  });
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
});

test('the log level is switched while everything runs', async () => {
  const { run, url } = await start();
  const put = (body: string) => get(`${url}/api/log-level`, { method: 'PUT', body });
  expect(JSON.parse((await get(`${url}/api/log-level`)).body)).toMatchObject({ level: 'info' });
  expect((await put('{"level":"debug"}')).status).toBe(200);
  await run.line(/The log level is debug now/);
  expect((await put('{"level":"loud"}')).status).toBe(400);
});

test('a call in flight is answered before the process ends', async () => {
  let arrived: (answer: () => void) => void = () => undefined;
  const call = new Promise<() => void>((resolve) => (arrived = resolve));
  const server = createHttpServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    void text(request).then((body) => {
      if (body.includes('tools/call')) arrived(() => response.end('{"jsonrpc":"2.0","id":1,"result":"late"}'));
      else response.writeHead(404).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const run = new Run(
      ['run', '--mcp-server-url', `http://127.0.0.1:${port}/mcp`, '--health.listen-addr', '127.0.0.1:0'],
      usual(),
    );
    await plane.poll(0);
    plane.send({ request_id: 'slow', jsonrpc: { jsonrpc: '2.0', id: 1, method: 'tools/call' } });
    const answer = await call;
    run.child.kill('SIGTERM');
    await run.line(/SIGTERM: no new calls are taken; 1 in flight/);
    answer();
    expect(await run.ended).toBe(0);
    expect(plane.terminalFor('slow')).toMatchObject([{ code: 200, json: { result: 'late' } }]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a second signal does not wait for a call that hangs', async () => {
  const { run } = await start();
  plane.send({ request_id: 'slow', jsonrpc: { jsonrpc: '2.0', id: 1, method: 'hang' } });
  await expect
    .poll(async () => (await get(`${await readFile(files().url, 'utf8')}/health/dispatcher`)).body)
    .toContain('"active":1');
  run.child.kill('SIGTERM');
  await run.line(/SIGTERM: no new calls are taken; 1 in flight/);
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  expect(run.out).toContain('A second signal');
});

test('two tunnels in one process are told apart', async () => {
  const other = await FakeControlPlane.start({ tunnelId: `tunnel_${'f'.repeat(32)}` });
  try {
    const profile = (fake: FakeControlPlane) =>
      `control_plane: {base_url: "${fake.url}", tunnel_id: ${fake.tunnelId}, api_key: env:KEY}\nmcp: {commands: [{command: "${stdioServer}"}]}\n`;
    await mkdir(join(folder, 'p'));
    await writeFile(join(folder, 'p', 'one.yaml'), profile(plane));
    await writeFile(join(folder, 'p', 'two.yaml'), profile(other));
    const { url } = files();
    const run = new Run(
      [
        'run',
        '--profile-dir',
        'p',
        '--profile',
        'one',
        '--profile',
        'two',
        '--health.listen-addr',
        '127.0.0.1:0',
        '--health.url-file',
        url,
      ],
      { KEY: key },
    );
    await run.line(/Connected: .*tunnel=one/);
    await run.line(/Connected: .*tunnel=two/);
    const address = await readFile(url, 'utf8');
    expect(JSON.parse((await get(`${address}/healthz`)).body)).toMatchObject({
      connected: true,
      tunnels: [{ tunnel_id: plane.tunnelId }, { tunnel_id: other.tunnelId }],
    });
    expect((await get(`${address}/metrics`)).body).toContain(`tunnel_client_connected{tunnel="${other.tunnelId}"} 1`);
    const again = new Run(['run', '--profile-dir', 'p', '--profile', 'one', '--health.listen-addr', '127.0.0.1:0'], {
      KEY: key,
    });
    expect(await again.ended).toBe(3);
    expect(again.errors).toContain(`(process ${run.child.pid})`);
  } finally {
    await other.close();
  }
});

test.each([
  ['lines for people', []],
  ['json', ['--log.format', 'json']],
  ['struct-text', ['--log.format=struct-text']],
])('no key and no header value is in the log: %s, at its lowest level', async (_format, args) => {
  const { run } = await start(
    [
      '--log.level',
      'debug',
      '--control-plane.extra-headers',
      'X-Secret: header-value-1',
      '--mcp.extra-headers',
      'X-Other: env:OTHER',
      ...args,
    ],
    { OTHER: 'header-value-2' },
  );
  plane.send({
    request_id: 'r1',
    headers: { authorization: ['Bearer header-value-3'] },
    jsonrpc: { jsonrpc: '2.0', id: 1, method: 'echo' },
  });
  await plane.responseFor('r1');
  run.child.kill('SIGTERM');
  await run.ended;
  expect(run.out).toContain('Connected:');
  expect(run.out + run.errors).not.toMatch(new RegExp(`${key}|header-value`));
  if (args.includes('json'))
    for (const line of run.out.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(String) as string,
        msg: expect.any(String) as string,
      });
  expect(run.out).not.toContain('\u001b');
});

test('the log goes to a file when one is named', async () => {
  const { pid, url } = files();
  const run = new Run(
    [
      'run',
      '--mcp.command',
      stdioServer,
      '--health.listen-addr',
      '127.0.0.1:0',
      '--health.url-file',
      url,
      '--pid.file',
      pid,
      '--log.file',
      'logs/culvert.log',
    ],
    usual(),
  );
  await expect.poll(() => readFile(join(folder, 'logs/culvert.log'), 'utf8').catch(() => '')).toContain('Connected:');
  expect(run.out).toBe('');
});

describe('what cannot work gets one clear message and its exit code', () => {
  test.each<[string, string[], Record<string, string>, number, RegExp]>([
    [
      'an unknown flag',
      ['run', '--poll-timeout', '3s'],
      {},
      2,
      /unknown option '--poll-timeout'[^]*--control-plane\.poll-timeout/,
    ],
    ['a misspelt flag', ['run', '--health.listn-addr', ':0'], {}, 2, /--health\.listen-addr/],
    ['an unknown command', ['rnu'], {}, 2, /Did you mean run/],
    [
      'a wrong value',
      ['run', '--control-plane.poll-timeout=5'],
      {},
      2,
      /the flag --control-plane\.poll-timeout[^]*30s/,
    ],
    ['a wrong tunnel id', ['run', '--tunnel-id', 'tunnel_1'], {}, 2, /`tunnel_1` is not one/],
    ['no key', ['run'], { CONTROL_PLANE_API_KEY: '' }, 2, /CONTROL_PLANE_API_KEY/],
    ['an admin key', ['run'], { CONTROL_PLANE_API_KEY: 'sk-admin-abc' }, 2, /admin key/],
    ['a key of an unset variable', ['run', '--control-plane.api-key', 'env:NOWHERE'], {}, 2, /NOWHERE/],
    [
      'a key in a file that is not there',
      ['run', '--control-plane.api-key', 'file:/nowhere/key'],
      {},
      2,
      /\/nowhere\/key/,
    ],
    [
      'a key on the command line',
      ['run', '--control-plane.api-key', 'sk-typed'],
      {},
      2,
      /must not stand on the command line/,
    ],
    ['a profile that is not there', ['run', '--profile', 'nowhere'], {}, 2, /No profile nowhere/],
    [
      'a command that is not there',
      ['run', '--mcp.command', 'no-such-program --x'],
      {},
      3,
      /no program no-such-program/,
    ],
    ['a command with an open quote', ['run', '--mcp.command', 'node "x'], {}, 2, /quote/],
    ['a server without a scheme', ['run', '--mcp.server-url', 'localhost:8080/mcp'], {}, 2, /address/],
  ])('%s', async (_what, args, env, code, message) => {
    const needed =
      args.some((arg) => arg.startsWith('--mcp.')) || args.includes('--profile') ? [] : ['--mcp.command', stdioServer];
    const run = new Run(args[0] === 'run' ? [...args, ...needed, '--health.listen-addr', '127.0.0.1:0'] : args, {
      ...usual(),
      ...env,
    });
    expect(await run.ended).toBe(code);
    expect(run.errors).toMatch(message);
    expect(run.errors).not.toMatch(/sk-typed|sk-admin-abc|rk-do-not|\n\s+at /);
    expect(run.errors.split('\n').length).toBeLessThan(7);
    expect(plane.requests).toHaveLength(0);
  });

  test('malformed YAML is told with its line', async () => {
    await writeFile(join(folder, 'bad.yaml'), 'control_plane:\n  tunnel_id: [\n');
    const run = new Run(['run', '--profile-file', 'bad.yaml'], usual());
    expect(await run.ended).toBe(2);
    expect(run.errors).toMatch(/bad\.yaml, line 3/);
  });

  test('a taken port is told, and nothing is polled', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const run = new Run(['run', '--mcp.command', stdioServer, '--health.listen-addr', `127.0.0.1:${port}`], usual());
    expect(await run.ended).toBe(3);
    expect(run.errors).toContain(`Another program listens at 127.0.0.1:${port}`);
    expect(plane.requests).toHaveLength(0);
    await new Promise((done) => blocker.close(done));
  });
});

test('a server that keeps ending changes the word of the tunnel once', { timeout: 30_000 }, async () => {
  const program = join(folder, 'short-lived.mjs');
  await writeFile(program, 'setTimeout(() => process.exit(3), 300);');
  plane.onPoll({ status: 204 });
  const run = new Run(
    ['run', '--mcp.command', `${process.execPath} ${program}`, '--health.listen-addr', '127.0.0.1:0'],
    usual(),
  );
  await expect.poll(() => run.out, { timeout: 20_000 }).toMatch(/exits on start/);
  expect(run.out.match(/Connected, but not every channel is usable/g)).toHaveLength(1);
  expect((run.out.match(/Connected: /g) ?? []).length).toBeLessThanOrEqual(1);
});

test('the reference’s YAML profile runs as it is', async () => {
  await mkdir(join(folder, '.config', 'tunnel-client'), { recursive: true });
  await writeFile(join(folder, 'key'), `${key}\n`);
  await writeFile(
    join(folder, '.config', 'tunnel-client', 'mine.yaml'),
    `config_version: 1\ncontrol_plane:\n  base_url: ${plane.url}\n  tunnel_id: ${plane.tunnelId}\n  api_key: file:${join(folder, 'key')}\n  poll_timeout: 20s\nhealth:\n  listen_addr: 127.0.0.1:0\nlog:\n  level: info\n  format: struct-text\nmcp:\n  commands:\n    - command: ${stdioServer}\n`,
  );
  const run = new Run(['run', '--profile', 'mine']);
  await run.line(/level=INFO msg="Connected: /);
  expect((await plane.poll(0)).headers.authorization).toBe(`Bearer ${key}`);
  expect((await plane.poll(1)).query.get('timeout_ms')).toBe('20000');
});

test('a folder of profiles that cannot be read is told, never taken for an empty one', async () => {
  const none = join(folder, 'none');
  await writeFile(none, 'no folder');
  for (const args of [
    ['profiles', 'list'],
    ['profiles', 'list', '--json'],
    ['profiles', 'show', 'work'],
    ['profiles', 'edit', 'work'],
    ['doctor'],
    ['run', '--profile', 'work'],
  ]) {
    const run = new Run([...args, '--profile-dir', none]);
    expect(await run.ended, args.join(' ')).toBe(2);
    expect(run.errors, args.join(' ')).toContain(`${none}: a file stands where the folder should be.`);
    expect(run.errors).toContain('--profile-dir');
    expect(run.out).toBe('');
  }
  // one of several: what can be read is listed, and the exit code tells of the rest
  const config = join(folder, '.config');
  await mkdir(join(config, 'tunnel-client'), { recursive: true });
  const good = `control_plane: {tunnel_id: ${plane.tunnelId}}\nmcp: {commands: [{command: x}]}\n`;
  await writeFile(join(config, 'tunnel-client', 'good.yaml'), good);
  await mkdir(join(config, 'culvert'));
  await writeFile(join(config, 'culvert', 'profiles'), 'no folder');
  const list = new Run(['profiles', 'list']);
  expect(await list.ended).toBe(2);
  expect(list.out).toContain('good');
  expect(list.errors).toContain(`${join(config, 'culvert', 'profiles')}: a file stands where the folder should be.`);
  const empty = new Run(['profiles', 'list', '--profile-dir', join(folder, 'absent')]);
  expect(await empty.ended).toBe(0);
  expect(empty.out).toContain(`no profile yet in ${join(folder, 'absent')}`);
});

test('profiles are listed and checked without being started', async () => {
  await mkdir(join(folder, '.config', 'tunnel-client'), { recursive: true });
  await writeFile(
    join(folder, '.config', 'tunnel-client', 'good.yaml'),
    `control_plane: {tunnel_id: ${plane.tunnelId}}\nmcp: {commands: [{command: x}]}\n`,
  );
  await writeFile(join(folder, '.config', 'tunnel-client', 'bad.yaml'), 'control_plane:\n  tunel_id: x\n');
  const list = new Run(['profiles', 'list', '--json']);
  expect(await list.ended).toBe(0);
  expect(JSON.parse(list.out)).toMatchObject([
    { name: 'bad', error: expect.stringContaining('Did you mean `tunnel_id`?') as string },
    { name: 'good', form: 'reference', tunnel_id: plane.tunnelId },
  ]);
  const check = new Run(['profiles', 'check', 'bad']);
  expect(await check.ended).toBe(2);
  expect(check.errors).toMatch(/line 2, column 3/);
});
