import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivateFile } from '../files/replace-file.ts';

const mostFiles = 200;
const suffix = '.json';

/** The last handshake of each channel, a file each; the oldest ones give way. */
export interface SavedHandshakes {
  /** `key` says which channel it is, of which profile. */
  of(key: string): { load(): Promise<string | undefined>; save(text: string): void };
}

/**
 * Under `dir`, readable for its owner alone. Without a folder to write to, nothing is kept and nothing fails: callers then
 * begin anew, as they had to before.
 */
export function savedHandshakes(dir: string): SavedHandshakes {
  const folder = join(dir, 'handshakes');
  let last: Promise<unknown> = Promise.resolve();
  return {
    of(key) {
      const file = join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}${suffix}`);
      let known: string | undefined;
      return {
        load: () => readFile(file, 'utf8').catch(() => undefined),
        save(text) {
          if (text === known) return;
          known = text;
          last = last.then(() => writePrivateFile(file, text).then(() => prune(folder))).catch(() => undefined);
        },
      };
    },
  };
}

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
  if (names.length <= mostFiles) return;
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const found = await stat(file).catch(() => undefined);
      return { file, at: found?.mtimeMs ?? 0 };
    }),
  );
  const oldest = files.toSorted((a, b) => a.at - b.at).slice(0, files.length - mostFiles);
  await Promise.all(oldest.map(({ file }) => rm(file, { force: true })));
}
