import { TunnelError } from '../../shared/errors.ts';
import { invalid, type PlaceOf } from './check.ts';
import { parseHeader } from './headers.ts';
import { getIn, isRawMap, setIn, type Path, type Place, type Raw, type RawMap } from './raw-tree.ts';
import { commandEntry, serverEntry, targetEntry } from './entries.ts';
import { options, type Option } from './options.ts';

export type Env = Readonly<Record<string, string | undefined>>;
/** What the command line gave, by canonical flag: the last value, or all of a repeatable one. */
export type FlagValues = ReadonlyMap<string, readonly string[]>;

/** Settings from file, variables and flags in one tree, each value with the place it came from. */
export interface Layered {
  readonly raw: RawMap;
  readonly placeOf: PlaceOf;
}

const repeatable = (kind: Option['kind']) => kind !== 'text' && kind !== 'bool' && kind !== 'key';

/** Turns what one flag or variable said into what stands in the file's tree. */
function toRaw(option: Option, values: readonly string[], placeOf: PlaceOf): Raw {
  const { kind, path } = option;
  switch (kind) {
    case 'text':
    case 'bool':
    case 'key':
      return values.at(-1) ?? '';
    case 'list':
      return values.map((value) => (option.emptyMeans === 'mistake' ? value : value.trim()));
    case 'headers':
      return headerMap(values, path, placeOf);
    case 'servers':
      return values.map((value) => serverEntry(value, path, placeOf));
    case 'commands':
      return values.map((value) => commandEntry(value, path, placeOf));
    case 'targets':
      return values.map((value) => targetEntry(value, path, placeOf));
  }
}

/** Later headers of one name win, as with the reference's flags. */
function headerMap(values: readonly string[], path: Path, placeOf: PlaceOf): RawMap {
  const map: Record<string, string> = {};
  for (const value of values) {
    const [name, text] = parseHeader(value, path, placeOf);
    map[name] = text;
  }
  return map;
}

function fromEnv(option: Option, env: Env): readonly string[] | undefined {
  const value = option.env === undefined ? undefined : env[option.env];
  if (value === undefined) return undefined;
  if (value === '') return option.emptyMeans === 'mistake' ? [''] : undefined;
  if (!repeatable(option.kind)) return [value];
  const parts = value.split(option.split ?? /,/);
  return option.emptyMeans === 'mistake' ? parts : parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The key's value never enters the tree: only a reference to where it is. */
function keyReference(
  option: Option,
  flag: readonly string[] | undefined,
  env: Env,
  placeOf: PlaceOf,
): string | undefined {
  const given = flag?.at(-1);
  if (given !== undefined) {
    if (/^(?:env|file|keychain):./i.test(given.trim())) return given.trim();
    throw invalid(placeOf, option.path, 'a key must not stand on the command line', {
      allowed: 'env:NAME, file:/path, keychain:…',
    });
  }
  const value = env[option.env ?? ''];
  if (value === undefined) return undefined;
  if (value.trim() === '')
    throw new TunnelError('key_missing', 'local', {
      hint: `${option.env ?? ''} is set but empty: put the runtime key there.`,
    });
  return `env:${option.env ?? ''}`;
}

const channelOf = (entry: Raw): string => {
  const name = isRawMap(entry) ? entry['channel'] : undefined;
  return (typeof name === 'string' ? name.trim().toLowerCase() : '') || 'main';
};

/** A server given on the command line takes the place of a command in the file for the same channel, and vice versa. */
function settleChannels(raw: RawMap, ranks: ReadonlyMap<string, number>): RawMap {
  const rank = (key: string) => ranks.get(`mcp.${key}`) ?? 0;
  const [servers, commands] = [rank('server_urls'), rank('commands')];
  if (servers === commands) return raw;
  const [strong, weak] = servers > commands ? ['server_urls', 'commands'] : ['commands', 'server_urls'];
  const strongList = getIn(raw, ['mcp', strong]);
  const weakList = getIn(raw, ['mcp', weak]);
  if (!Array.isArray(strongList) || !Array.isArray(weakList)) return raw;
  const taken = new Set((strongList as readonly Raw[]).map(channelOf));
  return setIn(
    raw,
    ['mcp', weak],
    (weakList as readonly Raw[]).filter((entry) => !taken.has(channelOf(entry))),
  );
}

/**
 * Lays variables over the file and flags over both. Throws `config_invalid` and `key_missing` for what cannot even be
 * read as a setting; what a setting may be is checked later, on the whole.
 */
export function layer(file: Layered, env: Env, flags: FlagValues): Layered {
  const origins = new Map<string, Place>();
  const ranks = new Map<string, number>();
  const placeOf: PlaceOf = (path, key) => {
    for (let length = path.length; length > 0; length--) {
      const place = origins.get(path.slice(0, length).join('.'));
      if (place) return place;
    }
    return file.placeOf(path, key);
  };
  let raw = file.raw;
  for (const option of options) {
    const flag = flags.get(option.flag);
    const key = option.path.join('.');
    const variable = fromEnv(option, env);
    const values = flag ?? variable;
    if (values === undefined) continue;
    origins.set(key, { file: flag ? `the flag --${option.flag}` : `the variable ${option.env ?? ''}` });
    ranks.set(key, flag ? 2 : 1);
    const value = option.kind === 'key' ? keyReference(option, flag, env, placeOf) : toRaw(option, values, placeOf);
    raw = setIn(raw, option.path, value);
  }
  const api = ['control_plane', 'api_key'];
  if (getIn(raw, api) === undefined) {
    if (env['CONTROL_PLANE_API_KEY'] === '')
      throw new TunnelError('key_missing', 'local', {
        hint: 'CONTROL_PLANE_API_KEY is set but empty: put the runtime key there.',
      });
    if (env['OPENAI_API_KEY'] !== undefined && env['OPENAI_API_KEY'] !== '')
      raw = setIn(raw, api, 'env:OPENAI_API_KEY');
  }
  return { raw: settleChannels(raw, ranks), placeOf };
}
