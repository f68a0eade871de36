import type { Command } from '../call/command.ts';
import { JsonReader } from '../json/scan.ts';
import type { Span } from '../json/span.ts';

/**
 * Copies a command's trace context into `params._meta` of its message (MCP, "traceparent" and "tracestate"), unless the caller
 * supplied either itself. The rest of the message keeps its bytes. What has no object there is left alone.
 */
export function forwardTraceContext(command: Command): void {
  const { traceContext, bytes, message } = command;
  if (!traceContext || (message.kind !== 'request' && message.kind !== 'notification')) return;
  const place = placeIn(bytes);
  if (!place) return;
  const members = JSON.stringify(traceContext).slice(1, -1);
  const text = place.wrap[0] + members + place.wrap[1];
  const at = place.at;
  command.change(Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]));
}

interface Place {
  /** Where the new members go: behind an opening brace. */
  readonly at: number;
  /** What stands before and after them. */
  readonly wrap: readonly [string, string];
}

const isEmptyObject = (bytes: Buffer, { start, end }: Span): boolean =>
  bytes.toString('latin1', start + 1, end - 1).trim() === '';

/** Members of an object by name; the last of a repeated one, which is the one that counts. Undefined for anything but an object. */
function membersOf(bytes: Buffer, span?: Span): Map<string, Span> | undefined {
  const json = new JsonReader(bytes, span);
  if (!json.enterObject()) return undefined;
  const members = new Map<string, Span>();
  while (json.nextMember()) {
    const { key } = json;
    members.set(key, json.skip());
  }
  return members;
}

function placeIn(bytes: Buffer): Place | undefined {
  const params = membersOf(bytes)?.get('params');
  if (!params) {
    const at = bytes.indexOf('{') + 1;
    return { at, wrap: ['"params":{"_meta":{', '}},'] };
  }
  const members = membersOf(bytes, params);
  if (!members) return undefined;
  const meta = members.get('_meta');
  if (!meta) return { at: params.start + 1, wrap: ['"_meta":{', isEmptyObject(bytes, params) ? '}' : '},'] };
  const given = membersOf(bytes, meta);
  if (!given || given.has('traceparent') || given.has('tracestate')) return undefined;
  return { at: meta.start + 1, wrap: ['', isEmptyObject(bytes, meta) ? '' : ','] };
}
