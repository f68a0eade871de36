import { sentence } from '../../shared/messages.ts';
import { redactor } from '../observe/redact.ts';
import { exportToReference } from '../profiles/export.ts';
import { exportForServer, serverForms } from '../profiles/export-server.ts';
import { profileFolders } from '../profiles/folders.ts';
import { ProfileStore, type ProfileEntry } from '../profiles/profile-store.ts';
import { readProfile } from '../profiles/profile-text.ts';
import { findProfile, readProfileFile } from '../profiles/source.ts';
import { exitCodes } from './exit.ts';

interface Where {
  readonly profileDir?: string;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const storeFor = ({ profileDir }: Where): ProfileStore =>
  new ProfileStore({ env: process.env, ...(profileDir === undefined ? {} : { folder: profileDir }) });

const fileOf = async (name: string, { profileDir }: Where): Promise<string> =>
  /[/\\]|\.(?:ya?ml|json)$/.test(name) ? name : findProfile(name, profileFolders(process.env, profileDir));

const forms: Readonly<Record<ProfileEntry['form'], string>> = {
  culvert: 'Culvert',
  reference: 'tunnel-client',
  json: 'JSON',
};

export async function listProfiles(values: Where & { readonly json?: boolean }): Promise<number> {
  const store = storeFor(values);
  const entries = await store.list();
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
    return exitCodes.done;
  }
  if (entries.length === 0) {
    say(`There is no profile yet. Put one into ${store.ownFolder}, or try \`culvert demo\`.`);
    return exitCodes.done;
  }
  const width = Math.max(...entries.map(({ name }) => name.length));
  for (const { name, form, file, profile, error } of entries) {
    say(`${name.padEnd(width)}  ${profile?.controlPlane.tunnelId ?? '(not usable)'}  ${forms[form]}  ${file}`);
    if (error) say(`${' '.repeat(width)}  ${sentence(error)}`);
  }
  return exitCodes.done;
}

export async function checkProfile(name: string, where: Where): Promise<number> {
  const file = await fileOf(name, where);
  const { controlPlane, channels } = readProfile(await readProfileFile(file));
  say(`${file} is right.`);
  say(`  tunnel    ${controlPlane.tunnelId} at ${controlPlane.baseUrl}`);
  for (const channel of channels)
    say(`  ${channel.name.padEnd(8)}  ${channel.kind === 'stdio' ? channel.command : channel.url}`);
  return exitCodes.done;
}

/** The file's text, with what looks like a secret masked. */
export async function showProfile(name: string, where: Where): Promise<number> {
  const { text } = await readProfileFile(await fileOf(name, where));
  process.stdout.write(redactor()(text));
  return exitCodes.done;
}

export async function exportProfile(name: string, where: Where & { readonly format?: string }): Promise<number> {
  const profile = readProfile(await readProfileFile(await fileOf(name, where)));
  const form = serverForms.find((known) => known === where.format);
  if (form !== undefined) {
    process.stdout.write(exportForServer(profile, form));
    return exitCodes.done;
  }
  const { text, dropped } = exportToReference(profile);
  process.stdout.write(text);
  for (const what of dropped) process.stderr.write(`left out: ${what}\n`);
  return exitCodes.done;
}
