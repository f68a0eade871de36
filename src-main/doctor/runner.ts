import type { Check } from '../../shared/doctor.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { Cancellation } from '../base/cancellation.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import { failed, skipped, type Finding, type PlannedFix } from './check.ts';

/** One check of one profile and channel, waiting to be run; one that is not pending is taken as it is. */
export interface PlannedCheck {
  readonly check: Check;
  /** Indices of checks that must have passed. */
  readonly after: readonly number[];
  /** Indices of checks that must be over, whatever came of them. */
  readonly behind?: readonly number[];
  readonly limitMs: number;
  run(cancellation: Cancellation): Promise<Finding>;
}

const stateOf = (evidence: readonly Evidence[]): Check['state'] => {
  for (const outcome of ['fail', 'warn', 'pass'] as const) {
    if (evidence.some((each) => each.outcome === outcome)) return outcome;
  }
  return 'skip';
};

/** Rejects when `work` takes longer than `limitMs`, or when it is cancelled; `work` is told by its own cancellation. */
async function within(limitMs: number, outer: Cancellation, inner: Cancellation, work: Promise<Finding>) {
  let timer: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new TunnelError('timed_out', 'local', { seconds: limitMs / 1_000 })), limitMs);
        stopListening = outer.onCancel(() => reject(new TunnelError('cancelled', 'local')));
      }),
    ]);
  } finally {
    clearTimeout(timer);
    stopListening?.();
    inner.cancel('cancelled');
  }
}

/**
 * Runs checks, those that do not depend on each other at once; one whose ground failed is skipped and says so. Each has
 * its time limit. `changed` is told of every step with all checks. Never rejects. Resolves with what is left to wait for:
 * a check that was cancelled, or took too long, may still be cleaning up.
 */
export async function runChecks(
  planned: readonly PlannedCheck[],
  cancellation: Cancellation,
  changed: (checks: Check[], fixes: ReadonlyMap<number, PlannedFix>) => void,
): Promise<{ readonly settled: Promise<unknown> }> {
  const checks = planned.map(({ check }) => check);
  const fixes = new Map<number, PlannedFix>();
  const set = (index: number, change: Partial<Check>): void => {
    const before = checks[index];
    if (!before) return;
    checks[index] = { ...before, ...change };
    changed([...checks], fixes);
  };
  const done: Promise<void>[] = [];
  const works: Promise<Finding>[] = [];
  const run = async (one: PlannedCheck, index: number): Promise<void> => {
    const { after, behind = [], limitMs, check } = one;
    // all are on their way first: one may wait for another that stands below it
    await Promise.resolve();
    for (const other of [...after, ...behind]) await done[other];
    // known from the run before
    if (check.state !== 'pending') return;
    if (cancellation.reason !== undefined) {
      return set(index, { state: 'skip', evidence: [skipped(check.id, 'app', 'The run was cancelled.')] });
    }
    const ground = after.map((other) => checks[other]).find((other) => other?.state === 'fail' || isBlocked(other));
    if (ground) {
      const reason = `It waits for: ${ground.title}.`;
      return set(index, {
        state: 'skip',
        evidence: [{ ...skipped(check.id, 'app', reason), facts: { reason, waitsFor: ground.id } }],
      });
    }
    set(index, { state: 'running' });
    const started = performance.now();
    let finding: Finding;
    try {
      const inner = new Cancellation();
      const work = one.run(inner);
      works.push(work);
      finding = await within(limitMs, cancellation, inner, work);
    } catch (cause) {
      const error = asTunnelError(cause);
      finding = {
        evidence: [
          error.code === 'cancelled' ? skipped(check.id, 'app', 'The run was cancelled.') : failed(check.id, error),
        ],
      };
    }
    if (finding.fix) fixes.set(index, finding.fix);
    set(index, {
      state: stateOf(finding.evidence),
      ms: Math.round(performance.now() - started),
      evidence: [...finding.evidence],
    });
  };
  for (const [index, check] of planned.entries()) done.push(run(check, index));
  await Promise.all(done);
  return { settled: Promise.allSettled(works) };
}

/** Skipped because what it stands on failed: then what stands on it proves nothing either. */
const isBlocked = (check: Check | undefined): boolean =>
  check?.state === 'skip' && check.evidence.some(({ facts }) => facts['waitsFor'] !== undefined);
