import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TunnelError } from '../../../shared/errors.ts';
import { makeFolder } from '../../files/make-folder.ts';

/**
 * Writes a file that others wait for (a process id, an address): as a whole, so that nobody reads half of it. Resolves
 * with the way to remove it, which leaves a file alone that says something else by then. Rejects with
 * `config_unreadable`, naming the flag.
 */
export async function announce(file: string, text: string, flag: string): Promise<() => Promise<void>> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await makeFolder(dirname(file));
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new TunnelError(
      'config_unreadable',
      'local',
      { file, problem: `it cannot be written (${code})`, hint: `Choose another ${flag}.` },
      { cause },
    );
  }
  return async () => {
    const now = await readFile(file, 'utf8').catch(() => undefined);
    if (now === text) await rm(file, { force: true }).catch(() => undefined);
  };
}
