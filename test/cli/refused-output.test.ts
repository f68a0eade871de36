import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli } from '../support/culvert.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-output-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function culvert(args: readonly string[], stdout: 'pipe' | number = 'pipe') {
  return spawn(process.execPath, [resolve(cli), ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') },
  });
}

async function ended(child: ReturnType<typeof culvert>): Promise<{ code: number | null; errors: string }> {
  const [errors, [code]] = await Promise.all([
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, errors };
}

const init = [
  ...['init', '--profile', 'work', '--tunnel-id', 'tunnel_0123456789abcdef0123456789abcdef'],
  ...['--mcp-command', 'node server.js'],
];

test('a reader that goes away early gets no stack trace, and the command ends as it would have', async () => {
  const child = culvert(['profiles', 'samples', 'list']);
  child.stdout?.destroy();
  expect(await ended(child)).toEqual({ code: 0, errors: '' });
});

test.skipIf(!existsSync('/dev/full'))('output that a full disk does not take is a failure, and says so', async () => {
  const full = await open('/dev/full', 'w');
  const child = culvert(['profiles', 'samples', 'list'], full.fd);
  const { code, errors } = await ended(child);
  await full.close();
  expect(errors).toBe(
    'culvert: A file cannot be saved.\n  standard output: the disk is full.\n' +
      '  Make room, or give this user the right to write there, and try again.\n',
  );
  expect(code).toBe(3);
});

test('a profile that cannot be written names its file and the reason, and is no fault of Culvert', async () => {
  await mkdir(join(folder, '.config'));
  await writeFile(join(folder, '.config', 'culvert'), 'a file where the folder goes');
  const child = culvert(init);
  const { code, errors } = await ended(child);
  expect(errors).toContain(
    `${join(folder, '.config', 'culvert', 'profiles', 'work.yaml')}: a file stands where its folder should be`,
  );
  expect(errors).not.toMatch(/fault of its own|\n\s+at /);
  expect(code).toBe(3);
});

test.skipIf(!existsSync('/proc/self'))(
  'a folder that the system lets nobody make is told, wherever a file is asked for',
  async () => {
    const made = culvert([...init]);
    expect((await ended(made)).code).toBe(0);
    for (const [args, expected] of [
      [['profiles', 'export', 'work', '--output', '/proc/x/y'], '/proc/x/y: no file can be made there'],
      [[...init, '--profile-dir', '/proc/x'], '/proc/x/work.yaml: no file can be made there'],
      [['run', '--profile', 'work', '--pid.file', '/proc/x/pid'], '/proc/x/pid'],
      [['run', '--profile', 'work', '--log.file', '/proc/x/log'], '/proc/x/log'],
    ] as const) {
      const child = spawn(process.execPath, [resolve(cli), ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          XDG_RUNTIME_DIR: join(folder, 'run'),
          CONTROL_PLANE_API_KEY: 'rk-key',
          CONTROL_PLANE_BASE_URL: 'http://127.0.0.1:9',
        },
        timeout: 20_000,
        killSignal: 'SIGKILL',
      });
      const errors = await text(child.stderr);
      expect(errors, args.join(' ')).toContain(expected);
      expect(errors).not.toMatch(/fault of its own/);
    }
  },
);
