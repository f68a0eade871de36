import type { HeaderList } from '../../shared/trace.ts';
import type { TraceRecord } from '../../src-main/call/record.ts';
import type { TraceStore } from '../../src-main/observe/trace-store.ts';

const lastIds = new WeakMap<TraceStore, number>();

/** A call that comes to the store, as the engine's events tell of one. */
export function openCall(
  store: TraceStore,
  record: Partial<TraceRecord> = {},
  request?: Buffer,
  headers: HeaderList = [],
): TraceRecord {
  const id = (lastIds.get(store) ?? 0) + 1;
  lastIds.set(store, id);
  const opened: TraceRecord = {
    tunnel: 't',
    channel: 'main',
    requestId: 'r',
    kind: 'request',
    method: 'tools/call',
    receivedAt: 1000,
    status: 'queued',
    attempts: [],
    notifications: 0,
    ...record,
    id,
  };
  store.received(opened, {
    kind: request ? 'jsonrpc' : 'session_termination',
    bytes: request ?? Buffer.alloc(0),
    headers,
  });
  return opened;
}

/** Its end. */
export function endCall(store: TraceStore, record: TraceRecord, response?: Buffer): void {
  store.ended(record, undefined, response && { json: response, headers: [] });
}
