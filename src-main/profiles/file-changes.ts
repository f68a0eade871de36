import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';

const waitMs = 2_000;
/** No change takes this long; a lock that is older was left by a process that died. */
const staleMs = 10_000;

/** Runs `change` while no other process changes `file`. Rejects with `profile_running` when another one does not finish. */
export async function withFileLock<T>(file: string, change: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const until = Date.now() + waitMs;
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      const age = Date.now() - ((await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now());
      if (age > staleMs) await rm(lock, { force: true });
      else if (Date.now() > until) throw new TunnelError('profile_running', 'local', { name: file }, { cause });
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  try {
    return await change();
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * Replaces a file as a whole: written beside it, synced, then renamed over it, so that a crash leaves the old or the new
 * text. The file keeps its mode; a new one is its owner's alone. With `before`, that is kept as `.bak`.
 */
export async function replaceFile(file: string, text: string, before?: string): Promise<void> {
  const mode = ((await stat(file).catch(() => undefined))?.mode ?? 0o600) & 0o777;
  if (before !== undefined) await writeSynced(`${file}.bak`, before, mode);
  await writeSynced(file, text, mode);
}

async function writeSynced(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
