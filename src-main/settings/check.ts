import { z } from 'zod';
import { TunnelError } from '../../shared/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Path, Place, Raw, RawMap } from './raw-tree.ts';

/** Finds where the value at `path` was set; with `key`, where that key of the map at `path` was written. */
export type PlaceOf = (path: Path, key?: string) => Place;

/** `mcp.server_urls[0].url`: what a person looks for in the file. */
export const fieldName = (path: Path): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part + 1}]` : `${index > 0 ? '.' : ''}${part}`)).join('');

/** A `config_invalid` for the value at `path`. */
export function invalid(
  placeOf: PlaceOf,
  path: Path,
  problem: string,
  more: { allowed?: string; hint?: string } = {},
): TunnelError {
  return new TunnelError('config_invalid', 'local', { field: fieldName(path), ...placeOf(path), problem, ...more });
}

/** The names that may stand in the map at `path` of the schema. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  let here: z.core.$ZodType | undefined = schema;
  for (const part of path) {
    while (here instanceof z.ZodOptional) here = here.unwrap();
    if (here instanceof z.ZodObject) here = (here.shape as Record<string, z.core.$ZodType>)[part];
    else if (here instanceof z.ZodArray) here = here.element;
    else if (here instanceof z.ZodRecord) here = here.valueType;
    else return [];
  }
  while (here instanceof z.ZodOptional) here = here.unwrap();
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

/**
 * Top-level sections that the schema does not know and that resemble none that it knows: a newer tunnel-client may have them.
 * They are told and passed over; a single value, or what reads like a known name, is a mistake.
 */
export function newerSections(schema: z.core.$ZodType, raw: RawMap): readonly string[] {
  const known = keysAt(schema, []);
  return Object.keys(raw).filter(
    (key) => !known.includes(key) && typeof raw[key] === 'object' && nearest(key, known) === undefined,
  );
}

/** Checks a raw tree against a schema of file-schema.ts. Throws `config_invalid` for the first thing that does not fit. */
export function check<T extends z.ZodType>(schema: T, raw: Raw, placeOf: PlaceOf): z.output<T> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (!issue) throw result.error;
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const allowed = keysAt(schema, path);
    const meant = nearest(key, allowed);
    throw new TunnelError('config_invalid', 'local', {
      field: fieldName([...path, key]),
      ...placeOf(path, key),
      problem: 'this setting is not known',
      allowed: allowed.join(', '),
      ...(meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` }),
    });
  }
  const missing = issue.code === 'invalid_type' && valueAt(raw, path) === undefined;
  if (missing) throw invalid(placeOf, path, 'it is missing');
  throw invalid(placeOf, path, 'its value does not fit', { allowed: issue.message });
}

function valueAt(raw: Raw, path: Path): unknown {
  let here: unknown = raw;
  for (const part of path) here = (here as Record<string | number, unknown> | undefined)?.[part];
  return here;
}
