import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../files/make-folder.ts';
import { leaseMs, type LeaseEntry, type LeaseStore } from './lease.ts';

const schema = z.object({ holder: z.string(), place: z.string(), leaseMs: z.number().positive().max(3_600_000) });

/** Two that take over at once both write; who is there after this long has it. */
const settleMs = 500;

/**
 * A lease in a file that all instances see, on this machine or on shared storage. Every write replaces the file as a whole;
 * a new one is made only where there is none.
 */
export class FileLease implements LeaseStore {
  readonly name: string;
  readonly #holder: string;
  readonly #place: string;

  constructor(file: string, holder: string, place: string) {
    this.name = file;
    this.#holder = holder;
    this.#place = place;
  }

  async read(): Promise<LeaseEntry | undefined> {
    let text: string;
    try {
      text = await readFile(this.name, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    // half written: whoever writes it has it, as long as it changes
    const unknown = { holder: '?', place: 'another instance', leaseMs, version: text };
    try {
      const parsed = schema.safeParse(JSON.parse(text));
      return parsed.success ? { ...parsed.data, version: text } : unknown;
    } catch {
      return unknown;
    }
  }

  async write(previous: LeaseEntry | undefined): Promise<boolean> {
    const text = JSON.stringify({
      holder: this.#holder,
      place: this.#place,
      leaseMs,
      at: new Date().toISOString(),
      mark: randomBytes(6).toString('hex'),
    });
    if (previous === undefined) {
      await makeFolder(dirname(this.name), 0o700);
      try {
        await writeFile(this.name, text, { flag: 'wx', mode: 0o600 });
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    }
    if ((await this.read())?.version !== previous.version) return false;
    const temporary = `${this.name}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
      await rename(temporary, this.name);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    if (previous.holder === this.#holder) return true;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    return (await this.read())?.version === text;
  }

  async release(): Promise<void> {
    if ((await this.read())?.holder === this.#holder) await rm(this.name, { force: true });
  }
}
