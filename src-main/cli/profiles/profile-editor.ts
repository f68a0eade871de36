import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TunnelError } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/messages.ts';
import { splitCommand } from '../../process/command-line.ts';
import type { ProfileStore } from '../../profiles/profile-store.ts';
import { exitCodes } from '../exit.ts';
import { LeftError, withQuestions } from '../wizard/questions.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * Opens a copy in the editor: the file changes only when what comes back is right and nobody else changed it meanwhile.
 * What is wrong goes back into the editor, or is kept where the person is told; no text is lost.
 */
export async function editInEditor(store: ProfileStore, id: string): Promise<number> {
  const { text, revision, file } = await store.get(id);
  const folder = await mkdtemp(join(tmpdir(), 'culvert-edit-'));
  const copy = join(folder, basename(file));
  let keep = false;
  try {
    await writeFile(copy, text, { mode: 0o600 });
    for (;;) {
      let edited = text;
      try {
        await openEditor(copy);
      } finally {
        // a file that the editor took away is a change that was thrown away
        edited = await readFile(copy, 'utf8').catch(() => text);
        keep = edited !== text;
      }
      if (!keep) {
        say('Nothing was changed.');
        return exitCodes.done;
      }
      try {
        await store.save(id, edited, revision);
        keep = false;
        say(`Saved: ${file}`);
        return exitCodes.done;
      } catch (error) {
        if (!(error instanceof TunnelError)) throw error;
        process.stderr.write(`Not saved. ${sentence(error).replaceAll(file, copy)}\n`);
        if (error.code !== 'revision_conflict' && (await wantsBack())) continue;
        return exitCodes.usage;
      }
    }
  } finally {
    if (keep) process.stderr.write(`Your text is kept: ${copy}\n`);
    else await rm(folder, { recursive: true, force: true });
  }
}

/** Rejects with `config_invalid` when it does not start, or ends with a failure. */
async function openEditor(file: string): Promise<void> {
  const given = ['VISUAL', 'EDITOR'].find((name) => (process.env[name]?.trim() ?? '') !== '');
  const command = given === undefined ? undefined : process.env[given];
  const [editor, ...args] = splitCommand(command ?? (process.platform === 'win32' ? 'notepad' : 'vi'));
  const failed = (problem: string, cause?: unknown): TunnelError =>
    new TunnelError(
      'config_invalid',
      'local',
      {
        field: 'The editor',
        file: given === undefined ? 'neither $VISUAL nor $EDITOR' : `$${given}`,
        problem,
        hint: 'Set EDITOR to a command that ends when the file is closed, such as `code --wait`.',
      },
      { cause },
    );
  const child = spawn(editor, [...args, file], { stdio: 'inherit' });
  // Ctrl C belongs to the editor while it runs
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const ended = await once(child, 'exit')
    .catch((cause: unknown) => {
      throw failed(`${editor} does not start`, cause);
    })
    .finally(() => process.off('SIGINT', ignore));
  const [code, signal] = ended as [number | null, string | null];
  if (code !== 0) throw failed(`${editor} ended with ${code ?? signal ?? 'no code'}`);
}

/** Whether to go on editing. Where nobody can be asked: no. */
async function wantsBack(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  try {
    return await withQuestions({ input: process.stdin, output: process.stdout }, ({ confirm }) =>
      confirm('Back into the editor?', true),
    );
  } catch (error) {
    if (error instanceof LeftError) return false;
    throw error;
  }
}
