import type { HeaderList } from '../../shared/trace.ts';

/** Of one hop, or Culvert's own business: never passed on to the server. */
const withheld = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'content-length',
  // Bodies are passed on as they are: what comes must be what can be checked.
  'accept-encoding',
  'expect',
]);
const withheldPrefixes = ['proxy-', 'x-tunnel-'];

/** What a caller needs on another origin, and nothing that could be a credential (a session id is one). */
const crossOrigin = new Set([
  'accept',
  'accept-encoding',
  'content-type',
  'user-agent',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'last-event-id',
]);

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// What undici can write: HTAB, visible ASCII, obs-text.
const sendable = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
const beyondLatin1 = /[\u0100-\uffff]/;

/** A value as undici writes it, a byte for each character: what Latin-1 does not have goes out as UTF-8 (RFC 9110, 5.5, obs-text). */
const asBytes = (value: string): string => (beyondLatin1.test(value) ? Buffer.from(value).toString('latin1') : value);

/** A header that goes out unless the command brings one of the same name. */
export interface StaticHeader {
  readonly name: string;
  readonly value: string;
  /** In lower case. */
  readonly key: string;
}

export const staticHeader = (name: string, value: string): StaticHeader => ({
  name,
  value: asBytes(value),
  key: name.toLowerCase(),
});

/**
 * The headers of a request to the server, as undici's flat list: the command's own, filtered, repeated ones repeated, then
 * those of `statics` that the command does not have. Names are compared without case (protocol.md, "jsonrpc commands").
 */
export function requestHeaders(command: HeaderList, statics: readonly StaticHeader[]): string[] {
  const flat: string[] = [];
  const seen: string[] = [];
  const nominated = nominatedBy(command);
  for (const [name, text] of command) {
    const value = asBytes(text);
    const key = name.toLowerCase();
    if (withheld.has(key) || withheldPrefixes.some((prefix) => key.startsWith(prefix))) continue;
    if (nominated?.has(key) === true || !token.test(name) || !sendable.test(value)) continue;
    flat.push(name, value);
    seen.push(key);
  }
  for (const { name, value, key } of statics) if (!seen.includes(key)) flat.push(name, value);
  return flat;
}

/** Names that `Connection` lists: they concern one hop only. */
function nominatedBy(headers: HeaderList): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    names ??= new Set();
    for (const one of value.split(',')) names.add(one.trim().toLowerCase());
  }
  return names;
}

/** What a message of Culvert's own, which belongs to a call, carries: the call's headers, less those that describe its message. */
export function ownHeaders(headers: readonly string[], session: string | undefined): string[] {
  const kept = ['Content-Type', 'application/json', 'Accept', 'application/json, text/event-stream'];
  let hasSession = false;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (/^(?:accept|content-type|last-event-id|mcp-method|mcp-name|mcp-param-.*)$/i.test(name)) continue;
    if (name.length === 14 && name.toLowerCase() === 'mcp-session-id') hasSession = true;
    kept.push(name, headers[index + 1] ?? '');
  }
  if (!hasSession && session !== undefined) kept.push('Mcp-Session-Id', session);
  return kept;
}

/** What of `headers` may follow a redirect to another origin. */
export function withoutCredentials(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (crossOrigin.has(name.toLowerCase())) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}

let lastRaw: readonly Buffer[] = [];
let lastList: HeaderList = [];

/** undici's raw header buffers as a list; the same list as before for the same bytes, as most answers of a server are alike. */
export function headerList(raw: readonly Buffer[]): HeaderList {
  if (raw.length !== lastRaw.length || !raw.every((bytes, index) => lastRaw[index]?.equals(bytes))) {
    lastRaw = raw.map((bytes) => Buffer.from(bytes));
    lastList = toList(raw);
  }
  return lastList;
}

function toList(raw: readonly Buffer[]): HeaderList {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    list.push([raw[index]?.toString('latin1') ?? '', raw[index + 1]?.toString('latin1') ?? '']);
  }
  return list;
}

/** First value of a header; `key` in lower case. */
export function headerValue(headers: HeaderList, key: string): string | undefined {
  for (const [name, value] of headers) if (name.length === key.length && name.toLowerCase() === key) return value;
  return undefined;
}
