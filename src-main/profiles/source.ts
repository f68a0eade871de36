import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import type { Env, Layered } from '../settings/layers.ts';
import {
  checkProfileName,
  expandHome,
  profileExtensions,
  profileFolders,
  searchedFolders,
  type ProfileFolders,
} from '../settings/folders.ts';
import { fromJsonForm } from './forms/json-form.ts';
import { getIn, parseSource, type SourceFile } from '../settings/raw-tree.ts';

/** Which of the three forms a file has: Culvert's YAML, the reference's YAML, or the published JSON. */
export type ProfileForm = 'culvert' | 'reference' | 'json';

export interface ProfileFile {
  readonly file: string;
  readonly name: string;
  readonly form: ProfileForm;
  /** From the file for Culvert's own profiles, else from its path: other forms have no place for it. */
  readonly id: string;
  readonly source: SourceFile;
  readonly settings: Layered;
  readonly text: string;
}

const readable = async (file: string): Promise<string> => {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const problem =
      { ENOENT: 'there is no such file', EACCES: 'this user may not read it', EISDIR: 'it is a folder' }[code] ?? code;
    throw new TunnelError('config_unreadable', 'local', { file, problem }, { cause });
  });
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new TunnelError('config_unreadable', 'local', {
    file,
    problem: 'it is not text in UTF-8',
    hint: 'Save it as UTF-8; PowerShell’s > writes UTF-16.',
  });
};

/** A short id that stays as long as `text` does. */
export const derivedId = (prefix: string, text: string): string =>
  `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

/** Reads a profile or configuration file of any form. Throws `config_unreadable` and `config_invalid`. */
export async function readProfileFile(file: string): Promise<ProfileFile> {
  return parseProfileFile(file, await readable(file));
}

export function parseProfileFile(file: string, text: string): ProfileFile {
  const source = parseSource(file, text.replace(/^\uFEFF/, ''));
  const extension = extname(file);
  const json = extension === '.json' && !('config_version' in source.raw) && !('control_plane' in source.raw);
  const own = getIn(source.raw, ['culvert']) !== undefined;
  const id = getIn(source.raw, ['culvert', 'id']);
  return {
    file,
    name: basename(file, extension),
    form: json ? 'json' : own ? 'culvert' : 'reference',
    id: typeof id === 'string' && id !== '' ? id : derivedId(json ? 'json' : 'file', resolve(file)),
    source,
    settings: json ? fromJsonForm(source) : { raw: source.raw, placeOf: (path, key) => source.placeOf(path, key) },
    text,
  };
}

const folderRefusals: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read the folder',
  EPERM: 'this user may not read the folder',
  ENOTDIR: 'a file stands where the folder should be',
};

/** `config_unreadable` for each folder that is there and cannot be looked into: what is in it is unknown, not absent. */
export async function folderProblems(folders: ProfileFolders): Promise<TunnelError[]> {
  const problems: TunnelError[] = [];
  for (const folder of searchedFolders(folders)) {
    try {
      await readdir(folder);
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      const problem = folderRefusals[code] ?? `the folder cannot be read (${code})`;
      const hint = 'Give this user the right to read it, or name another folder with --profile-dir.';
      problems.push(new TunnelError('config_unreadable', 'local', { file: folder, problem, hint }, { cause }));
    }
  }
  return problems;
}

/**
 * The file of the profile `name`. Throws `profile_not_found` with the folders that were searched, and `config_unreadable`
 * when one of them cannot be.
 */
export async function findProfile(name: string, folders: ProfileFolders): Promise<string> {
  const wanted = checkProfileName(name);
  for (const folder of searchedFolders(folders)) {
    for (const extension of profileExtensions) {
      const file = join(folder, wanted + extension);
      if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
    }
  }
  const [unreadable] = await folderProblems(folders);
  if (unreadable) throw unreadable;
  throw new TunnelError('profile_not_found', 'local', { name: wanted, folder: searchedFolders(folders).join(', ') });
}

/** What selects a configuration: `--config`, `--profile`, `--profile-file`, each at most once, and their variables. */
export interface Selection {
  readonly config?: string;
  readonly profile?: string;
  readonly profileFile?: string;
  readonly profileDir?: string;
}

const variables = {
  config: 'TUNNEL_CLIENT_CONFIG',
  profile: 'TUNNEL_CLIENT_PROFILE',
  profileFile: 'TUNNEL_CLIENT_PROFILE_FILE',
} as const;
const flags = {
  config: '--config',
  profile: '--profile',
  profileFile: '--profile-file',
  profileDir: '--profile-dir',
} as const;
const kinds = ['config', 'profile', 'profileFile'] as const;

/** The file a selection means, or undefined when nothing is selected. Flags beat variables; two at once are a mistake. */
export async function selectFile(selection: Selection, env: Env): Promise<string | undefined> {
  for (const kind of [...kinds, 'profileDir'] as const) {
    if (selection[kind]?.trim() === '') {
      throw new TunnelError('config_invalid', 'local', {
        field: flags[kind],
        file: 'the command line',
        problem: 'it is empty',
      });
    }
  }
  const given = kinds.filter((kind) => selection[kind] !== undefined);
  const inEnv = kinds.filter((kind) => (env[variables[kind]]?.trim() ?? '') !== '');
  const names = given.length > 0 ? given.map((kind) => flags[kind]) : inEnv.map((kind) => variables[kind]);
  if (names.length > 1) {
    throw new TunnelError('config_invalid', 'local', {
      field: names.join(' and '),
      file: given.length > 0 ? 'the command line' : 'the environment',
      problem: 'only one of them can be used at a time',
    });
  }
  const [kind] = given.length > 0 ? given : inEnv;
  if (kind === undefined) return undefined;
  const value = (given.length > 0 ? selection[kind] : env[variables[kind]])?.trim() ?? '';
  if (kind === 'profile') return findProfile(value, profileFolders(env, selection.profileDir));
  const file = expandHome(value, env);
  if (kind === 'profileFile' && !profileExtensions.some((extension) => file.endsWith(extension))) {
    throw new TunnelError('config_invalid', 'local', {
      field: '--profile-file',
      file,
      problem: 'it is not a profile file',
      allowed: profileExtensions.join(', '),
    });
  }
  return file;
}
