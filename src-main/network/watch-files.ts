import { unwatchFile, watchFile, type Stats } from 'node:fs';

/**
 * Calls `onChange` when one of the files was written, replaced or came into being. Looks by itself every `intervalMs`:
 * notifications of the system miss network drives and the symbolic links that Kubernetes swaps. Returns the way to stop.
 */
export function watchFiles(files: readonly string[], intervalMs: number, onChange: () => void): () => void {
  const changed = (now: Stats, before: Stats): void => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) onChange();
  };
  for (const file of files) watchFile(file, { interval: intervalMs, persistent: false }, changed);
  return () => {
    for (const file of files) unwatchFile(file, changed);
  };
}
