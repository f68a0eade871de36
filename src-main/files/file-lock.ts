import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { makeFolder } from './make-folder.ts';

const waitMs = 2_000;
/** No change takes this long; a lock that is older was left by a process that died. */
const staleMs = 10_000;

const problems: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a disk that is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'this user’s share of the disk is full',
  ENOTDIR: 'a file stands where its folder should be',
  ENOENT: 'no file can be made there',
  EEXIST: 'a file stands where its folder should be',
};

/** Does what writes `file`. What the system refuses is `save_failed`, with the reason. */
export async function saving<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw saveFailed(file, cause);
  }
}

/** What the system said when `file` could not be written, as `save_failed`; any other fault as it is. */
export function saveFailed(file: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return cause;
  return new TunnelError('save_failed', 'local', { file, problem: problems[code] ?? code }, { cause });
}

/**
 * Runs `change` while no other process changes `file`. Rejects with `profile_running` when another one does not finish,
 * and with `save_failed`.
 */
export const withFileLock = <T>(file: string, change: () => Promise<T>): Promise<T> =>
  saving(file, () => locked(file, change));

async function locked<T>(file: string, change: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await makeFolder(dirname(file), 0o700);
  const until = Date.now() + waitMs;
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        // on a full disk it is there, and empty
        await rm(lock, { force: true }).catch(() => undefined);
        throw cause;
      }
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
