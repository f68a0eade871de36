import { parseProfileFile, readProfileFile, type ProfileFile } from '../profiles/source.ts';
import { readProfile } from '../profiles/forms/profile-text.ts';
import type { Profile } from '../../shared/profile.ts';
import { getIn, type RawMap } from '../settings/raw-tree.ts';
import { options } from '../settings/options.ts';
import type { Subject } from './check.ts';
import type { DoctorServices } from './services.ts';

/** A setting as the checks see it. */
interface Seen {
  /** What it comes to, with references read, variables and flags laid over. */
  readonly value: string;
  /** What the profile's file says there. */
  readonly inFile: (saved: { readonly profile: Profile; readonly raw: RawMap }) => string | undefined;
  /** The flag that may set it as well. */
  readonly flag: string;
}

async function fileOf({ id, file, stored }: Subject, { store }: DoctorServices): Promise<ProfileFile | undefined> {
  if (!stored) return file === undefined ? undefined : readProfileFile(file);
  const saved = await store.get(id);
  return parseProfileFile(saved.file, saved.text);
}

/**
 * Where a setting has its value from, in words, when that is not the profile's file itself: to change the file would replace a
 * reference by what it stands for, or change nothing. `undefined` = from the file.
 */
export async function originOf(
  subject: Subject,
  services: DoctorServices,
  { value, inFile, flag }: Seen,
): Promise<string | undefined> {
  const file = await fileOf(subject, services).catch(() => undefined);
  const written = file && inFile({ profile: readProfile(file), raw: file.settings.raw })?.trim();
  if (written === value) return undefined;
  const [, kind, name = ''] = /^(env|file):(.*)$/is.exec(written ?? '') ?? [];
  const variable = options.find((option) => option.flag === flag)?.env ?? '';
  const isSet = services.env[variable]?.includes(value) === true;
  if (isSet) return `the variable ${variable}`;
  if (kind === undefined) return `the flag --${flag}`;
  return kind.toLowerCase() === 'env' ? `the variable ${name.trim()}` : `the file ${name.trim()}`;
}

/** The address to listen at, as the file has it. */
export const listenAddressIn = ({ raw }: { readonly raw: RawMap }): string | undefined => {
  const address = getIn(raw, ['health', 'listen_addr']);
  return typeof address === 'string' ? address : undefined;
};
