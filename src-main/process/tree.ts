import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';

/** A process, told from a later one with the same pid by its start time. `startTime` is opaque: compare, never read it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export interface ProcessRow extends ProcessIdentity {
  readonly parent: number;
  readonly group: number;
  /** 0 where the system does not tell. */
  readonly session: number;
}

/** Standard output, or an empty string when the program fails or takes longer. */
const outputOf = (file: string, args: readonly string[], timeout = 3_000): Promise<string> =>
  new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { encoding: 'utf8', timeout, windowsHide: true, maxBuffer: 1 << 24, env: { ...process.env, LC_ALL: 'C' } },
      (_error, stdout) => resolve(stdout),
    );
  });

/** The fields of `/proc/<pid>/stat` after the name, which may hold spaces and brackets itself. */
async function procStat(pid: number | string): Promise<string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

let bootId: Promise<string> | undefined;
/** Start ticks count from boot, so that two boots could show the same pid with the same ticks. */
const boot = (): Promise<string> =>
  (bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'latin1').then(
    (text) => text.slice(0, 8),
    () => '',
  ));

/** When the process started, in the system's own terms; undefined when it is gone or the system does not tell. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const fields = await procStat(pid);
    // A zombie has ended; only its parent has not heard of it.
    if (fields?.[19] === undefined || fields[0] === 'Z') return undefined;
    return `${await boot()}:${fields[19]}`;
  }
  const text =
    process.platform === 'win32'
      ? await outputOf('powershell.exe', [
          '-NoProfile',
          '-NonInteractive',
          '-Command',
          `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`,
        ])
      : await outputOf('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return text.trim() || undefined;
}

/** The words of a process's command line; empty when it is gone or the system does not tell. They may hold secrets. */
export async function commandOf(pid: number): Promise<readonly string[]> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return text.split('\0').filter((word) => word !== '');
  }
  if (process.platform === 'win32') return [];
  const text = await outputOf('ps', ['-o', 'command=', '-p', String(pid)]);
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Whether exactly this process still runs. */
export const isRunning = async ({ pid, startTime }: ProcessIdentity): Promise<boolean> =>
  (await startTimeOf(pid)) === startTime;

/** Every process that can be seen. Not for Windows, where `taskkill /T` walks by itself. */
export async function listProcesses(): Promise<ProcessRow[]> {
  if (process.platform === 'linux') {
    const prefix = await boot();
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const rows = await Promise.all(
      names.map(async (name): Promise<ProcessRow[]> => {
        const fields = await procStat(name);
        if (fields === undefined || fields[0] === 'Z') return [];
        return [
          {
            pid: Number(name),
            parent: Number(fields[1]),
            group: Number(fields[2]),
            session: Number(fields[3]),
            startTime: `${prefix}:${fields[19] ?? ''}`,
          },
        ];
      }),
    );
    return rows.flat();
  }
  if (process.platform === 'win32') return [];
  const text = await outputOf('ps', ['-axo', 'pid=,ppid=,pgid=,lstart=']);
  return text.split('\n').flatMap((line) => {
    const [pid, parent, group, ...started] = line.trim().split(/\s+/);
    const startTime = started.join(' ');
    return startTime === ''
      ? []
      : [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, startTime }];
  });
}

/**
 * What belongs to `root`: itself, descendants by parent, whatever is in its process group or its session, and what was
 * `known` to belong to it before, by pid and start time, with all below: a parent that ends hands its children to init,
 * and the trail by parent is lost.
 */
export function treeOf(root: number, rows: readonly ProcessRow[], known: readonly ProcessRow[] = []): ProcessRow[] {
  const before = new Map(known.map((row) => [row.pid, row.startTime]));
  const tree = new Set<number>();
  for (const row of rows) {
    const belongs = row.pid === root || row.group === root || row.session === root;
    if (belongs || before.get(row.pid) === row.startTime) tree.add(row.pid);
  }
  for (let size = -1; size !== tree.size;) {
    size = tree.size;
    for (const row of rows) if (tree.has(row.parent)) tree.add(row.pid);
  }
  return rows.filter((row) => tree.has(row.pid));
}

/** `process.kill` that says whether there was something to signal, and never throws. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process group that a child was spawned into still has a member, the child itself or a descendant. */
export const groupIsAlive = (leader: number): boolean => process.platform !== 'win32' && signal(-leader, 0);

export interface EndTimes {
  /** How long the tree may take after its input is closed, after SIGTERM, and after SIGKILL until it is given up; milliseconds. */
  readonly inputMs: number;
  readonly termMs: number;
  readonly killMs: number;
}

/** Two seconds in all: what is left for the children within the ten of a stop. */
export const endTimes: EndTimes = { inputMs: 700, termMs: 700, killMs: 600 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Ends a child that leads a process group, and everything it started: closes its input, then SIGTERM, then SIGKILL to
 * whatever is left, descendants that left the group included. Resolves when nothing is left or all times are over, with
 * the pids that survived. On Windows, `taskkill /T /F` follows the closed input: there is no gentle signal for a console
 * program.
 */
export async function endTree(
  leader: number,
  hasExited: () => boolean,
  closeInput: () => void,
  times: EndTimes = endTimes,
): Promise<number[]> {
  if (process.platform === 'win32') return endWindowsTree(leader, hasExited, closeInput, times);

  let tree: ProcessRow[] = [];
  const look = async (): Promise<void> => {
    tree = treeOf(leader, await listProcesses().catch(() => []), tree);
  };
  const goneWithin = async (ms: number): Promise<boolean> => {
    const until = performance.now() + ms;
    for (let wait = 5; ; wait = Math.min(wait * 2, 50)) {
      // The cheap question first; the list tells a zombie that nobody reaps from a process.
      if (hasExited() || performance.now() >= until) {
        await look();
        if (tree.length === 0) return true;
      }
      if (performance.now() >= until) return false;
      await pause(wait);
    }
  };
  const tell = (name: NodeJS.Signals): void => {
    signal(-leader, name);
    for (const { pid } of tree) signal(pid, name);
  };

  await look();
  closeInput();
  if (await goneWithin(times.inputMs)) return [];
  tell('SIGTERM');
  if (await goneWithin(times.termMs)) return [];
  tell('SIGKILL');
  await goneWithin(times.killMs);
  return tree.map(({ pid }) => pid);
}

async function endWindowsTree(
  leader: number,
  hasExited: () => boolean,
  closeInput: () => void,
  times: EndTimes,
): Promise<number[]> {
  closeInput();
  const until = performance.now() + times.inputMs;
  while (!hasExited() && performance.now() < until) await pause(20);
  if (!hasExited()) await outputOf('taskkill.exe', ['/PID', String(leader), '/T', '/F'], times.termMs + times.killMs);
  return hasExited() || !signal(leader, 0) ? [] : [leader];
}
