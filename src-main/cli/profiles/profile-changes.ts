import { TunnelError } from '../../../shared/errors.ts';
import type { ProfileEntry, ProfileStore } from '../../profiles/profile-store.ts';
import { readProfile } from '../../profiles/forms/profile-text.ts';
import { exampleValues, findSample, samples, sampleText } from '../../profiles/samples.ts';
import { plainSecrets } from '../../profiles/server-needs.ts';
import { readProfileFile } from '../../profiles/source.ts';
import { exitCodes } from '../exit.ts';
import { saveText, storeFor, type InitValues } from './new-profile.ts';
import { writeProfile } from './write-profile.ts';

interface Where {
  readonly profileDir?: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function find(store: ProfileStore, name: string): Promise<ProfileEntry> {
  const entries = await store.list();
  const found = entries.find((entry) => entry.name === name || entry.id === name);
  if (found) return found;
  const [unreadable] = await store.problems();
  if (unreadable) throw unreadable;
  const names = entries.map((entry) => entry.name).join(', ');
  throw new TunnelError('profile_not_found', 'local', { name, ...(names === '' ? {} : { names }) });
}

export interface AddValues extends InitValues {
  readonly fromFile?: string;
  readonly plainTextSecrets?: boolean;
}

export async function addProfile(name: string, values: AddValues): Promise<number> {
  if (values.fromFile === undefined) return writeProfile({ ...values, profile: name });
  const file = await readProfileFile(values.fromFile);
  const plain = plainSecrets(readProfile(file));
  if (plain.length > 0 && values.plainTextSecrets !== true) {
    throw new TunnelError('config_invalid', 'local', {
      field: plain.join(', '),
      file: values.fromFile,
      problem: 'a secret stands there in plain text, and no copy is made of it',
      hint: 'Put env:NAME or file:/path in its place, or add --plain-text-secrets to copy it as it is.',
    });
  }
  await saveText(name, file.text, values);
  return exitCodes.done;
}

export async function editProfile(name: string, { profileDir }: Where): Promise<number> {
  const store = storeFor(profileDir);
  const { id } = await find(store, name);
  const { editInEditor } = await import('./profile-editor.ts');
  return editInEditor(store, id);
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
