import type { TraceEvent } from '../../shared/trace.ts';

/** What is known of a call. The engine writes each fact once; the trace store keeps the same object while the call is open. */
export type TraceRecord = { -readonly [K in keyof TraceEvent]: TraceEvent[K] };
