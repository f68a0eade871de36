import { isUtf8 } from 'node:buffer';
import { TunnelError } from '../../../shared/errors.ts';
import type { BodyRef, HeaderList, TraceBodyPart } from '../../../shared/trace.ts';
import { hiddenValue, type HiddenPlace, type TraceBody, type TraceDetail } from '../../../shared/trace-view.ts';
import type { BodyReader } from '../../detect/body-reader.ts';
import { isSecretHeader } from '../../detect/masking.ts';
import type { TraceStore } from '../../observe/trace-store.ts';
import { rowOf } from './subscriptions.ts';

const gone = (): TunnelError => new TunnelError('not_found', 'local', { what: 'call' });

const maskHeaders = (headers: HeaderList): [string, string][] =>
  headers.map(([name, value]) => [name, isSecretHeader(name, value) ? hiddenValue : value]);

function refOf(store: TraceStore, id: number, part: TraceBodyPart): BodyRef | undefined {
  if (typeof part === 'string') return store.get(id)?.[part];
  const notification = store.notifications(id)[part];
  return notification && { size: notification.size, kept: notification.bytes ? 'kept' : 'dropped' };
}

/** All that is known of a call, masked. `undefined` when it is no longer kept. */
export function traceDetail(
  store: TraceStore,
  id: number,
  stderr: (record: { channel: string; tunnel: string; from: number; to: number }) => TraceDetail['stderr'],
): TraceDetail | undefined {
  const record = store.get(id);
  if (!record) return undefined;
  const headers = store.headers(id);
  const lasted = record.postedMs ?? record.answeredMs ?? record.deadlineMs ?? 60_000;
  return {
    row: rowOf(store, record),
    requestHeaders: maskHeaders(headers.request),
    responseHeaders: maskHeaders(headers.response),
    notifications: store.notifications(id).map(({ at, size, dropped, bytes }) => ({
      at,
      size,
      dropped,
      body: { size, kept: bytes ? 'kept' : 'dropped' },
    })),
    stderr: stderr({
      channel: record.channel,
      tunnel: record.tunnel,
      from: record.receivedAt,
      to: record.receivedAt + lasted,
    }),
  };
}

/** A body as it may be seen. */
export async function traceBody(
  store: TraceStore,
  bodies: BodyReader,
  id: number,
  part: TraceBodyPart,
): Promise<TraceBody> {
  const ref = refOf(store, id, part);
  if (!ref) throw gone();
  const bytes = store.body(id, part);
  if (!bytes) return { ref, encoding: 'utf8', hidden: [] };
  // a body cut in the middle of a character is text all the same
  if (!isUtf8(bytes) && ref.kept !== 'truncated') {
    return { ref, text: bytes.toString('base64'), encoding: 'base64', hidden: [] };
  }
  const { text, hidden } = await bodies.mask(bytes);
  return { ref, text, encoding: 'utf8', hidden: [...hidden] };
}

/** One hidden value, asked for by a person. */
export async function revealValue(
  store: TraceStore,
  bodies: BodyReader,
  id: number,
  { part, pointer }: HiddenPlace,
): Promise<string> {
  if (part === 'request-headers' || part === 'response-headers') {
    const headers = store.headers(id)[part === 'request-headers' ? 'request' : 'response'];
    const [name = '', position = '0'] = pointer.split('/');
    const found = headers.filter(([header]) => header.toLowerCase() === name.toLowerCase())[Number(position)];
    if (!found) throw gone();
    return found[1];
  }
  const bytes = store.body(id, part);
  const value = bytes && (await bodies.reveal(bytes, pointer));
  if (value === undefined) throw gone();
  return value;
}

/** The call as something to run or to replay. The key is a variable, hidden values stay hidden. */
export async function copyAs(
  store: TraceStore,
  bodies: BodyReader,
  id: number,
  format: 'curl' | 'json-rpc',
  mcpUrl: string | undefined,
): Promise<string> {
  const bytes = store.body(id, 'request');
  if (!bytes) throw gone();
  const { text } = await bodies.mask(bytes);
  if (format === 'json-rpc') return text;
  const quoted = `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl ${mcpUrl === undefined ? '"$MCP_URL"' : `'${mcpUrl}'`}`,
    `  -H 'Content-Type: application/json'`,
    `  -H 'Accept: application/json, text/event-stream'`,
    `  -H "Authorization: Bearer $API_KEY"`,
    `  --data-raw ${quoted}`,
  ].join(' \\\n');
}

/** One line of an export: the row, and bodies as they may be seen. */
export async function exportLine(store: TraceStore, bodies: BodyReader, id: number): Promise<string | undefined> {
  const record = store.get(id);
  if (!record) return undefined;
  const bodyText = async (part: 'request' | 'response') => {
    const bytes = store.body(id, part);
    return bytes && (await bodies.mask(bytes)).text;
  };
  const { request, response, ...row } = record;
  return JSON.stringify({
    ...row,
    request: { ...request, text: await bodyText('request') },
    response: { ...response, text: await bodyText('response') },
  });
}
