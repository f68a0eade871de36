import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { homeFolder } from '../base/home.ts';
import { posix, win32 } from 'node:path';
import { type Environment, variable } from './environment.ts';
import { signal } from './tree.ts';

/** Between these the login shell prints its PATH: profiles print greetings of their own. */
const marker = '__culvert_path__';
const longestOutput = 1 << 20;
const afterExitMs = 500;

/**
 * The PATH of a person's login shell, or undefined when there is none within `timeoutMs`: a program started from a
 * desktop inherits the session's, which knows nothing of the folders that shell profiles add.
 */
export async function loginShellPath(environment: Environment, timeoutMs = 3_000): Promise<string | undefined> {
  const shell = environment['SHELL'];
  if (process.platform === 'win32' || shell === undefined || !posix.isAbsolute(shell)) return undefined;
  // fish prints $PATH, a list, joined by colons only when it is quoted; POSIX shells print the same.
  const script = `printf '%s%s%s' ${marker} "$PATH" ${marker}`;
  const child = spawn(shell, ['-ilc', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...environment, TERM: 'dumb', DISABLE_AUTO_UPDATE: 'true' },
    // A session of its own: an interactive shell must not take our terminal, and all that it starts can be ended with it.
    detached: true,
  });
  return new Promise((resolve) => {
    let output = '';
    const done = (): void => {
      clearTimeout(timer);
      if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
      child.stdout.destroy();
      const [, path] = output.split(marker);
      resolve(path === undefined || path === '' ? undefined : path);
    };
    let timer = setTimeout(done, timeoutMs);
    child.once('error', done);
    child.once('close', done);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.split(marker).length > 2 || output.length > longestOutput) done();
    });
    // what it wrote may come after its end; and what it left running in the background may keep its output open
    child.once('exit', () => {
      clearTimeout(timer);
      timer = setTimeout(done, afterExitMs);
    });
  });
}

/** Folders of the newest version first, for tools that keep one folder a version. */
async function versions(folder: string, ...below: string[]): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => posix.join(folder, name, ...below));
  } catch {
    return [];
  }
}

async function usualFolders(environment: Environment, home: string, platform: NodeJS.Platform): Promise<string[]> {
  if (platform === 'win32') {
    const appData = variable(environment, 'APPDATA', platform) ?? win32.join(home, 'AppData', 'Roaming');
    const local = variable(environment, 'LOCALAPPDATA', platform) ?? win32.join(home, 'AppData', 'Local');
    const programs = variable(environment, 'ProgramFiles', platform) ?? 'C:\\Program Files';
    return [
      win32.join(home, '.local', 'bin'),
      win32.join(appData, 'npm'),
      win32.join(local, 'Volta', 'bin'),
      win32.join(home, 'scoop', 'shims'),
      win32.join(home, '.cargo', 'bin'),
      win32.join(programs, 'nodejs'),
      win32.join(programs, 'Docker', 'Docker', 'resources', 'bin'),
    ];
  }
  const at = (...parts: string[]): string => posix.join(home, ...parts);
  const nvm = environment['NVM_DIR'] ?? at('.nvm');
  const fnm = environment['FNM_DIR'];
  const fnmFolders =
    fnm === undefined ? [at('.local', 'share', 'fnm'), at('Library', 'Application Support', 'fnm')] : [fnm];
  return [
    at('.local', 'bin'),
    at('bin'),
    posix.join(environment['VOLTA_HOME'] ?? at('.volta'), 'bin'),
    posix.join(environment['ASDF_DATA_DIR'] ?? at('.asdf'), 'shims'),
    at('.local', 'share', 'mise', 'shims'),
    ...fnmFolders.map((folder) => posix.join(folder, 'aliases', 'default', 'bin')),
    ...(await versions(posix.join(nvm, 'versions', 'node'), 'bin')).slice(0, 1),
    posix.join(environment['BUN_INSTALL'] ?? at('.bun'), 'bin'),
    at('.deno', 'bin'),
    at('.cargo', 'bin'),
    at('go', 'bin'),
    ...(platform === 'darwin'
      ? ['/opt/homebrew/bin', '/opt/homebrew/sbin', '/Applications/Docker.app/Contents/Resources/bin']
      : ['/home/linuxbrew/.linuxbrew/bin', '/snap/bin']),
    '/usr/local/bin',
    '/usr/bin',
    '/bin',
  ];
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

export interface EnhancedPathOptions {
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
  /** What the login shell said, when it was asked. */
  readonly shellPath?: string | undefined;
}

/**
 * The PATH on which a server's program is looked for when Culvert was started from a desktop: the login shell's, what was
 * inherited, then the usual folders of package and version managers, as far as they exist. Never rejects.
 */
export async function enhancedPath(environment: Environment, options: EnhancedPathOptions = {}): Promise<string> {
  const { home = homeFolder(), platform = process.platform, shellPath } = options;
  const delimiter = platform === 'win32' ? win32.delimiter : posix.delimiter;
  const split = (path: string | undefined): string[] => (path ?? '').split(delimiter).filter((folder) => folder !== '');
  // A shell's order wins: it is what the person's terminal does, where the session's own PATH has system folders first.
  const known = [...new Set([...split(shellPath), ...split(variable(environment, 'PATH', platform))])];
  const usual = (await usualFolders(environment, home, platform)).filter((folder) => !known.includes(folder));
  const there = await Promise.all(usual.map(isFolder));
  return [...known, ...usual.filter((_, index) => there[index])].join(delimiter);
}

/** The PATH for children of a desktop app: the login shell is asked once, when it is first needed. */
export interface RememberedPath {
  readonly path: () => Promise<string>;
  /** What the login shell says now; nothing is changed by asking. */
  readonly ask: () => Promise<string>;
  /** Asks, and keeps the answer: every start from now on looks there. */
  readonly refresh: () => Promise<void>;
}

export function desktopPath(environment: Environment, timeoutMs?: number): RememberedPath {
  let known: Promise<string> | undefined;
  const ask = async (): Promise<string> =>
    enhancedPath(environment, { shellPath: await loginShellPath(environment, timeoutMs) });
  return {
    path: () => (known ??= ask()),
    ask,
    refresh: async () => {
      const fresh = await ask();
      known = Promise.resolve(fresh);
    },
  };
}
