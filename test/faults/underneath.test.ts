import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { asTunnelError } from '../../src-main/base/as-tunnel-error.ts';
import { learnOpenFilesLimit } from '../../src-main/base/open-files.ts';
import { cli } from '../support/culvert.ts';
import { apiKey, cleanUp, faultyStdio, request, startControlPlane } from './tunnel-process.ts';
import type { FakeControlPlane } from '../fakes/control-plane.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanUps.splice(0).reverse()) await run();
  await cleanUp();
});

interface Installed {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly address: string;
}

/** The built command line as it is installed, in a folder of its own, running one tunnel. */
async function installed(
  controlPlane: FakeControlPlane,
  wrap: (command: string, args: readonly string[]) => [string, string[]] = (command, args) => [command, [...args]],
): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-installed-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  await cp(join(cli, '..'), join(folder, 'out/cli'), { recursive: true });
  await cp('out/renderer', join(folder, 'out/renderer'), { recursive: true }).catch(() =>
    mkdir(join(folder, 'out/renderer'), { recursive: true }),
  );
  const urlFile = join(folder, 'url');
  const args = [
    join(folder, 'out/cli/culvert.cjs'),
    'run',
    ...['--control-plane.base-url', controlPlane.url, '--control-plane.tunnel-id', controlPlane.tunnelId],
    ...['--mcp.command', faultyStdio(), '--health.listen-addr', '127.0.0.1:0', '--health.url-file', urlFile],
  ];
  const [program, all] = wrap(process.execPath, args);
  const child = spawn(program, all, {
    env: { PATH: process.env.PATH, HOME: folder, CONTROL_PLANE_API_KEY: apiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  cleanUps.push(() => child.kill('SIGKILL'));
  await expect.poll(() => readFile(urlFile, 'utf8').catch(() => ''), { message: output }).toMatch(/^http/);
  const address = (await readFile(urlFile, 'utf8')).trim();
  return { folder, child, output: () => output, address };
}

const ask = async (controlPlane: FakeControlPlane, id: string): Promise<unknown> => {
  controlPlane.send({ request_id: id, jsonrpc: request('raw', 1, '{"text":"1"}') });
  return (await controlPlane.responseFor(id)).json;
};

test('a new version that is installed underneath takes nothing away from a process that runs', async () => {
  const controlPlane = await startControlPlane();
  const { folder, child, output, address } = await installed(controlPlane);
  expect(await ask(controlPlane, 'before')).toMatchObject({ result: 1 });
  const chunks = await readdir(join(folder, 'out/cli'));
  expect(chunks.length).toBeGreaterThan(5);
  await rm(join(folder, 'out'), { recursive: true });
  expect(await ask(controlPlane, 'after')).toMatchObject({ result: 1 });
  // what is loaded when it is asked for: the metrics' library, and all that is behind the pages
  expect(await (await fetch(`${address}/metrics`)).text()).toContain('tunnel_client_requests_total');
  const page = await fetch(`${address}/ui/`, { redirect: 'manual' });
  expect(page.status).toBeLessThan(500);
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code, output()).toBe(0);
});

test('SIGHUP ends nothing where there is no terminal that was closed: nohup', async () => {
  const controlPlane = await startControlPlane();
  const { child, output } = await installed(controlPlane, (command, args) => ['nohup', [command, ...args]]);
  child.kill('SIGHUP');
  expect(await ask(controlPlane, 'after')).toMatchObject({ result: 1 });
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code, output()).toBe(0);
});

test.skipIf(process.platform === 'win32')('no free descriptors end no process', async () => {
  const controlPlane = await startControlPlane();
  const { child, address, output } = await installed(controlPlane, (command, args) => [
    'sh',
    ['-c', 'ulimit -n 40; exec "$@"', 'sh', command, ...args],
  ]);
  expect(await ask(controlPlane, 'before')).toMatchObject({ result: 1 });
  // connections that stay open until there is no descriptor left, and calls meanwhile
  const port = Number(new URL(address).port);
  const sockets = Array.from({ length: 60 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  controlPlane.send({ request_id: 'meanwhile', jsonrpc: request('raw', 1, '{"text":"1"}') });
  await expect.poll(() => sockets.filter(({ readyState }) => readyState === 'open').length).toBeGreaterThan(5);
  expect(child.exitCode, output()).toBeNull();
  for (const socket of sockets) socket.destroy();
  expect(await ask(controlPlane, 'after')).toMatchObject({ result: 1 });
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code, output()).toBe(0);
});

test('having no descriptor left is told as a limit of the machine, with its number', () => {
  learnOpenFilesLimit();
  const error = asTunnelError(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  expect(error).toMatchObject({ code: 'files_exhausted', leg: 'local' });
  if (process.platform === 'linux') expect(error.params).toEqual({ limit: expect.any(Number) as number });
});
