import { dirname } from 'node:path';
import { TunnelError } from '../../../shared/errors.ts';
import { ProfileStore, type ProfileEntry } from '../../profiles/profile-store.ts';
import type { SecretPlace } from './import-secrets.ts';

/** What a new profile is made from, by flags or by the wizard. */
export interface InitValues {
  readonly profile?: string;
  readonly sample?: string;
  readonly profileDir?: string;
  readonly tunnelId?: string;
  readonly mcpCommand?: string;
  readonly mcpServerUrl?: string;
  readonly controlPlaneApiKeyRef?: string;
  readonly controlPlaneBaseUrl?: string;
  readonly controlPlaneUrlPath?: string;
  readonly organizationId?: string;
  readonly healthListenAddr?: string;
  readonly openWebUi?: boolean;
  readonly force?: boolean;
  /** The new profile's id, where something is kept under it already. */
  readonly id?: string;
  /** Say what to do next; the wizard does that itself. */
  readonly hints?: boolean;
  /** Servers of other clients. */
  readonly import?: readonly string[];
  readonly secrets?: SecretPlace;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

export const storeFor = (profileDir: string | undefined): ProfileStore =>
  new ProfileStore({ env: process.env, ...(profileDir === undefined ? {} : { folder: profileDir }) });

/** Saves a new profile, and says where. Rejects with `profile_exists` and what is wrong with the text. */
export async function saveText(name: string, text: string, values: InitValues): Promise<void> {
  const { profileDir, force = false, id, hints = true } = values;
  const store = storeFor(profileDir);
  const made = await replacing(store, name, force, () => store.importText(name, text, id));
  const { file } = await store.get(made.id);
  say(`Written: ${file}`);
  if (!hints) return;
  const which = `--profile ${name}${profileDir === undefined ? '' : ` --profile-dir ${profileDir}`}`;
  say(`  culvert doctor ${which}   proves that it works`);
  say(`  culvert run ${which}      runs it`);
}

/** With `force` Culvert's own profile of that name is put aside first, and back when the new one cannot be written. */
export async function replacing<Result>(
  store: ProfileStore,
  name: string,
  force: boolean,
  write: () => Promise<Result>,
): Promise<Result> {
  const isIt = (entry: ProfileEntry): boolean => entry.name === name && dirname(entry.file) === store.ownFolder;
  const before = force ? (await store.list()).find(isIt) : undefined;
  const undo = before && (await store.delete(before.id).catch(goneAlready))?.undo;
  try {
    return await write();
  } catch (error) {
    if (undo !== undefined) await store.undoDelete(undo);
    throw error;
  }
}

/** Another process that replaces it was first: whether its profile is there already is seen when this one is written. */
function goneAlready(error: unknown): undefined {
  const isGone =
    error instanceof TunnelError &&
    (error.code === 'profile_not_found' || (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT');
  if (!isGone) throw error;
}
