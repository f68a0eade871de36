import { dirname } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { ProfileStore, type ProfileEntry } from '../profiles/profile-store.ts';
import { findSample, sampleText } from '../profiles/samples.ts';
import { exitCodes } from './exit.ts';
import type { SecretPlace } from './import-secrets.ts';

export interface InitValues {
  readonly profile?: string;
  readonly sample?: string;
  readonly profileDir?: string;
  readonly tunnelId?: string;
  readonly mcpCommand?: string;
  readonly mcpServerUrl?: string;
  readonly controlPlaneApiKeyRef?: string;
  readonly controlPlaneBaseUrl?: string;
  readonly controlPlaneUrl?: string;
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

const keyDefault = 'env:CONTROL_PLANE_API_KEY';

/** `culvert init`. Rejects with `config_invalid`, `tunnel_id_invalid`, `profile_exists`. */
export async function init(given: InitValues): Promise<number> {
  const { tunnelId, import: found, mcpCommand, mcpServerUrl } = given;
  const complete = tunnelId !== undefined && (found ?? mcpCommand ?? mcpServerUrl) !== undefined;
  if (complete || !process.stdin.isTTY || !process.stdout.isTTY) return writeProfile(given);
  const { runWizard } = await import('./wizard/wizard.ts');
  return runWizard(given);
}

/** Writes what the flags say. */
export async function writeProfile(values: InitValues): Promise<number> {
  const { tunnelId, mcpCommand, mcpServerUrl } = values;
  if (values.import) {
    const { importByName } = await import('./import-server.ts');
    return importByName(values.import, values);
  }
  if (tunnelId === undefined) {
    throw new TunnelError('config_invalid', 'local', {
      field: '--tunnel-id',
      file: 'the command line',
      problem: 'it is missing',
      hint: 'Copy the id from where the tunnel was created, or run `culvert init` in a terminal: it asks.',
    });
  }
  const sample = findSample(
    values.sample ?? (mcpCommand === undefined ? 'sample_mcp_with_dcr' : 'sample_mcp_stdio_local'),
  );
  const text = sampleText(sample, {
    tunnelId,
    apiKeyRef: values.controlPlaneApiKeyRef ?? keyDefault,
    baseUrl: values.controlPlaneBaseUrl ?? values.controlPlaneUrl,
    urlPath: values.controlPlaneUrlPath,
    organizationId: values.organizationId,
    serverUrl: mcpServerUrl,
    command: mcpCommand,
    listenAddress: values.healthListenAddr,
    openBrowser: values.openWebUi,
  });
  const name = values.profile ?? sample.name;
  await saveText(name, text, values);
  return exitCodes.done;
}

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
  const undo = before && (await store.delete(before.id)).undo;
  try {
    return await write();
  } catch (error) {
    if (undo !== undefined) await store.undoDelete(undo);
    throw error;
  }
}
