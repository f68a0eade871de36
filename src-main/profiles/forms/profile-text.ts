import { isDeepStrictEqual } from 'node:util';
import { TunnelError } from '../../../shared/errors.ts';
import type { Profile } from '../../../shared/profile.ts';
import type { Problem } from '../../../shared/profile-editor.ts';
import { processSettings } from '../../settings/process-settings.ts';
import { fieldName } from '../../settings/check.ts';
import { checkFile } from '../../settings/file-schema.ts';
import { fileShape, isSocksProxy, ownShape, type Shape, type ShapeMap } from './file-shape.ts';
import { editJson } from './json-edit.ts';
import { toProfile } from '../profile-rules.ts';
import type { Path, Raw, RawMap } from '../../settings/raw-tree.ts';
import { isReference } from '../../settings/rules.ts';
import { parseProfileFile, type ProfileFile } from '../source.ts';
import { editDocument } from './yaml-edit.ts';

/** What a file says, with every reference as it stands there. Throws like `toProfile`. */
export function readProfile(file: ProfileFile): Profile {
  const { raw, placeOf } = file.settings;
  const config = checkFile(raw, placeOf);
  // what it is to be read from is known where it runs
  if (!isReference(config.health?.listen_addr ?? '')) processSettings(config, placeOf);
  return toProfile(config, { id: file.id, name: file.name }, placeOf);
}

const asRaw = (shape: Shape): Raw =>
  typeof shape !== 'object'
    ? String(shape)
    : Array.isArray(shape)
      ? (shape as readonly Shape[]).map(asRaw)
      : Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, asRaw(value)]));

/** The profile as it reads after having been written: header names in one case, servers before commands. */
function normal(profile: Profile): Profile {
  const placeOf = () => ({ file: 'the form' });
  const raw = asRaw(fileShape(profile, undefined)) as RawMap;
  return toProfile(checkFile(raw, placeOf), { id: profile.id, name: profile.name }, placeOf);
}

/** The place of an error in the text, as the editor shows it. */
export function toProblem(error: TunnelError): Problem {
  const { line, column, field } = error.params;
  return {
    severity: 'error',
    line: typeof line === 'number' ? line : 1,
    column: typeof column === 'number' ? column : 1,
    ...(typeof field === 'string' ? { field } : {}),
    error: error.toJSON(),
  };
}

/** What a text would mean as the contents of `file`, or what is wrong with it where. */
export function checkText(file: string, text: string): { profile?: Profile; problems: Problem[] } {
  try {
    return { profile: readProfile(parseProfileFile(file, text)), problems: [] };
  } catch (error) {
    if (error instanceof TunnelError) return { problems: [toProblem(error)] };
    throw error;
  }
}

/** Where the first value stands that the reference client does not take: a SOCKS proxy, or what is in the keychain. */
function ownValueOf(shape: Shape, path: Path = []): string | undefined {
  if (typeof shape !== 'object') {
    const own = isSocksProxy(String(path.at(-1)), shape) || String(shape).startsWith('keychain:');
    return own ? fieldName(path) : undefined;
  }
  const parts: (readonly [string | number, Shape])[] = Array.isArray(shape)
    ? (shape as readonly Shape[]).map((each, index) => [index, each] as const)
    : Object.entries(shape as ShapeMap);
  for (const [key, value] of parts) {
    const found = ownValueOf(value, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * `text` with what `profile` says differently written into it; everything else stays as it is. Throws what is wrong with
 * text or profile, and `profile_form` when the file's form has no place for a setting.
 */
export function renderText(file: string, text: string, profile: Profile): string {
  const parsed = parseProfileFile(file, text);
  const wanted = { ...normal(profile), id: parsed.id, name: parsed.name };
  const before = readProfile(parsed);
  if (isDeepStrictEqual(before, wanted)) return text;
  const own = parsed.form === 'culvert';
  if (parsed.form === 'reference') {
    const [field] = Object.keys(ownShape(wanted));
    if (field !== undefined)
      throw new TunnelError('profile_form', 'local', {
        field: `culvert.${field}`,
        form: 'the reference client’s YAML',
      });
    const value = ownValueOf(fileShape(wanted, undefined));
    if (value !== undefined && ownValueOf(fileShape(before, undefined)) === undefined)
      throw new TunnelError('profile_form', 'local', { field: value, form: 'the reference client’s YAML' });
  }
  const shapes = [before, wanted].map((each) => fileShape(each, own ? parsed.id : undefined)) as [
    ReturnType<typeof fileShape>,
    ReturnType<typeof fileShape>,
  ];
  const result =
    parsed.form === 'json' ? editJson(text, ...shapes) : editDocument(parsed.source.document, text, ...shapes);
  const after = readProfile(parseProfileFile(file, result));
  if (!isDeepStrictEqual(after, wanted)) {
    throw new TunnelError('config_invalid', 'local', {
      field: 'The file',
      file,
      problem: 'it uses anchors or merged sections that cannot be changed here',
      hint: 'Make this change in the text.',
    });
  }
  return result;
}

/** A new profile in Culvert's own form. */
export function newProfileText(profile: Profile): string {
  const base = parseProfileFile(
    'new.yaml',
    `# A Culvert profile: the settings of tunnel-client, and Culvert's own under culvert:\nconfig_version: 1\n`,
  );
  return editDocument(base.source.document, '', {}, fileShape(normal(profile), profile.id));
}
