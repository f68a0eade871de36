import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { safeStorage } from 'electron';
import { z } from 'zod';
import { TunnelError } from '../../shared/errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { makeFolder } from '../files/make-folder.ts';

const fileSchema = z.record(z.string(), z.string());

/** Whether Electron's safeStorage is really backed by the system here; on Linux its `basic_text` is a fixed password, which is none. */
export function isSafeStorageBacked(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text';
}

/** Secrets in a file, encrypted by the system through Electron: for where there is no keychain. Only the app can read it. */
export class SafeStore implements SecretStore {
  readonly #file: string;
  /** One change at a time: each is read, change, write. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  async get(account: string): Promise<string | undefined> {
    const entry = (await this.#read())[account];
    if (entry === undefined) return undefined;
    try {
      return safeStorage.decryptString(Buffer.from(entry, 'base64'));
    } catch (cause) {
      throw new TunnelError(
        'keychain_unavailable',
        'local',
        { detail: 'the system cannot decrypt the entry' },
        { cause },
      );
    }
  }

  async set(account: string, value: string): Promise<void> {
    if (!isSafeStorageBacked())
      throw new TunnelError('keychain_unavailable', 'local', { detail: 'no system encryption' });
    const entry = safeStorage.encryptString(value).toString('base64');
    await this.#change((entries) => ({ ...entries, [account]: entry }));
  }

  async delete(account: string): Promise<boolean> {
    let there = false;
    await this.#change((entries) => {
      there = Object.hasOwn(entries, account);
      return Object.fromEntries(Object.entries(entries).filter(([name]) => name !== account));
    });
    return there;
  }

  #change(next: (entries: Record<string, string>) => Record<string, string>): Promise<void> {
    const change = this.#last.then(async () => {
      const entries = next(await this.#read());
      await makeFolder(dirname(this.#file));
      const temporary = `${this.#file}.${process.pid}.tmp`;
      await writeFile(temporary, JSON.stringify(entries), { mode: 0o600 });
      await rename(temporary, this.#file);
    });
    this.#last = change.catch(() => undefined);
    return change;
  }

  async #read(): Promise<Record<string, string>> {
    try {
      return fileSchema.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw new TunnelError(
        'keychain_unavailable',
        'local',
        { detail: 'the file of secrets cannot be read' },
        { cause },
      );
    }
  }
}
