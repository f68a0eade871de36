import { durationOf } from '../../shared/trace-filter.ts';
import type { TraceEvent, TraceStatus } from '../../shared/trace.ts';
import type { Tone } from '../ui/tone.tsx';

export const toneOf: Readonly<Record<TraceStatus, Tone>> = {
  queued: 'idle',
  running: 'busy',
  ok: 'ok',
  error: 'fault',
  failed: 'fault',
  expired: 'fault',
  undelivered: 'fault',
  cancelled: 'idle',
};

export const isOpen = (status: TraceStatus): boolean => status === 'queued' || status === 'running';

/** Milliseconds in the queue, at the server and posting back, as far as they have come. */
export interface Phases {
  readonly queue: number;
  readonly server: number;
  readonly post: number;
  readonly total: number;
}

export function phasesOf(call: TraceEvent, now: number): Phases {
  const total = durationOf(call, now);
  const queue = Math.min(call.dispatchedMs ?? total, total);
  const answered = Math.min(call.answeredMs ?? total, total);
  return { queue, server: Math.max(0, answered - queue), post: Math.max(0, total - answered), total };
}
