import { delimiter, dirname } from 'node:path';
import type { PlannedFix } from '../check.ts';

interface Refresh {
  readonly named: string;
  /** Where the login shell finds it. */
  readonly found: string;
  /** The PATH that is remembered, and what the login shell says now. */
  readonly known: string;
  readonly path: string;
  readonly refresh: () => Promise<void>;
}

/** The PATH that was asked for at start, taken anew: offered only where it was tried and does help. */
export function refreshPath({ named, found, known, path, refresh }: Refresh): PlannedFix {
  const before = new Set(known.split(delimiter));
  const added = path.split(delimiter).filter((folder) => !before.has(folder));
  const folders = added.length > 0 ? added : [dirname(found)];
  return {
    fix: {
      kind: 'path.refresh',
      summary: `Take over the PATH that your login shell has now: it finds ${named} at ${found}.`,
      before: `PATH as it was when Culvert first asked: ${named} is not on it`,
      after: folders.map((folder) => `PATH has ${folder}`).join('\n'),
    },
    apply: refresh,
  };
}
