import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';

/**
 * Replaces a file as a whole: written beside it, synced, then renamed over it, so that a crash leaves the old or the new
 * text. The file keeps its mode; a new one is its owner's alone. With `before`, that is kept as `.bak`.
 */
export async function replaceFile(file: string, text: string, before?: string): Promise<void> {
  const mode = ((await stat(file).catch(() => undefined))?.mode ?? 0o600) & 0o777;
  if (before !== undefined) await writeWhole(`${file}.bak`, before, mode);
  await writeWhole(file, text, mode);
}

/** The same, with its folder made, and both its owner's alone. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  await makeFolder(dirname(file), 0o700);
  await writeWhole(file, text, 0o600);
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
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
