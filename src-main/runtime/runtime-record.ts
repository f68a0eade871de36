import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isRunning, signal } from '../process/tree.ts';

const identity = z.object({
  pid: z.number().int().positive(),
  /** Absent where the system does not tell: then nothing is ever ended because of it. */
  startTime: z.string().optional(),
});

const claim = z.object({ id: z.string(), held: z.boolean() });

/** What one Culvert process tells the others on this machine and account. */
export const runtimeRecordSchema = z.object({
  version: z.literal(1),
  ...identity.shape,
  /** What it is to a person. */
  kind: z.enum(['app', 'run', 'demo']).optional(),
  /** Wall-clock milliseconds. */
  startedAt: z.number(),
  /** Where its listener is, such as `http://127.0.0.1:8090`, and the token for its API. */
  address: z.string().optional(),
  token: z.string().optional(),
  /** The profiles it runs or changes; `held: false` while it is still finding out whether it may. */
  profiles: z.array(claim),
  /** Its stdio children: each leads a process group. */
  children: z.array(identity),
});
export type RuntimeRecord = z.infer<typeof runtimeRecordSchema>;
export type RecordedProcess = z.infer<typeof identity>;

export interface RuntimeEntry {
  readonly path: string;
  readonly record: RuntimeRecord;
  /** The process that wrote it still runs. */
  readonly alive: boolean;
}

const suffix = '.runtime.json';

/** Not only the pid: a new file must never replace that of a dead process with the same pid before its orphans are ended. */
export const runtimePath = (dir: string, pid: number, unique: string): string => join(dir, `${pid}-${unique}${suffix}`);

const aliveNow = async ({ pid, startTime }: RecordedProcess): Promise<boolean> =>
  startTime === undefined ? signal(pid, 0) : isRunning({ pid, startTime });

async function readEntry(path: string): Promise<RuntimeEntry[]> {
  try {
    const record = runtimeRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return [{ path, record, alive: await aliveNow(record) }];
  } catch {
    // Removed meanwhile, or not one of ours.
    return [];
  }
}

/** Every runtime file in `dir`, those of dead processes included. A folder that is not there has none. */
export async function listRuntimeFiles(dir: string): Promise<RuntimeEntry[]> {
  const names = await readdir(dir).catch(() => []);
  const entries = await Promise.all(
    names.filter((name) => name.endsWith(suffix)).map((name) => readEntry(join(dir, name))),
  );
  return entries.flat();
}
