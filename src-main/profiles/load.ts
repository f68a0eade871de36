import type { Profile } from '../../shared/profile.ts';
import { layer, type Env, type FlagValues, type Layered } from '../settings/layers.ts';
import { options } from '../settings/options.ts';
import { processSettings, type ProcessSettings } from '../settings/process-settings.ts';
import { newerSections, type PlaceOf } from '../settings/check.ts';
import { checkFile, fileSchema } from '../settings/file-schema.ts';
import { defaultBaseUrl, toProfile } from './profile-rules.ts';
import { getIn, type RawMap } from '../settings/raw-tree.ts';
import { resolveReferences } from './references.ts';
import {
  derivedId,
  parseProfileFile,
  readProfileFile,
  selectFile,
  type ProfileFile,
  type Selection,
} from './source.ts';
import { withoutTrailing } from '../../shared/trim.ts';

export interface Loaded {
  /** Ready to run: plain references read, secrets still references. */
  readonly profile: Profile;
  readonly settings: ProcessSettings;
  /** The file it came from, if any. */
  readonly file?: string;
  /** What was set without effect, in words. */
  readonly inert: readonly string[];
}

const mtlsBaseUrl = 'https://mtls.api.openai.com';

/**
 * The configuration of one tunnel from file, variables and flags: flags > environment > file > defaults. Throws
 * `TunnelError` for the first mistake, with the place it was made at.
 */
export async function loadProfile(selection: Selection, flags: FlagValues, env: Env): Promise<Loaded> {
  const file = await selectFile(selection, env);
  const source = file === undefined ? undefined : await readProfileFile(file);
  const base: Layered = source?.settings ?? { raw: {}, placeOf: () => ({ file: 'the command line' }) };
  const layered = layer(base, env, flags);
  const setOutside = new Set(
    options
      .filter(({ flag, env: name }) => flags.has(flag) || (name !== undefined && env[name]))
      .map(({ path }) => path.join('.')),
  );
  const fromFile = (path: readonly (string | number)[]) => !setOutside.has(path.slice(0, 2).join('.'));
  const { raw, placeOf } = await resolveReferences(layered, env, fromFile);
  const config = checkFile(raw, placeOf);
  const id = source?.id ?? derivedId('run', config.control_plane?.tunnel_id ?? '');
  const profile = toProfile(config, { id, name: source?.name ?? config.control_plane?.tunnel_id ?? '' }, placeOf);
  return {
    profile: withMtlsHost(profile),
    settings: processSettings(config, placeOf),
    inert: [...inertSettings(raw), ...inertSections(raw, placeOf)],
    ...(file === undefined ? {} : { file }),
  };
}

/**
 * A profile's file alone, ready to run: plain references read, secrets still references. The app runs many profiles, so the
 * variables that stand for settings of `culvert run` are not laid over them. Throws as `loadProfile`.
 */
export async function loadProfileFile(file: string, env: Env): Promise<Profile> {
  return readyToRun(await readProfileFile(file), env);
}

/** What `text` in place of the file would be when it is started. Throws as `loadProfileFile`. */
export async function loadProfileText(file: string, text: string, env: Env): Promise<Profile> {
  return readyToRun(parseProfileFile(file, text), env);
}

async function readyToRun({ id, name, settings }: ProfileFile, env: Env): Promise<Profile> {
  const { raw, placeOf } = await resolveReferences(settings, env, () => true);
  return withMtlsHost(toProfile(checkFile(raw, placeOf), { id, name }, placeOf));
}

/** A client certificate and the default host mean the host that asks for certificates, as with the reference. */
function withMtlsHost(profile: Profile): Profile {
  const { clientCert, baseUrl } = profile.controlPlane;
  if (clientCert === undefined || withoutTrailing(baseUrl, '/') !== defaultBaseUrl) return profile;
  return { ...profile, controlPlane: { ...profile.controlPlane, baseUrl: mtlsBaseUrl } };
}

function inertSettings(raw: RawMap): string[] {
  return options.flatMap(({ flag, path, inert }) => {
    const value = getIn(raw, path);
    const isOff = value === undefined || (typeof value === 'string' && /^(?:|0|f|false|n|no|off)$/i.test(value));
    return typeof inert !== 'string' || isOff ? [] : [`${flag} has no effect: ${inert}.`];
  });
}

/** Sections that are read and do nothing here, each with its line. */
function inertSections(raw: RawMap, placeOf: PlaceOf): string[] {
  const at = (key: string): string => {
    const { file, line } = placeOf([], key);
    return line === undefined ? file : `${file}, line ${line}`;
  };
  const companion = 'cloudflared' in raw;
  return [
    ...(companion ? [`cloudflared has no effect (${at('cloudflared')}): Culvert does not run that companion.`] : []),
    ...newerSections(fileSchema, raw).map(
      (key) => `${key} has no effect (${at(key)}): this version of Culvert does not know that section.`,
    ),
  ];
}
