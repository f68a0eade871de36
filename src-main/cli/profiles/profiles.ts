import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saving } from '../../files/file-lock.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/messages.ts';
import { redactor } from '../../detect/redact.ts';
import { exportToReference } from '../../profiles/export/export.ts';
import { exportForServer, type ServerFile } from '../../profiles/export/export-server.ts';
import { serverForms } from '../../profiles/forms/server-forms.ts';
import { profileFolders } from '../../settings/folders.ts';
import type { ProfileEntry } from '../../profiles/profile-store.ts';
import { readProfile } from '../../profiles/forms/profile-text.ts';
import { findProfile, readProfileFile } from '../../profiles/source.ts';
import { exitCodeOf, exitCodes } from '../exit.ts';
import { storeFor } from './new-profile.ts';
import { makeFolder } from '../../files/make-folder.ts';

interface Where {
  readonly profileDir?: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const fileOf = async (name: string, { profileDir }: Where): Promise<string> =>
  /[/\\]|\.(?:ya?ml|json)$/.test(name) ? name : findProfile(name, profileFolders(process.env, profileDir));

const forms: Readonly<Record<ProfileEntry['form'], string>> = {
  culvert: 'Culvert',
  reference: 'tunnel-client',
  json: 'JSON',
};

export async function listProfiles(values: Where & { readonly json?: boolean }): Promise<number> {
  const store = storeFor(values.profileDir);
  const entries = await store.list();
  const problems = await store.problems();
  const [unreadable] = problems;
  if (unreadable && entries.length === 0) throw unreadable;
  const code = unreadable ? exitCodeOf(unreadable) : exitCodes.done;
  for (const problem of problems) process.stderr.write(`${sentence(problem)}\n`);
  if (values.json === true) {
    say(
      JSON.stringify(
        entries.map(({ id, name, file, form, profile, error }) => ({
          id,
          name,
          file,
          form,
          tunnel_id: profile?.controlPlane.tunnelId,
          error: error && sentence(error),
        })),
      ),
    );
    return code;
  }
  if (entries.length === 0) {
    const where = values.profileDir === undefined ? '' : ` in ${values.profileDir}`;
    say(`There is no profile yet${where}. \`culvert init\` writes one; \`culvert demo\` shows a tunnel without any.`);
    return code;
  }
  const width = Math.max(...entries.map(({ name }) => name.length));
  for (const { name, form, file, profile, error } of entries) {
    say(`${name.padEnd(width)}  ${profile?.controlPlane.tunnelId ?? '(not usable)'}  ${forms[form]}  ${file}`);
    if (error) say(`${' '.repeat(width)}  ${sentence(error)}`);
  }
  return code;
}

export async function checkProfile(name: string, where: Where): Promise<number> {
  const file = await fileOf(name, where);
  const { controlPlane, channels } = readProfile(await readProfileFile(file));
  // addresses and commands may hold passwords
  const masked = redactor();
  say(`${file} is right.`);
  say(masked(`  tunnel    ${controlPlane.tunnelId} at ${controlPlane.baseUrl}`));
  for (const channel of channels)
    say(masked(`  ${channel.name.padEnd(8)}  ${channel.kind === 'stdio' ? channel.command : channel.url}`));
  return exitCodes.done;
}

/** The file's text, with what looks like a secret masked. */
export async function showProfile(name: string, where: Where): Promise<number> {
  const { text } = await readProfileFile(await fileOf(name, where));
  process.stdout.write(redactor()(text));
  return exitCodes.done;
}

export interface ExportValues extends Where {
  readonly format: string;
  readonly output?: string;
  readonly force?: boolean;
}

/** Prints, or with `output` writes files into that folder. What a reader has to know goes to standard error. */
export async function exportProfile(name: string, values: ExportValues): Promise<number> {
  const profile = readProfile(await readProfileFile(await fileOf(name, values)));
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  const form = serverForms.find((known) => known === values.format);
  if (form === undefined) {
    const { text, dropped } = exportToReference(profile);
    await give([{ name: `${profile.name}.yaml`, text }], values);
    for (const what of dropped) tell(`left out: ${what}`);
    return exitCodes.done;
  }
  const { files, steps } = exportForServer(profile, form);
  await give(files, values);
  tell('\nOn the server:');
  for (const step of steps) tell(`  ${step}`);
  if (values.output === undefined && files.length > 1) tell('--output FOLDER writes these as files.');
  return exitCodes.done;
}

async function give(files: readonly ServerFile[], { output, force = false }: ExportValues): Promise<void> {
  if (output === undefined) {
    for (const { name, text } of files)
      process.stdout.write(files.length === 1 ? text : `# ==> ${name} <==\n${text}\n`);
    return;
  }
  await saving(output, () => makeFolder(output));
  const there = (await readdir(output)).filter((name) => files.some((file) => file.name === name));
  if (there.length > 0 && !force) {
    throw new TunnelError('config_invalid', 'local', {
      field: '--output',
      file: 'the command line',
      problem: `${output} has ${there.join(', ')} already`,
      hint: 'Name another folder, or add --force to replace them.',
    });
  }
  for (const { name, text } of files) {
    const file = join(output, name);
    await saving(file, () => writeFile(file, text));
    say(`Written: ${file}`);
  }
}
