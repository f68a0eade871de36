import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { childEnvironment, ownPath, withheldVariables } from '../../src-main/process/environment.ts';
import { desktopPath, enhancedPath, loginShellPath } from '../../src-main/process/path.ts';
import { resolveProgram, spawnPlan } from '../../src-main/process/program.ts';
import { type ProcessRow, startTimeOf, treeOf } from '../../src-main/process/tree.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'culvert-process-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function program(path: string, text = '#!/bin/sh\n', mode = 0o755): Promise<string> {
  const full = join(dir, path);
  await mkdir(join(full, '..'), { recursive: true });
  await writeFile(full, text);
  await chmod(full, mode);
  return full;
}

describe('a child’s environment', () => {
  test('withholds what a control-plane reference names, and every key of Culvert’s own', () => {
    const controlPlane = profileSchema.shape.controlPlane.parse({
      tunnelId: `tunnel_${'a'.repeat(32)}`,
      apiKey: 'env:OPENAI_API_KEY',
      clientKeyPassphrase: ' env:PHRASE',
      extraHeaders: { 'X-Gateway': 'env:GATEWAY', 'X-Plain': 'text' },
      httpProxy: 'file:/x',
    });
    const withheld = withheldVariables(controlPlane);
    expect(withheld).toEqual(['OPENAI_API_KEY', 'PHRASE', 'GATEWAY']);
    const base = {
      OPENAI_API_KEY: '1',
      PHRASE: '2',
      GATEWAY: '3',
      OPENAI_ADMIN_KEY: '4',
      CONTROL_PLANE_API_KEY: '5',
      HOME: '/h',
      EMPTY: '',
      NONE: undefined,
    };
    expect(childEnvironment({ base, withheld, own: { GATEWAY: 'its own', HOME: '/g' } }, 'linux')).toEqual({
      EMPTY: '',
      GATEWAY: 'its own',
      HOME: '/g',
    });
  });

  test('knows on Windows that names have no case', () => {
    const base = { Path: 'a', openai_admin_key: 'x', Openai_Api_Key: 'y' };
    expect(childEnvironment({ base, withheld: ['OPENAI_API_KEY'], own: { PATH: 'b' } }, 'win32')).toEqual({
      PATH: 'b',
    });
    expect(childEnvironment({ base: {}, withheld: [], own: { PATH: 'found', Path: 'own' } }, 'win32')).toEqual({
      Path: 'own',
    });
  });

  test('has the PATH that the channel says, or the inherited one where it refers to that', () => {
    const environment = { PATH: '/bin', OTHER: '/other' };
    expect(ownPath({ PATH: '/x' }, environment, 'linux')).toBe('/x');
    expect(ownPath({ PATH: 'env:OTHER' }, environment, 'linux')).toBe('/other');
    expect(ownPath({ PATH: ' env:PATH' }, environment, 'linux')).toBeUndefined();
    expect(ownPath({ PATH: 'keychain:p/env.main.PATH' }, environment, 'linux')).toBeUndefined();
    expect(ownPath({ Path: 'env:path' }, { PATH: 'C:\\' }, 'win32')).toBeUndefined();
    expect(ownPath({ Path: 'D:\\' }, { PATH: 'C:\\' }, 'win32')).toBe('D:\\');
  });
});

describe('a program', () => {
  test('is found on the PATH in its order, and by a path from the folder it runs in', async () => {
    const first = await program('one/tool');
    await program('two/tool');
    const path = [join(dir, 'missing'), join(dir, 'one'), join(dir, 'two')].join(delimiter);
    expect(await resolveProgram('tool', { path, cwd: dir })).toBe(first);
    expect(await resolveProgram('./one/tool', { path: '', cwd: dir })).toBe(first);
    expect(await resolveProgram(first, { path: '', cwd: '/' })).toBe(first);
  });

  test('that is not there, or is a folder, is named with the PATH that was searched', async () => {
    await mkdir(join(dir, 'bin', 'tool'), { recursive: true });
    const path = join(dir, 'bin');
    await expect(resolveProgram('tool', { path, cwd: dir })).rejects.toMatchObject({
      code: 'command_not_found',
      params: { program: 'tool', path },
    });
    await expect(resolveProgram('./nothing', { path, cwd: dir })).rejects.toMatchObject({
      code: 'command_not_found',
      params: { program: './nothing', folder: dir },
    });
  });

  test('that may not be executed is told from one that is missing', async () => {
    const script = await program('plain/script', 'text', 0o644);
    await expect(resolveProgram('script', { path: join(dir, 'plain'), cwd: dir })).rejects.toMatchObject({
      code: 'command_not_executable',
      params: { program: script },
    });
  });

  test('is found on Windows by its extensions', async () => {
    await program('win/npx.cmd');
    const lookup = {
      path: '',
      cwd: join(dir, 'win'),
      environment: { PathExt: '.EXE;.CMD' },
      platform: 'win32',
    } as const;
    await expect(resolveProgram('.\\npx', lookup)).rejects.toMatchObject({ code: 'command_not_found' });
  });

  test('that is a PowerShell script is run by PowerShell, with its arguments as they are', () => {
    expect(spawnPlan('C:\\a b\\run.PS1', ['50%', 'a "b"'], { SystemRoot: 'C:\\W' }, 'win32')).toEqual({
      file: 'C:\\W\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
      args: [
        ...['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File'],
        ...['C:\\a b\\run.PS1', '50%', 'a "b"'],
      ],
      verbatim: false,
    });
  });

  test('that is a batch file is run by cmd.exe with every argument quoted; what cannot be quoted is refused', () => {
    const plan = (...args: string[]): unknown => spawnPlan('C:\\n\\npx.CMD', args, { SYSTEMROOT: 'C:\\W' }, 'win32');
    expect(plan('-y', 'a & b', 'C:\\x\\')).toEqual({
      file: 'C:\\W\\System32\\cmd.exe',
      args: ['/d', '/v:off', '/s', '/c', '""C:\\n\\npx.CMD" "-y" "a & b" "C:\\x\\\\""'],
      verbatim: true,
    });
    for (const unsafe of ['%PATH%', 'a"b', 'a\nb']) {
      expect(() => plan(unsafe)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    }
    expect(spawnPlan('C:\\n\\node.exe', ['%PATH%'], {}, 'win32')).toEqual({
      file: 'C:\\n\\node.exe',
      args: ['%PATH%'],
      verbatim: false,
    });
  });
});

const onPosix = process.platform === 'win32' ? describe.skip : describe;
onPosix('the PATH of a desktop app [needs a POSIX shell: this is Windows]', () => {
  test('is the login shell’s, then what was inherited, then the usual folders that exist', async () => {
    const home = join(dir, 'home');
    for (const folder of [
      '.local/bin',
      '.nvm/versions/node/v18.0.0/bin',
      '.nvm/versions/node/v20.1.0/bin',
      '.asdf/shims',
    ])
      await mkdir(join(home, folder), { recursive: true });
    const path = await enhancedPath({ PATH: '/usr/bin:/inherited' }, { home, shellPath: '/from/shell:/usr/bin' });
    const folders = path.split(':');
    expect(folders.slice(0, 3)).toEqual(['/from/shell', '/usr/bin', '/inherited']);
    expect(folders).toEqual(expect.arrayContaining([`${home}/.local/bin`, `${home}/.asdf/shims`]));
    expect(folders).toContain(`${home}/.nvm/versions/node/v20.1.0/bin`);
    expect(folders).not.toContain(`${home}/.nvm/versions/node/v18.0.0/bin`);
    expect(folders).not.toContain(`${home}/.volta/bin`);
    expect(new Set(folders).size).toBe(folders.length);
  });

  test('asks the shell as a login shell, past its greeting, and only once', async () => {
    const count = join(dir, 'asked');
    const shell = await program(
      'shell',
      `#!/bin/sh\necho x >> ${count}\necho "Welcome! __culvert"\nPATH=/greeted:/usr/bin\nexport PATH\nexec /bin/sh -c "$2"\n`,
    );
    const { path } = desktopPath({ SHELL: shell, PATH: '/bin' });
    const [one, two] = await Promise.all([path(), path()]);
    expect(one.split(':').slice(0, 3)).toEqual(['/greeted', '/usr/bin', '/bin']);
    expect(two).toBe(one);
    expect(await readFile(count, 'utf8')).toBe('x\n');
  });

  test('hears a shell out whose answer is read only after its end', async () => {
    const shell = await program(
      'late',
      '#!/bin/sh\n( while kill -0 $$; do :; done; PATH=/late; printf "__culvert_path__%s__culvert_path__" "$PATH" ) &\n',
    );
    expect(await loginShellPath({ SHELL: shell, PATH: '/usr/bin:/bin' })).toBe('/late');
  });

  test('does not wait for a shell that hangs, nor need one', async () => {
    const started = join(dir, 'started');
    const hangs = await program(
      'hangs',
      `#!/bin/sh\nsleep 1000 &\necho $! > ${started}.part && mv ${started}.part ${started}\nwait\n`,
    );
    // until it had the time to start at all
    for (let limitMs = 200; !existsSync(started); limitMs *= 2)
      expect(await loginShellPath({ SHELL: hangs }, limitMs)).toBeUndefined();
    const pid = Number(await readFile(started, 'utf8'));
    await expect.poll(() => startTimeOf(pid)).toBeUndefined();
    expect(await loginShellPath({ SHELL: '/no/shell' })).toBeUndefined();
    expect(await loginShellPath({})).toBeUndefined();
  });
});

test('a process tree is found by parent, by group, by session, and by what was known before', () => {
  const row = (pid: number, parent: number, group: number, session: number): ProcessRow => ({
    pid,
    parent,
    group,
    session,
    startTime: `t${pid}`,
  });
  const rows = [
    row(1, 0, 1, 1),
    row(10, 1, 10, 10),
    row(11, 10, 10, 10),
    row(12, 11, 12, 10),
    row(13, 12, 13, 13),
    row(14, 1, 10, 10),
    row(15, 1, 15, 15),
    row(16, 15, 16, 16),
    row(20, 1, 20, 20),
  ];
  const pids = (known: ProcessRow[] = []): number[] => treeOf(10, rows, known).map(({ pid }) => pid);
  expect(pids()).toEqual([10, 11, 12, 13, 14]);
  expect(pids([row(15, 10, 15, 15)])).toEqual([10, 11, 12, 13, 14, 15, 16]);
  expect(pids([{ ...row(20, 10, 20, 20), startTime: 'another' }])).toEqual([10, 11, 12, 13, 14]);
});
