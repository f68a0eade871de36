import { durationOf } from '../../shared/trace-filter.ts';
import type { TraceEvent, TraceStatus } from '../../shared/trace.ts';
import type { Tone } from '../ui/tone.tsx';

export const toneOf: Readonly<Record<TraceStatus, Tone>> = {
  held: 'idle',
  queued: 'idle',
  running: 'busy',
  ok: 'ok',
  error: 'fault',
  tool_error: 'warn',
  refused: 'warn',
  failed: 'fault',
  expired: 'fault',
  undelivered: 'fault',
  cancelled: 'idle',
};

/** Milliseconds held by a stage, in the queue, at the server and posting back, as far as they have come. */
export interface Phases {
  readonly held: number;
  readonly queue: number;
  readonly server: number;
  readonly post: number;
  readonly total: number;
}

export function phasesOf(call: TraceEvent, now: number): Phases {
  const total = durationOf(call, now);
  const held = call.status === 'held' ? total : Math.min(call.heldMs ?? 0, total);
  const sent = Math.min(call.dispatchedMs ?? total, total);
  const answered = Math.min(call.answeredMs ?? total, total);
  return {
    held,
    queue: Math.max(0, sent - held),
    server: Math.max(0, answered - sent),
    post: Math.max(0, total - answered),
    total,
  };
}
