import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRunning, startTimeOf } from '../../src-main/process/tree.ts';
import { endOrphans } from '../../src-main/runtime/orphans.ts';
import { RuntimeFile } from '../../src-main/runtime/runtime-file.ts';
import { listRuntimeFiles, type RuntimeRecord } from '../../src-main/runtime/runtime-record.ts';
import { fixture } from '../mcp/stdio/harness.ts';
import { splitCommand } from '../../src-main/process/command-line.ts';

let dir: string;
let files: RuntimeFile[];
let children: ChildProcess[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'culvert-runtime-'));
  files = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(files.map((file) => file.close()));
  await rm(dir, { recursive: true });
});

const open = async (): Promise<RuntimeFile> => {
  const file = await RuntimeFile.open(dir);
  files.push(file);
  return file;
};

/** A child that ignores what would end it gently, and has said that it is up. */
async function stubbornChild(): Promise<{ pid: number; pids: number[] }> {
  const [program, ...args] = splitCommand(fixture('stubborn'));
  const child = spawn(program, args, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  child.stdin.write('{"id":1}\n');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid!, pids: (JSON.parse(line.toString()) as { result: { pids: number[] } }).result.pids };
}

/** The identity of a process that has ended. */
async function deadProcess(): Promise<{ pid: number; startTime: string }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const startTime = await startTimeOf(child.pid!);
  child.stdin.end();
  await once(child, 'exit');
  return { pid: child.pid!, startTime: startTime! };
}

const leave = (name: string, record: Partial<RuntimeRecord>): Promise<void> =>
  writeFile(
    join(dir, `${name}.runtime.json`),
    JSON.stringify({ version: 1, startedAt: 0, profiles: [], children: [], ...record }),
  );

describe('the runtime file', () => {
  test('tells other processes where this one is, and nobody but the account', async () => {
    const file = await open();
    await file.setEndpoint('http://127.0.0.1:8090', 'a token');
    const [entry] = await listRuntimeFiles(dir);
    expect(entry).toMatchObject({
      path: file.path,
      alive: true,
      record: { pid: process.pid, address: 'http://127.0.0.1:8090', token: 'a token', profiles: [], children: [] },
    });
    if (process.platform !== 'win32') expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  });

  test('lists the children with their start times while they run', async () => {
    const file = await open();
    const { pid } = await stubbornChild();
    file.added(pid);
    const startTime = await startTimeOf(pid);
    const childrenNow = async (): Promise<unknown> => (await listRuntimeFiles(dir))[0]?.record.children;
    await expect.poll(childrenNow).toEqual([{ pid, startTime }]);
    file.removed(pid);
    await expect.poll(childrenNow).toEqual([]);
  });

  test('is gone when the process closes it, with nothing left beside it', async () => {
    const file = await open();
    file.added(process.pid);
    await file.close();
    expect(await readdir(dir)).toEqual([]);
  });

  test('that is garbage, or in a folder that is not there, is no process', async () => {
    await writeFile(join(dir, '1-x.runtime.json'), '{"pid":');
    expect(await listRuntimeFiles(dir)).toEqual([]);
    expect(await listRuntimeFiles(join(dir, 'missing'))).toEqual([]);
  });
});

describe('a profile', () => {
  test('runs in one process at a time; the other one hears which', async () => {
    const [one, two] = [await open(), await open()];
    await one.lockProfile('p');
    await two.lockProfile('q');
    await expect(two.lockProfile('p')).rejects.toMatchObject({
      code: 'profile_running',
      params: { name: 'p', pid: process.pid },
    });
    await expect(one.lockProfile('p')).rejects.toMatchObject({ code: 'profile_running' });
    await one.unlockProfile('p');
    await two.lockProfile('p');
  });

  test('wanted by many at the same moment is given to exactly one', async () => {
    const many = await Promise.all(Array.from({ length: 6 }, open));
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(many.map((file) => file.lockProfile('p')));
      const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [many[index]!] : []));
      expect(winners).toHaveLength(1);
      await winners[0]!.unlockProfile('p');
    }
  });

  test('of a process that died is free', async () => {
    await leave('dead', { ...(await deadProcess()), profiles: [{ id: 'p', held: true }] });
    await (await open()).lockProfile('p');
  });

  test('of a process whose pid somebody else has now is free', async () => {
    await leave('reused', { pid: process.pid, startTime: 'long ago', profiles: [{ id: 'p', held: true }] });
    await (await open()).lockProfile('p');
  });
});

describe('orphans', () => {
  test('of a killed Culvert are ended with all they started, however stubborn, and its file goes', async () => {
    const { pid, pids } = await stubbornChild();
    const startTime = (await startTimeOf(pid))!;
    await leave('dead', { ...(await deadProcess()), children: [{ pid, startTime }] });
    expect(await endOrphans(dir)).toEqual([pid]);
    expect(await Promise.all(pids.map(startTimeOf))).toEqual([undefined, undefined, undefined]);
    expect(await readdir(dir)).toEqual([]);
  });

  test('are told from another process with the same pid by their start time', async () => {
    const { pid } = await stubbornChild();
    const startTime = (await startTimeOf(pid))!;
    await leave('dead', {
      ...(await deadProcess()),
      children: [{ pid, startTime: 'another' }, { pid }],
    });
    expect(await endOrphans(dir)).toEqual([]);
    expect(await isRunning({ pid, startTime })).toBe(true);
  });

  test('are not looked for while their Culvert runs', async () => {
    const file = await open();
    const { pid } = await stubbornChild();
    file.added(pid);
    await expect.poll(async () => readFile(file.path, 'utf8')).toContain(String(pid));
    expect(await endOrphans(dir)).toEqual([]);
    expect(await startTimeOf(pid)).toBeDefined();
    expect(await listRuntimeFiles(dir)).toHaveLength(1);
  });
});
