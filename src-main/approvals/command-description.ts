import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { CommandDescription } from '../../shared/draft.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { StdioChannelConfig } from '../../shared/profile.ts';
import { type Environment, ownPath } from '../process/environment.ts';
import { resolveProgram } from '../process/program.ts';
import { splitCommand } from '../process/command-line.ts';

type Source = CommandDescription['env'][number]['source'];

function sourceOf(value: string): Source {
  const [, kind = ''] = /^(env|file|keychain):/i.exec(value.trim()) ?? [];
  switch (kind.toLowerCase()) {
    case 'env':
      return 'env';
    case 'file':
      return 'file';
    case 'keychain':
      return 'keychain';
    default:
      return 'plain';
  }
}

export interface DescribeOptions {
  readonly env: Environment;
  /** The PATH that programs are looked up on. */
  readonly searchPath: () => Promise<string>;
}

/** What would run, without the approval: shown in full before it first does. Never rejects: what is wrong is `error`. */
export async function describeCommand(
  config: Pick<StdioChannelConfig, 'command' | 'cwd' | 'env'>,
  { env, searchPath }: DescribeOptions,
): Promise<Omit<CommandDescription, 'approved' | 'changed'>> {
  // as it is started: what is agreed to has to be what runs
  const cwd = config.cwd ?? process.cwd();
  const names = Object.entries(config.env).map(([name, value]) => ({ name, source: sourceOf(value) }));
  const base = { args: [] as string[], cwd, env: names };
  let words: [string, ...string[]];
  try {
    words = splitCommand(config.command);
  } catch (error) {
    if (error instanceof TunnelError) return { ...base, hash: '', error: error.toJSON() };
    throw error;
  }
  const [named, ...args] = words;
  const described = { ...base, args };
  try {
    if (!(await stat(cwd).catch(() => undefined))?.isDirectory()) {
      throw new TunnelError('folder_missing', 'mcp-server', { path: cwd });
    }
    // as the child is started: its own PATH, where it is given one, is where its program is looked up
    const path = ownPath(config.env, env) ?? (await searchPath());
    const program = await resolveProgram(named, { path, cwd, environment: env });
    return {
      ...described,
      program,
      hash: hashOf(
        program,
        args,
        cwd,
        names.map(({ name }) => name),
      ),
    };
  } catch (error) {
    if (error instanceof TunnelError) return { ...described, hash: '', error: error.toJSON() };
    throw error;
  }
}

/** An approval is for exactly this: program, arguments, folder and names of the environment (docs/security.md). */
const hashOf = (program: string, args: readonly string[], cwd: string, names: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([program, args, cwd, [...names].sort()]))
    .digest('base64url');
