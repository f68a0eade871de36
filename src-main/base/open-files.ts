import { readFileSync } from 'node:fs';

let limit: number | undefined;

/** Learns how many files this process may have open; later there may be no descriptor left to ask with. */
export function learnOpenFilesLimit(): void {
  try {
    const [, soft] = /^Max open files\s{1,40}(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    if (soft !== undefined) limit = Number(soft);
  } catch {
    // only Linux tells it so
  }
}

/** How many files this process may have open, where it is known. */
export const openFilesLimit = (): number | undefined => limit;

/** Descriptors ran out: those of the process (EMFILE) or of the machine (ENFILE). */
export const isOutOfFiles = (error: unknown): boolean => {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === 'EMFILE' || code === 'ENFILE';
};
