import { TunnelError } from '../../shared/errors.ts';
import type { PlaceOf } from './check.ts';
import { fieldName, invalid } from './check.ts';
import type { Path } from './raw-tree.ts';

const namePattern = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
// eslint-disable-next-line no-control-regex -- what HTTP forbids in a value, but for the tab
const forbiddenInValue = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Headers that Culvert sends itself on every control-plane call; extra headers cannot replace them. */
const reserved: ReadonlySet<string> = new Set([
  'authorization',
  'accept',
  'user-agent',
  'x-tunnel-client-name',
  'x-tunnel-client-version',
  'x-tunnel-client-instance-id',
  'x-tunnel-client-wire-protocol-version',
  'x-tunnel-mcp-server-info',
  'x-tunnel-shard-token',
  'content-length',
  'host',
]);

/** `x-debug-mode` → `X-Debug-Mode`, as Go writes header names. */
const canonical = (name: string): string => name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

/** Whether a header value can go on the wire. */
export const isHeaderValue = (value: string): boolean => value.trim() !== '' && !forbiddenInValue.test(value);

/**
 * Extra headers of one leg: names in canonical case, values or references as they are. Case variants with one value
 * become one. Throws `header_invalid` for names or values that cannot be sent, and for reserved names.
 */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  path: Path,
  placeOf: PlaceOf,
  leg: 'control-plane' | 'mcp-server',
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const refuse = (problem: string) =>
      new TunnelError('header_invalid', leg, {
        name,
        field: fieldName([...path, name]),
        ...placeOf([...path, name]),
        problem,
      });
    if (!namePattern.test(name)) throw refuse('has characters that a header name cannot have');
    const key = canonical(name);
    if (leg === 'control-plane' && reserved.has(key.toLowerCase()))
      throw refuse('is set by Culvert itself and cannot be replaced');
    if (!isHeaderValue(value))
      throw refuse(value.trim() === '' ? 'has no value' : 'has a value with a line break or control character');
    if (result[key] !== undefined && result[key] !== value)
      throw refuse(`is set twice, with different values (${key})`);
    result[key] = value;
  }
  return result;
}

/** Splits `Key: Value`. Throws `config_invalid`. */
export function parseHeader(text: string, path: Path, placeOf: PlaceOf): [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 0) throw invalid(placeOf, path, 'it is not a header', { allowed: '"Name: value"' });
  const name = text.slice(0, colon).trim();
  const value = text.slice(colon + 1).trim();
  if (name === '' || value === '')
    throw invalid(placeOf, path, name === '' ? 'the header has no name' : `the header ${name} has no value`, {
      allowed: '"Name: value"',
    });
  return [name, value];
}

type Headers = Readonly<Record<string, string>>;

/** Both sets of headers; those of `over` win, whatever the case of the names. */
export function overlaidHeaders(under: Headers, over: Headers): Record<string, string> {
  const won = new Set(Object.keys(over).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(under).filter(([name]) => !won.has(name.toLowerCase()))), ...over };
}
