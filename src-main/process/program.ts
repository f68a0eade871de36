import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { type Environment, variable } from './environment.ts';
import { withoutTrailing } from '../../shared/trim.ts';

export interface ProgramLookup {
  /** The PATH to search, from `desktopPath` or the inherited one. */
  readonly path: string;
  /** The folder that a relative program such as `./server` is meant from. */
  readonly cwd: string;
  readonly environment?: Environment;
  readonly platform?: NodeJS.Platform;
}

type Found = 'runnable' | 'not-executable' | 'missing';

async function look(path: string, platform: NodeJS.Platform): Promise<Found> {
  try {
    if (!(await stat(path)).isFile()) return 'missing';
    if (platform !== 'win32') await access(path, constants.X_OK);
    return 'runnable';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'not-executable' : 'missing';
  }
}

/** Names to try in one folder: on Windows a program is found by any of the executable extensions. */
function candidates(program: string, platform: NodeJS.Platform, environment: Environment): string[] {
  if (platform !== 'win32') return [program];
  const extensions = (variable(environment, 'PATHEXT', platform) ?? '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean);
  const lower = program.toLowerCase();
  const complete = [...extensions, '.ps1'].some((extension) => lower.endsWith(extension.toLowerCase()));
  // npm writes a shim for PowerShell beside the batch file: the one that is left when the other is missing
  return complete ? [program] : [...extensions, '.ps1'].map((extension) => program + extension.toLowerCase());
}

/**
 * The absolute path of the program that a command names, as `execvp` would find it. Rejects with `TunnelError`
 * `command_not_found` (with the PATH that was searched) or `command_not_executable`. Used by the supervisor before every
 * start, and by wizard and doctor to say what will run.
 */
export async function resolveProgram(program: string, lookup: ProgramLookup): Promise<string> {
  const { path, cwd, environment = {}, platform = process.platform } = lookup;
  const paths = platform === 'win32' ? win32 : posix;
  const named = program.includes('/') || (platform === 'win32' && program.includes('\\')) || paths.isAbsolute(program);
  const folders = named ? [''] : path.split(paths.delimiter).filter((folder) => folder !== '');
  let notExecutable: string | undefined;
  for (const folder of folders) {
    for (const name of candidates(program, platform, environment)) {
      const candidate = paths.resolve(cwd, named ? name : paths.join(folder, name));
      const found = await look(candidate, platform);
      if (found === 'runnable') return candidate;
      if (found === 'not-executable') notExecutable ??= candidate;
    }
  }
  if (notExecutable !== undefined) {
    throw new TunnelError('command_not_executable', 'mcp-server', { program: notExecutable });
  }
  throw new TunnelError('command_not_found', 'mcp-server', { program, ...(named ? { folder: cwd } : { path }) });
}

/** What to hand to `child_process.spawn`, always without a shell option. */
export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  /** Windows: the arguments are one command line already. */
  readonly verbatim: boolean;
}

/** In double quotes `cmd.exe` still expands `%NAME%` and ends at a quote or a line; nothing escapes these reliably. */
const unsafeForBatch = /["%\r\n]/;

const quoteForBatch = (argument: string): string => {
  const trailing = argument.length - withoutTrailing(argument, '\\').length;
  return `"${argument}${'\\'.repeat(trailing)}"`;
};

/**
 * A `.cmd` or `.bat` (npm's own `npx.cmd` among them) can only be run by `cmd.exe`, and Node refuses to do so. Every
 * argument is put in double quotes, where `& | < > ^ ( )` and spaces are ordinary, with delayed expansion off; an argument
 * with a double quote, a percent sign or a line end has no safe spelling there and is refused with `config_invalid`.
 * A `.ps1` is run by Windows PowerShell, which takes its arguments as they are. Everything else is spawned as it is.
 */
export function spawnPlan(
  program: string,
  args: readonly string[],
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): SpawnPlan {
  const [, kind] = (platform === 'win32' && /\.(cmd|bat|ps1)$/i.exec(program)) || [];
  if (kind === undefined) return { file: program, args, verbatim: false };
  const system = win32.join(variable(environment, 'SystemRoot', platform) ?? 'C:\\Windows', 'System32');
  if (kind.toLowerCase() === 'ps1') {
    const shell = win32.join(system, 'WindowsPowerShell', 'v1.0', 'powershell.exe');
    const options = ['-NoLogo', '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File'];
    return { file: shell, args: [...options, program, ...args], verbatim: false };
  }
  const unsafe = [program, ...args].find((argument) => unsafeForBatch.test(argument));
  if (unsafe !== undefined) {
    throw new TunnelError('config_invalid', 'local', {
      field: 'command',
      problem: 'a batch file cannot be given an argument that holds a double quote, a percent sign or a line end',
      hint: 'Name the program that the batch file starts, such as node.exe with the script.',
    });
  }
  const line = [program, ...args].map(quoteForBatch).join(' ');
  return {
    file: win32.join(system, 'cmd.exe'),
    args: ['/d', '/v:off', '/s', '/c', `"${line}"`],
    verbatim: true,
  };
}
