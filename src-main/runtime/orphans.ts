import { rm } from 'node:fs/promises';
import { endTree, isRunning, signal } from '../process/tree.ts';
import { listRuntimeFiles, type RecordedProcess } from './runtime-record.ts';

/** An orphan's input is closed already: its Culvert is dead. */
const orphanTimes = { inputMs: 0, termMs: 1_000, killMs: 1_000 };

/** Ends one child and all it started, if it still is the very process that was written down. */
async function endOrphan({ pid, startTime }: RecordedProcess): Promise<number[]> {
  if (startTime === undefined || !(await isRunning({ pid, startTime }))) return [];
  await endTree(
    pid,
    () => !signal(pid, 0),
    () => undefined,
    orphanTimes,
  );
  return [pid];
}

/**
 * Ends the stdio children of Culvert processes that died without ending them, and removes their files. A child is known
 * by pid and start time together, never by its name. Resolves with the pids that were ended.
 */
export async function endOrphans(dir: string): Promise<number[]> {
  const dead = (await listRuntimeFiles(dir)).filter(({ alive }) => !alive);
  const ended = await Promise.all(
    dead.map(async ({ path, record }) => {
      const pids = await Promise.all(record.children.map(endOrphan));
      await rm(path, { force: true });
      return pids.flat();
    }),
  );
  return ended.flat();
}
