import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { sentence } from '../../shared/messages.ts';
import { splitCommand } from '../mcp/stdio/command-line.ts';
import type { ProfileEntry, ProfileStore } from '../profiles/profile-store.ts';
import { exampleValues, findSample, samples, sampleText } from '../profiles/samples.ts';
import { readProfileFile } from '../profiles/source.ts';
import { exitCodes } from './exit.ts';
import { saveText, storeFor, writeProfile, type InitValues } from './init.ts';

interface Where {
  readonly profileDir?: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function find(store: ProfileStore, name: string): Promise<ProfileEntry> {
  const entries = await store.list();
  const found = entries.find((entry) => entry.name === name || entry.id === name);
  if (found) return found;
  const names = entries.map((entry) => entry.name).join(', ');
  throw new TunnelError('profile_not_found', 'local', { name, ...(names === '' ? {} : { names }) });
}

export async function addProfile(name: string, values: InitValues & { readonly fromFile?: string }): Promise<number> {
  if (values.fromFile === undefined) return writeProfile({ ...values, profile: name });
  const { text } = await readProfileFile(values.fromFile);
  await saveText(name, text, values);
  return exitCodes.done;
}

/** The editor gets a copy: the file changes only when what comes back is right, and nobody else changed it meanwhile. */
export async function editProfile(name: string, { profileDir }: Where): Promise<number> {
  const store = storeFor(profileDir);
  const { id } = await find(store, name);
  const { text, revision, file } = await store.get(id);
  const [editor, ...args] = splitCommand(process.env['VISUAL'] ?? process.env['EDITOR'] ?? 'vi');
  const folder = await mkdtemp(join(tmpdir(), 'culvert-edit-'));
  const copy = join(folder, basename(file));
  try {
    await writeFile(copy, text, { mode: 0o600 });
    const child = spawn(editor, [...args, copy], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit').catch(() => [127])) as [number | null];
    if (code !== 0) {
      const detail = `${editor} ended with ${code ?? 'a signal'}`;
      throw new TunnelError('spawn_failed', 'local', { program: editor, detail });
    }
    const edited = await readFile(copy, 'utf8');
    if (edited === text) {
      say('Nothing was changed.');
      return exitCodes.done;
    }
    await store.save(id, edited, revision);
    say(`Saved: ${file}`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error;
    process.stderr.write(`Not saved. ${sentence(error)}\n`);
    return exitCodes.usage;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function removeProfile(name: string, { profileDir }: Where): Promise<number> {
  const store = storeFor(profileDir);
  const { id, file } = await find(store, name);
  await store.delete(id);
  say(`Removed: ${file} (kept in the folder .deleted beside it)`);
  return exitCodes.done;
}

export function listSamples(): number {
  for (const { name, aliases, summary, use } of samples) {
    say(`${[name, ...aliases].join(', ')}\n    ${summary}\n    ${use}`);
  }
  return exitCodes.done;
}

export function showSample(name: string): number {
  const sample = findSample(name);
  process.stdout.write(sampleText(sample, exampleValues(sample)));
  return exitCodes.done;
}
