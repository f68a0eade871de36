import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const newest = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

const modified = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Tests drive the bundled command line, as users do: build it when it is older than its sources. */
export default function setup(): void {
  if (modified('src-main/cli.ts') === 0) return;
  if (modified('out/cli/culvert.cjs') > Math.max(newest('src-main'), newest('shared'))) return;
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--cli'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the command line did not build');
}
