import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { TunnelError, type TunnelErrorData } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import type { Problem } from '../../shared/profile-editor.ts';
import type { Env } from '../settings/layers.ts';
import { exportToReference, type Exported } from './export/export.ts';
import { replaceFile } from '../files/replace-file.ts';
import { saving, withFileLock } from '../files/file-lock.ts';
import {
  checkProfileName,
  profileExtensions,
  profileFolders,
  searchedFolders,
  type Platform,
  type ProfileFolders,
} from '../settings/folders.ts';
import { checkText, newProfileText, readProfile, renderText } from './forms/profile-text.ts';
import { setIn, type RawMap } from '../settings/raw-tree.ts';
import { folderProblems, parseProfileFile, readProfileFile, type ProfileFile, type ProfileForm } from './source.ts';
import { makeFolder } from '../files/make-folder.ts';

/** A profile in a list. One that cannot be read is listed with what is wrong. */
export interface ProfileEntry {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly form: ProfileForm;
  readonly profile?: Profile;
  readonly error?: TunnelErrorData;
}

export interface OpenProfile {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly form: ProfileForm;
  readonly text: string;
  /** Of the file's contents; a save with an older one is refused. */
  readonly revision: string;
  readonly profile?: Profile;
  readonly problems: readonly Problem[];
}

const revisionOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Profiles on this machine: Culvert's own, the reference's and the published JSON ones, each edited where it is. */
export class ProfileStore {
  readonly #folders: ProfileFolders;

  constructor(options: { env: Env; folder?: string; platform?: Platform }) {
    this.#folders = profileFolders(options.env, options.folder, options.platform);
  }

  /** Where new profiles go. */
  get ownFolder(): string {
    return this.#folders.asked ?? this.#folders.culvert;
  }

  /** Every profile that can be run by its name: where two have one name, the one that is looked up first. */
  async list(): Promise<ProfileEntry[]> {
    const entries: ProfileEntry[] = [];
    for (const folder of searchedFolders(this.#folders)) {
      const names = await readdir(folder).catch(() => []);
      for (const extension of profileExtensions) {
        for (const name of names
          .filter((candidate) => extname(candidate) === extension && !candidate.startsWith('.'))
          .sort()) {
          const bare = basename(name, extension);
          const file = join(folder, name);
          // a pipe that nobody writes to would hold up every list
          if (entries.some((entry) => entry.name === bare) || (await isPipe(file))) continue;
          entries.push(await entryOf(file));
        }
      }
    }
    return entries;
  }

  /** `config_unreadable` for each folder whose profiles are not in the list because it cannot be looked into. */
  problems(): Promise<TunnelError[]> {
    return folderProblems(this.#folders);
  }

  /** Rejects with `profile_not_found`, `config_unreadable`. */
  async get(id: string): Promise<OpenProfile> {
    const { file, name, form, id: ownId } = await this.#find(id);
    const text = await readFile(file, 'utf8');
    return { id: ownId, name, file, form, text, revision: revisionOf(text), ...checkText(file, text) };
  }

  /** What `text` would mean in this profile's place. Nothing is saved. */
  async check(id: string, text: string): Promise<{ profile?: Profile; problems: Problem[] }> {
    const { file } = await this.#find(id);
    return checkText(file, text);
  }

  /** `text` with the form's values written into it. Nothing is saved. Rejects with `profile_form` and what is wrong. */
  async render(id: string, text: string, profile: Profile): Promise<string> {
    const { file } = await this.#find(id);
    return renderText(file, text, profile);
  }

  /**
   * Saves a text that is right; what was there before stays beside it as `.bak`. Rejects with what is wrong with it, and
   * with `revision_conflict` when the file is not the one that `revision` is of.
   *
   * @param kept - what to keep as `.bak` of what was there before, where that must not stay as it is
   */
  async save(
    id: string,
    text: string,
    revision: string,
    kept: (before: string) => string = (before) => before,
  ): Promise<{ revision: string }> {
    const { file, id: ownId } = await this.#find(id);
    const parsed = parseProfileFile(file, text);
    readProfile(parsed);
    if (parsed.form === 'culvert' && parsed.id !== ownId) {
      throw new TunnelError('config_invalid', 'local', {
        field: 'culvert.id',
        ...parsed.source.placeOf(['culvert', 'id']),
        problem: 'the id of a profile does not change; keychain entries hang on it',
        hint: `Set it back to ${ownId}.`,
      });
    }
    return withFileLock(file, async () => {
      const now = await readFile(file, 'utf8');
      if (revisionOf(now) !== revision) throw new TunnelError('revision_conflict', 'local', { file });
      // a copy of the same text would take the place of the one before it
      if (now !== text) await replaceFile(file, text, kept(now));
      return { revision: revisionOf(text) };
    });
  }

  /** A profile of Culvert's own; `id` is a draft's, under which its secrets are kept already. Rejects with `profile_exists`. */
  async create(
    name: string,
    profile: Omit<Profile, 'id' | 'name'>,
    id: string = randomUUID(),
  ): Promise<{ id: string }> {
    await this.#write(name, newProfileText({ ...profile, id, name }));
    return { id };
  }

  /** A profile from a text in any form: as Culvert's own, with an id of its own, or with one under which secrets are kept already. */
  async importText(name: string, text: string, id: string = randomUUID()): Promise<{ id: string }> {
    const json = /^\s*\{/.test(text);
    const parsed = parseProfileFile(json ? `${name}.json` : `${name}.yaml`, text);
    const profile = { ...readProfile(parsed), id };
    await this.#write(name, parsed.form === 'json' ? newProfileText(profile) : withId(parsed, id));
    return { id };
  }

  /** A copy in Culvert's own form, with an id of its own. Also the way from another form to Culvert's. */
  async duplicate(id: string, name?: string): Promise<{ id: string; name: string }> {
    const { file, name: oldName } = await this.#find(id);
    const free = name ?? (await this.#freeName(oldName));
    const { id: made } = await this.importText(free, await readFile(file, 'utf8'));
    return { id: made, name: free };
  }

  /** Only the name changes: id and keychain entries stay. Rejects with `profile_exists`. */
  async rename(id: string, name: string): Promise<void> {
    const { file } = await this.#find(id);
    const target = join(dirname(file), checkProfileName(name) + extname(file));
    await withFileLock(file, async () => {
      if (await exists(target)) throw new TunnelError('profile_exists', 'local', { name, file: target });
      await rename(file, target);
    });
  }

  /** Takes it out of the list; `undoDelete` with what this resolves with puts it back. */
  async delete(id: string): Promise<{ undo: string }> {
    const { file } = await this.#find(id);
    const undo = `${Date.now()}-${randomUUID().slice(0, 8)}`;
    const folder = join(dirname(file), '.deleted', undo);
    await saving(file, async () => {
      await makeFolder(folder, 0o700);
      await rename(file, join(folder, basename(file)));
    });
    return { undo };
  }

  /** Rejects with `not_found` and `profile_exists`. */
  async undoDelete(undo: string): Promise<{ id: string }> {
    for (const folder of /^[\w-]+$/.test(undo) ? searchedFolders(this.#folders) : []) {
      const kept = join(folder, '.deleted', undo);
      const [name] = await readdir(kept).catch(() => []);
      if (name === undefined) continue;
      const file = join(folder, name);
      if (await exists(file)) throw new TunnelError('profile_exists', 'local', { name, file });
      await rename(join(kept, name), file);
      await rm(kept, { recursive: true, force: true });
      return { id: (await readProfileFile(file)).id };
    }
    throw new TunnelError('not_found', 'local', { what: 'The deleted profile' });
  }

  /** As the reference client reads it, with what that drops. */
  async exportReference(id: string): Promise<Exported> {
    const { file } = await this.#find(id);
    return exportToReference(readProfile(await readProfileFile(file)));
  }

  async #find(id: string): Promise<ProfileEntry> {
    const entries = await this.list();
    const found = entries.find((entry) => entry.id === id);
    if (!found) {
      throw new TunnelError('profile_not_found', 'local', {
        name: id,
        folder: searchedFolders(this.#folders).join(', '),
      });
    }
    return { ...found, file: await realpath(found.file) };
  }

  async #write(name: string, text: string): Promise<void> {
    const wanted = checkProfileName(name);
    for (const extension of profileExtensions) {
      const file = join(this.ownFolder, wanted + extension);
      if (await exists(file)) throw new TunnelError('profile_exists', 'local', { name: wanted, file });
    }
    const file = join(this.ownFolder, `${wanted}.yaml`);
    readProfile(parseProfileFile(file, text));
    await withFileLock(file, async () => {
      if (await exists(file)) throw new TunnelError('profile_exists', 'local', { name: wanted, file });
      await replaceFile(file, text);
    });
  }

  async #freeName(name: string): Promise<string> {
    const taken = new Set((await this.list()).map((entry) => entry.name));
    for (let n = 2; ; n++) {
      const candidate = `${name}-${n}`;
      if (!taken.has(candidate)) return candidate;
    }
  }
}

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined)) !== undefined;

const isPipe = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined))?.isFIFO() === true;

/** The text with its `culvert.id` set, everything else as it is. */
function withId(parsed: ProfileFile, id: string): string {
  const { document } = parsed.source;
  const raw: RawMap = setIn(parsed.source.raw, ['culvert', 'id'], id);
  if (Object.keys(raw).length > 0) document.setIn(['culvert', 'id'], id);
  return document.toString({ lineWidth: 0 });
}

async function entryOf(file: string): Promise<ProfileEntry> {
  const fallback = {
    id: `unreadable-${revisionOf(file)}`,
    name: basename(file, extname(file)),
    file,
    form: 'reference' as const,
  };
  try {
    const parsed = await readProfileFile(file);
    const { id, name, form } = parsed;
    try {
      return { id, name, file, form, profile: readProfile(parsed) };
    } catch (error) {
      if (error instanceof TunnelError) return { id, name, file, form, error: error.toJSON() };
      throw error;
    }
  } catch (error) {
    if (error instanceof TunnelError) return { ...fallback, error: error.toJSON() };
    throw error;
  }
}
