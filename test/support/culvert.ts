import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The bundled command line, as it is shipped. */
export const cli = 'out/cli/culvert.cjs';

export interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs the command line; `onLine` hears each line of stdout and may end it. */
export async function culvert(
  args: readonly string[],
  env: Record<string, string> = {},
  onLine?: (line: string, end: () => void) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { env: { PATH: process.env.PATH, ...env } });
  const lines: string[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    onLine?.(line, () => child.kill('SIGTERM'));
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines, errors };
}
