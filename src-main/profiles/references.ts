import { readFile } from 'node:fs/promises';
import { TunnelError } from '../../shared/errors.ts';
import { allInOrder } from '../base/all-in-order.ts';
import type { Env, Layered } from '../settings/layers.ts';
import { fieldName } from '../settings/check.ts';
import { getIn, isRawMap, setIn, type Path, type Raw, type RawMap } from '../settings/raw-tree.ts';

/** Settings that a file may give as `env:NAME` or `file:/path`, and that are no secrets: read when a tunnel starts. */
const values: readonly (readonly string[])[] = [
  ['control_plane', 'base_url'],
  ['control_plane', 'url_path'],
  ['health', 'listen_addr'],
  ['health', 'unix_socket'],
];
/** Settings that name a file: `file:/path` is the path itself, `env:NAME` a variable that holds it. */
const paths: readonly (readonly string[])[] = [
  ['ca_bundle'],
  ['control_plane', 'client_cert'],
  ['control_plane', 'client_key'],
  ['mcp', 'client_cert'],
  ['mcp', 'client_key'],
  ['culvert', 'control_plane', 'unix_socket'],
  ['culvert', 'control_plane', 'ca_bundle'],
  ['culvert', 'mcp', 'ca_bundle'],
];
const entryValues: Readonly<Record<string, readonly string[]>> = {
  server_urls: ['url'],
  commands: ['command'],
  targets: ['url'],
};
const entryPaths = ['unix_socket', 'client_cert', 'client_key'];

/**
 * The tree with its plain references read; the place of such a value is what it was read from. Secrets stay references.
 * Throws `secret_env_missing`, `secret_file_unreadable` and `secret_empty`, with the field.
 */
export async function resolveReferences(
  { raw, placeOf }: Layered,
  env: Env,
  fromFile: (path: Path) => boolean,
): Promise<Layered> {
  const readFrom = new Map<string, string>();
  const cameFrom = (path: Path, source: string): void => void readFrom.set(path.join('.'), source);
  const variable = (name: string, path: Path): string => {
    const value = env[name]?.trim();
    if (value === undefined || value === '') {
      throw new TunnelError('secret_env_missing', 'local', { name, field: fieldName(path), ...placeOf(path) });
    }
    cameFrom(path, `the variable ${name}`);
    return value;
  };
  const value = async (text: string, path: Path): Promise<string> => {
    const [, kind = '', rest = ''] = /^\s*(env|file):(.*)$/is.exec(text) ?? [];
    if (rest.trim() === '' || !fromFile(path)) return text;
    if (kind.toLowerCase() === 'env') return variable(rest.trim(), path);
    const read = await readReferencedFile(rest.trim(), path);
    cameFrom(path, rest.trim());
    return read;
  };
  const filePath = (text: string, path: Path): string => {
    const [, kind = '', rest = ''] = /^\s*(env|file):(.*)$/is.exec(text) ?? [];
    if (rest.trim() === '') return text;
    return kind.toLowerCase() === 'env' ? variable(rest.trim(), path) : rest.trim();
  };

  let result = raw;
  for (const path of values) {
    const text = getIn(result, path);
    if (typeof text === 'string') result = setIn(result, path, await value(text, path));
  }
  for (const path of paths) {
    const text = getIn(result, path);
    if (typeof text === 'string') result = setIn(result, path, filePath(text, path));
  }
  for (const [section, key] of [
    ['mcp', 'server_urls'],
    ['mcp', 'commands'],
    ['harpoon', 'targets'],
  ] as const) {
    const list = getIn(result, [section, key]);
    if (!Array.isArray(list)) continue;
    const entries = await allInOrder(
      (list as readonly Raw[]).map(async (entry, index) => {
        if (!isRawMap(entry)) return entry;
        let changed: RawMap = entry;
        for (const name of entryValues[key] ?? []) {
          const text = entry[name];
          if (typeof text === 'string')
            changed = { ...changed, [name]: await value(text, [section, key, index, name]) };
        }
        for (const name of entryPaths) {
          const text = entry[name];
          if (typeof text === 'string') changed = { ...changed, [name]: filePath(text, [section, key, index, name]) };
        }
        return changed;
      }),
    );
    result = setIn(result, [section, key], entries);
  }
  return {
    raw: result,
    placeOf: (path, key) => {
      const file = key === undefined ? readFrom.get(path.join('.')) : undefined;
      return file === undefined ? placeOf(path, key) : { file };
    },
  };
}

async function readReferencedFile(file: string, path: Path): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new TunnelError('secret_file_unreadable', 'local', { file, field: fieldName(path), detail: code }, { cause });
  }
  if (text === '') throw new TunnelError('secret_empty', 'local', { ref: `file:${file}`, field: fieldName(path) });
  return text;
}
