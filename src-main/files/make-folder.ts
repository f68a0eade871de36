import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const isMissing = (error: unknown, folder: string): boolean =>
  (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(folder) !== folder;

/**
 * Makes a folder and those above it that are missing. Node's own recursive `mkdir` never comes back where the system says
 * of a folder that is there that it is not, as /proc does. Rejects with what the system says.
 *
 * @param mode - of the folders that are made
 */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  const make = async (): Promise<void> => {
    try {
      await mkdir(folder, mode);
    } catch (error) {
      // there already, whatever the system calls that
      if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) throw error;
    }
  };
  try {
    await make();
  } catch (error) {
    if (!isMissing(error, folder)) throw error;
    await makeFolder(dirname(folder), mode);
    await make();
  }
}

/** `makeFolder` for what is opened before anything runs. */
export function makeFolderSync(folder: string): void {
  const make = (): void => {
    try {
      mkdirSync(folder);
    } catch (error) {
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    }
  };
  try {
    make();
  } catch (error) {
    if (!isMissing(error, folder)) throw error;
    makeFolderSync(dirname(folder));
    make();
  }
}
