import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Profile } from '../../shared/profile.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { TunnelControl } from '../../src-main/api/tunnel-control.ts';
import { RuntimeFile } from '../../src-main/runtime/runtime-file.ts';
import type { TunnelManager } from '../../src-main/tunnel/tunnel-manager.ts';

let folder: string;
let here: RuntimeFile;
let elsewhere: RuntimeFile;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-locks-'));
  here = await RuntimeFile.open(folder, 'app');
  elsewhere = await RuntimeFile.open(folder, 'run');
});
afterEach(async () => {
  await Promise.all([here.close(), elsewhere.close()]);
  await rm(folder, { recursive: true, force: true });
});

const refusal = { code: 'profile_running', params: { name: 'work', pid: process.pid } };

function control() {
  let kind: 'connected' | 'stopped' = 'stopped';
  const snapshot = () => ({ id: 'p1', name: 'work', state: { kind } }) as unknown as TunnelSnapshot;
  const manager = {
    start: () => {
      kind = 'connected';
      return Promise.resolve();
    },
    stop: () => {
      kind = 'stopped';
      return Promise.resolve();
    },
    snapshots: () => [snapshot()],
  } as unknown as TunnelManager;
  const made = new TunnelControl({
    manager,
    load: () => Promise.resolve({ id: 'p1', name: 'work' } as Profile),
    requireApproval: () => Promise.resolve(),
    changed: () => undefined,
    locks: here,
  });
  return { made, tell: () => made.follow(snapshot()) };
}

test('what the app runs no other process may run, until it is stopped', async () => {
  const { made, tell } = control();
  await made.start('p1');
  tell();
  await expect(elsewhere.lockProfile('p1', 'work')).rejects.toMatchObject(refusal);
  await made.start('p1');
  await made.stop('p1');
  tell();
  await here.flush();
  await elsewhere.lockProfile('p1', 'work');
  await expect(made.start('p1')).rejects.toMatchObject(refusal);
  // a start that nobody watched, such as one at login, is told as well
  expect(made.failedStart('p1')?.error).toMatchObject(refusal);
  await elsewhere.unlockProfile('p1');
  await made.start('p1');
  expect(made.failedStart('p1')).toBeUndefined();
});

test('a paused tunnel keeps its profile', async () => {
  const { made, tell } = control();
  await made.start('p1');
  await made.pause('p1', 5);
  tell();
  await here.flush();
  await expect(elsewhere.lockProfile('p1', 'work')).rejects.toMatchObject(refusal);
  made.close();
});
