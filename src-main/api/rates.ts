import type { Rates } from '../../shared/app.ts';
import type { TraceEvent } from '../../shared/trace.ts';
import { isErrorStatus } from '../../shared/trace-status.ts';

const minutes = 60;
const minuteMs = 60_000;

/** Upper bounds of the latency buckets, in milliseconds, 15 % apart: a percentile is right to that much. */
const bounds: readonly number[] = Array.from({ length: 90 }, (_, index) => 0.5 * 1.15 ** index);

interface Minute {
  start: number;
  calls: number;
  errors: number;
  readonly latencies: Uint32Array;
}

function bucketOf(ms: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ms <= (bounds[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The last hour of one tunnel, minute by minute, in constant memory. */
export class RateMeter {
  readonly #minutes: Minute[] = [];

  /** @param now - wall-clock milliseconds at which the call came */
  add(call: Pick<TraceEvent, 'status' | 'postedMs'>, now: number): void {
    const minute = this.#at(now);
    minute.calls++;
    if (isErrorStatus(call.status)) minute.errors++;
    if (call.postedMs !== undefined) {
      const bucket = bucketOf(call.postedMs);
      minute.latencies[bucket] = (minute.latencies[bucket] ?? 0) + 1;
    }
  }

  rates(now: number): Rates {
    this.#forget(now);
    const current = Math.floor(now / minuteMs);
    const perMinute = new Array<number>(minutes).fill(0);
    const errorsPerMinute = new Array<number>(minutes).fill(0);
    const latencies = new Float64Array(bounds.length);
    let calls = 0;
    let errors = 0;
    for (const minute of this.#minutes) {
      const index = minutes - 1 - (current - minute.start);
      perMinute[index] = minute.calls;
      errorsPerMinute[index] = minute.errors;
      calls += minute.calls;
      errors += minute.errors;
      minute.latencies.forEach((count, bucket) => (latencies[bucket] = (latencies[bucket] ?? 0) + count));
    }
    const p50Ms = percentile(latencies, 0.5);
    const p95Ms = percentile(latencies, 0.95);
    return {
      perMinute,
      errorsPerMinute,
      calls,
      errors,
      ...(p50Ms === undefined ? {} : { p50Ms }),
      ...(p95Ms === undefined ? {} : { p95Ms }),
    };
  }

  #at(now: number): Minute {
    const start = Math.floor(now / minuteMs);
    const last = this.#minutes.at(-1);
    // calls end in another order than they came: a late one counts in the newest minute
    if (last && last.start >= start) return last;
    this.#forget(now);
    const minute: Minute = { start, calls: 0, errors: 0, latencies: new Uint32Array(bounds.length) };
    this.#minutes.push(minute);
    return minute;
  }

  #forget(now: number): void {
    const oldest = Math.floor(now / minuteMs) - minutes + 1;
    while ((this.#minutes[0]?.start ?? Infinity) < oldest) this.#minutes.shift();
  }
}

function percentile(latencies: Float64Array, share: number): number | undefined {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (let bucket = 0; bucket < latencies.length; bucket++) {
    seen += latencies[bucket] ?? 0;
    if (seen >= total * share) return bounds[bucket];
  }
  return bounds.at(-1);
}
