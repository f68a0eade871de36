import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { TunnelError } from '../../shared/errors.ts';
import { startTimeOf } from '../process/tree.ts';
import { writePrivateFile } from '../files/replace-file.ts';
import { listRuntimeFiles, runtimePath, type RecordedProcess, type RuntimeRecord } from './runtime-record.ts';

/** Changes that may wait are gathered for so long. */
const gatherMs = 20;
const withdrawalPollMs = 10;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The one file of this process: how the command line finds the app, what locks a profile, and how a later process finds
 * the children that a killed one left behind. Private to the account (0600), always written as a whole.
 */
export class RuntimeFile {
  readonly path: string;
  readonly #dir: string;
  /** Absent until the start time was asked for: with half an entry nobody could do anything. */
  readonly #children = new Map<number, RecordedProcess | undefined>();
  readonly #profiles = new Map<string, boolean>();
  readonly #base: Pick<RuntimeRecord, 'version' | 'kind' | 'pid' | 'startTime' | 'startedAt'>;
  #endpoint: { address: string; token?: string } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(dir: string, kind: RuntimeRecord['kind'], startTime: string | undefined) {
    this.#dir = dir;
    this.path = runtimePath(dir, process.pid, randomBytes(4).toString('hex'));
    this.#base = {
      version: 1,
      pid: process.pid,
      startedAt: Date.now(),
      ...(kind && { kind }),
      ...(startTime !== undefined && { startTime }),
    };
  }

  /** Creates the file. Rejects as `fs` does when the folder cannot be written. */
  static async open(dir: string, kind?: RuntimeRecord['kind']): Promise<RuntimeFile> {
    const file = new RuntimeFile(dir, kind, await startTimeOf(process.pid));
    await file.flush();
    return file;
  }

  /** Where this process listens, and the token for its API. */
  async setEndpoint(address: string, token?: string): Promise<void> {
    this.#endpoint = { address, ...(token !== undefined && { token }) };
    await this.flush();
  }

  /** A stdio child was started: it leads a process group. Returns at once; the file follows. */
  added(pid: number): void {
    this.#children.set(pid, undefined);
    // Without its start time a child is never ended by a later process, so this is asked while it surely runs.
    void startTimeOf(pid).then((startTime) => {
      if (!this.#children.has(pid)) return;
      this.#children.set(pid, { pid, ...(startTime !== undefined && { startTime }) });
      this.#soon();
    });
  }

  removed(pid: number): void {
    if (this.#children.delete(pid)) this.#soon();
  }

  /**
   * Takes a profile for this process. Rejects with `TunnelError` `profile_running`, naming the profile and the pid that has it.
   *
   * There is no lock but the files: each process first writes that it wants the profile, then looks at the others' files.
   * Whoever sees no other claim holds it. Of two that see each other the one whose file name sorts first waits until the
   * other withdraws, so that exactly one gets it; claims of dead processes do not count.
   */
  async lockProfile(id: string, name = id): Promise<void> {
    const running = (pid: number): TunnelError => new TunnelError('profile_running', 'local', { name, pid });
    if (this.#profiles.has(id)) throw running(process.pid);
    this.#profiles.set(id, false);
    try {
      await this.flush();
      for (;;) {
        const others = await this.#othersThatClaim(id);
        const stronger = others.find(({ held, path }) => held || path < this.path);
        if (stronger) throw running(stronger.pid);
        if (others.length === 0) break;
        await pause(withdrawalPollMs);
      }
      this.#profiles.set(id, true);
      await this.flush();
    } catch (error) {
      await this.unlockProfile(id);
      throw error;
    }
  }

  async unlockProfile(id: string): Promise<void> {
    if (this.#profiles.delete(id)) await this.flush();
  }

  /** Resolves when the file says what is so now. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const write = this.#writing.then(async () => {
      if (!this.#closed) await writePrivateFile(this.path, `${JSON.stringify(this.#record(), null, 2)}\n`);
    });
    this.#writing = write.catch(() => undefined);
    return write;
  }

  /** Removes the file: everything that it stands for is over. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closed = true;
    await this.#writing;
    await rm(this.path, { force: true });
  }

  #soon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), gatherMs);
  }

  async #othersThatClaim(id: string): Promise<{ path: string; pid: number; held: boolean }[]> {
    const entries = await listRuntimeFiles(this.#dir);
    return entries.flatMap(({ path, record, alive }) => {
      const claimed = alive && path !== this.path ? record.profiles.find((profile) => profile.id === id) : undefined;
      return claimed ? [{ path, pid: record.pid, held: claimed.held }] : [];
    });
  }

  #record(): RuntimeRecord {
    return {
      ...this.#base,
      ...this.#endpoint,
      profiles: [...this.#profiles].map(([id, held]) => ({ id, held })),
      children: [...this.#children.values()].filter((child) => child !== undefined),
    };
  }
}
