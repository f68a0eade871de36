import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { describeEvidence } from '../../shared/evidence-words.ts';
import { runtimeRecordSchema } from '../../src-main/runtime/runtime-record.ts';
import {
  apiKey,
  cleanUp as cleanUpTunnels,
  faultyStdio,
  startControlPlane,
  startTunnel,
} from '../faults/tunnel-process.ts';
import { check, examine, profileFor, setUp, subjectOf } from './harness.ts';

// a real process beside the doctor, which a busy machine makes slow
vi.setConfig({ testTimeout: 60_000 });

afterEach(cleanUpTunnels);

/** `culvert run` in a process of its own, and what it says of itself. */
async function otherProcess() {
  const plane = await startControlPlane();
  const tunnel = await startTunnel({ controlPlane: plane, command: faultyStdio() });
  await plane.poll(0);
  const folder = join(tunnel.folder, 'culvert');
  const record = await vi.waitFor(
    async () => {
      const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.runtime.json'));
      const read = runtimeRecordSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
      if (read.address === undefined || read.profiles.length === 0) throw new Error('not yet');
      return read;
    },
    { timeout: 20_000 },
  );
  const profile = { ...profileFor(plane, { controlPlane: { apiKey } }), id: record.profiles[0]!.id };
  const look = async (ageMs = 0) => {
    const setting = await setUp({}, { runtimeFolder: folder, now: () => Date.now() + ageMs });
    const run = await examine(setting, subjectOf(profile));
    expect(setting.manager.snapshots()).toEqual([]);
    return check(run, 'key-use').evidence[0]!;
  };
  return { plane, record, tunnel, look };
}

test('what another process proves is told with its pid, its address and the time of its last good poll', async () => {
  const { plane, record, look } = await otherProcess();
  const begun = Date.now();
  plane.send({ request_id: 'r1', jsonrpc: { jsonrpc: '2.0', id: 1, method: 'echo', params: {} } });
  await plane.responseFor('r1');
  const found = await look();
  expect(found).toMatchObject({ outcome: 'pass', facts: { from: `process ${record.pid} at ${record.address}` } });
  expect(Date.parse(String(found.facts['lastPollAt']))).toBeGreaterThanOrEqual(begun);
  expect(describeEvidence(found).what).toContain(`last good poll at ${String(found.facts['lastPollAt'])}`);

  // longer ago than any poll takes
  const later = await look(120_000);
  expect(later.outcome).toBe('skip');
  expect(later.facts['reason']).toContain(`The last good poll of process ${record.pid} at ${record.address} was at`);
});

test.skipIf(process.platform === 'win32')(
  'another process that does not answer proves nothing, and is named',
  async () => {
    const { record, tunnel, look } = await otherProcess();
    tunnel.child.kill('SIGSTOP');
    const found = await look().finally(() => tunnel.child.kill('SIGCONT'));
    expect(found).toMatchObject({ outcome: 'skip' });
    expect(found.facts['reason']).toBe(
      `The profile is held by process ${record.pid} at ${record.address}, which does not answer.`,
    );
  },
);
