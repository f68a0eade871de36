import type { HeaderList, TraceEvent } from '../../shared/trace.ts';

/** A call as the engine fills it in; the trace store keeps the same object, so that the hot path writes each fact once. */
export type TraceRecord = { -readonly [K in keyof TraceEvent]: TraceEvent[K] };

/** Where the engine tells what happens to a call. Nothing waits for it and nothing it does can fail a call. */
export interface TraceSink {
  /** A new call; the sink gives it its id and may keep a copy of `request` (never the buffer itself: it is a slice of the poll's). */
  open(record: Omit<TraceRecord, 'id'>, request: Buffer | undefined, headers?: HeaderList): TraceRecord;
  /** Some fact of the record changed. */
  update(record: TraceRecord): void;
  /** A notification of the call; `dropped` when the bounded buffer did not take it. */
  notification(record: TraceRecord, bytes: Buffer, dropped: boolean): void;
  /** The call is over; `response` is the server's answer that was posted, with the server's headers. */
  close(record: TraceRecord, response: Buffer | undefined, headers?: HeaderList): void;
}
