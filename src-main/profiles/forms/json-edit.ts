import { isDeepStrictEqual } from 'node:util';
import { TunnelError } from '../../../shared/errors.ts';
import { parseDuration } from '../../settings/duration.ts';
import type { Shape, ShapeMap } from './file-shape.ts';
import { jsonPaths, jsonPollInterval } from './json-form.ts';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type JsonMap = Record<string, Json>;

const isMap = (value: unknown): value is Record<string, never> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every leaf of a shape by its dotted path; lists count as leaves. */
function leaves(shape: ShapeMap, prefix = ''): Map<string, Shape> {
  const found = new Map<string, Shape>();
  for (const [key, value] of Object.entries(shape)) {
    if (isMap(value)) for (const [path, leaf] of leaves(value, `${prefix}${key}.`)) found.set(path, leaf);
    else found.set(prefix + key, value);
  }
  return found;
}

function setIn(json: JsonMap, path: readonly string[], value: Json | undefined): void {
  const [key = '', ...rest] = path;
  if (rest.length > 0) {
    const child = json[key];
    const inner: JsonMap = isMap(child) ? child : {};
    setIn(inner, rest, value);
    if (Object.keys(inner).length > 0) json[key] = inner;
    else Reflect.deleteProperty(json, key);
  } else if (value === undefined) Reflect.deleteProperty(json, key);
  else json[key] = value;
}

const seconds = (text: Shape | undefined): number | undefined => {
  const ms = typeof text === 'string' ? parseDuration(text) : undefined;
  return ms === undefined ? undefined : ms / 1_000;
};

/** Servers, commands and targets of the YAML shape as the JSON form has them; undefined when it cannot hold them. */
function specials(shape: ShapeMap): JsonMap | undefined {
  const mcp = (shape['mcp'] ?? {}) as ShapeMap;
  const own = ((shape['culvert'] as ShapeMap | undefined)?.['harpoon_targets'] ?? {}) as Readonly<
    Record<string, ShapeMap>
  >;
  const result: JsonMap = {};
  for (const [list, field, key] of [
    ['server_urls', 'url', 'mcp_server_url'],
    ['commands', 'command', 'mcp_command'],
  ] as const) {
    const entries = (mcp[list] ?? []) as readonly ShapeMap[];
    if (entries.length > 1 || entries.some((entry) => !isDeepStrictEqual(Object.keys(entry), [field])))
      return undefined;
    const [entry] = entries;
    if (entry) result[key] = entry[field] as string;
  }
  const targets = (((shape['harpoon'] as ShapeMap | undefined)?.['targets'] ?? []) as readonly ShapeMap[]).map(
    (target): JsonMap | undefined => {
      const extra = own[target['label'] as string] ?? {};
      if (target['unix_socket'] !== undefined) return undefined;
      const entries: [string, Json | undefined][] = [
        ['label', target['label'] as string],
        ['base_url', target['url'] as string],
        ['description', target['description'] as string | undefined],
        ['allowed_methods', extra['allowed_methods'] as string[] | undefined],
        ['max_request_size_bytes', extra['max_request_bytes'] as number | undefined],
        ['max_response_size_bytes', extra['max_response_bytes'] as number | undefined],
        ['timeout_seconds', seconds(extra['timeout'])],
      ];
      return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
    },
  );
  if (targets.some((target) => target === undefined)) return undefined;
  if (targets.length > 0) result['harpoon.targets'] = targets as Json[];
  return result;
}

const special = /^(?:mcp\.(?:server_urls|commands)|harpoon\.targets|culvert\.harpoon_targets)(?:\.|$)/;

/**
 * Writes what differs between two shapes into the published JSON form. Throws `profile_form` for the first setting that
 * the form has no place for.
 */
export function editJson(text: string, before: ShapeMap, after: ShapeMap): string {
  const json = JSON.parse(text) as JsonMap;
  const [old, wanted] = [leaves(before), leaves(after)];
  const noPlace = (path: string) =>
    new TunnelError('profile_form', 'local', { field: path, form: 'the published JSON' });
  for (const path of new Set([...old.keys(), ...wanted.keys()])) {
    if (isDeepStrictEqual(old.get(path), wanted.get(path)) || special.test(path)) continue;
    const value = wanted.get(path) as Json | undefined;
    if (path === 'culvert.control_plane.poll_interval') {
      setIn(json, jsonPollInterval, typeof value === 'string' ? parseDuration(value) : undefined);
      continue;
    }
    const place = jsonPaths.find(([yaml]) => yaml.join('.') === path)?.[1];
    if (!place) throw noPlace(path);
    setIn(json, place, value);
  }
  const [oldSpecials, newSpecials] = [specials(before) ?? {}, specials(after)];
  if (!newSpecials) throw noPlace('mcp and harpoon');
  for (const key of new Set([...Object.keys(oldSpecials), ...Object.keys(newSpecials)])) {
    if (isDeepStrictEqual(oldSpecials[key], newSpecials[key])) continue;
    setIn(json, key.split('.'), newSpecials[key]);
  }
  return `${JSON.stringify(json, null, 2)}\n`;
}
