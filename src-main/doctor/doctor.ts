import { createHash } from 'node:crypto';
import type { Check, DoctorRun, Fix } from '../../shared/doctor.ts';
import { TunnelError } from '../../shared/errors.ts';
import { Cancellation } from '../base/cancellation.ts';
import type { PlannedFix, Subject } from './check.ts';
import type { DoctorServices } from './services.ts';
import { placeOf, planChecks, withDependents, type Plan } from './plan.ts';
import { runChecks } from './runner.ts';

export interface DoctorOptions {
  readonly services: DoctorServices;
  /** Told of the run as it is, on every step. */
  readonly changed?: (run: DoctorRun) => void;
}

/** A fix that was offered, and the check that offered it. */
interface Offer {
  readonly planned: PlannedFix;
  readonly check: Check;
}

/** How long a run waits for what an earlier one has started, in milliseconds. */
const cleaningUpMs = 15_000;

/** Proves layer by layer that a tunnel can work; one run at a time. The app, the command line and tests all use this. */
export class Doctor {
  readonly #options: DoctorOptions;
  readonly #offers = new Map<string, Offer>();
  #run: DoctorRun | undefined;
  #cancellation: Cancellation | undefined;
  #count = 0;
  #settled: Promise<unknown> = Promise.resolve();

  constructor(options: DoctorOptions) {
    this.#options = options;
  }

  get lastRun(): DoctorRun | undefined {
    return this.#run;
  }

  /** Looks at the machine and at these profiles. A run that is still going on is cancelled first. Never rejects. */
  async run(subjects: readonly Subject[], profile?: string): Promise<DoctorRun> {
    this.cancel();
    this.#offers.clear();
    const plan = planChecks(this.#options.services, subjects);
    return this.#go(plan, {
      id: ++this.#count,
      startedAt: Date.now(),
      cancelled: false,
      checks: plan.checks.map(({ check }) => check),
      ...(profile === undefined ? {} : { profile }),
    });
  }

  /**
   * Makes the change that was shown. Resolves with what has to be looked at again; rejects with `not_found` and with what
   * keeps it from being made.
   */
  async apply(id: string): Promise<{ readonly again: (subjects: readonly Subject[]) => Promise<DoctorRun> }> {
    const { planned, check } = this.#offer(id);
    await planned.apply();
    this.#offers.delete(id);
    return { again: (subjects) => this.#again(subjects, check, planned.looksAgain ?? []) };
  }

  /** What a fix would change. Throws `not_found`. */
  preview(id: string): Fix {
    return { id, ...this.#offer(id).planned.fix };
  }

  cancel(): void {
    this.#cancellation?.cancel('cancelled');
  }

  /** Resolves when nothing that a run has started is left. */
  settled(): Promise<unknown> {
    return this.#settled;
  }

  /** The check that was put right, and what stands on it; the rest of the last run still holds. */
  async #again(subjects: readonly Subject[], { id, profile, channel }: Check, more: readonly string[]) {
    const before = this.#run;
    if (!before) return this.run(subjects);
    this.cancel();
    const plan = planChecks(this.#options.services, subjects);
    const known = new Map(before.checks.map((check) => [placeOf(check), check]));
    const isFirst = ({ check }: Plan['checks'][number]): boolean =>
      placeOf(check) === placeOf({ id, profile, channel }) ||
      (more.includes(check.id) && check.profile === profile) ||
      !['pass', 'warn', 'fail', 'skip'].includes(known.get(placeOf(check))?.state ?? '');
    const first = plan.checks.flatMap((one, index) => (isFirst(one) ? [index] : []));
    const due = withDependents(plan.checks, first);
    const checks = plan.checks.map((one, index) =>
      due.has(index) ? one : { ...one, check: known.get(placeOf(one.check)) ?? one.check },
    );
    const { id: number, startedAt, profile: scope } = before;
    return this.#go(
      { ...plan, checks },
      {
        id: number,
        startedAt,
        cancelled: false,
        checks: checks.map(({ check }) => check),
        ...(scope === undefined ? {} : { profile: scope }),
      },
    );
  }

  async #go({ checks: planned, ways }: Plan, first: DoctorRun): Promise<DoctorRun> {
    const cancellation = new Cancellation();
    this.#cancellation = cancellation;
    let run = first;
    const tell = (change: Partial<DoctorRun>): void => {
      run = { ...run, ...change };
      if (this.#cancellation !== cancellation) return;
      this.#run = run;
      this.#options.changed?.(run);
    };
    tell({});
    // what an earlier run has started is gone first: it would be taken for a tunnel that runs
    await this.#settled;
    const { settled } = await runChecks(planned, cancellation, (checks, fixes) =>
      tell({ checks: this.#withFixes(checks, fixes) }),
    );
    this.#settled = atMost(cleaningUpMs, settled).then(() => Promise.all(ways.map((way) => way.close())));
    tell({ finishedAt: Date.now(), cancelled: cancellation.reason !== undefined });
    return run;
  }

  #offer(id: string): Offer {
    const offer = this.#offers.get(id);
    if (!offer) throw new TunnelError('not_found', 'local', { what: 'The change' });
    return offer;
  }

  #withFixes(checks: Check[], fixes: ReadonlyMap<number, PlannedFix>): Check[] {
    return checks.map((check, index) => {
      const planned = fixes.get(index);
      if (!planned) return check;
      const key = [planned.fix.kind, check.profile ?? '', check.channel ?? '', planned.fix.after ?? ''].join('\0');
      const id = createHash('sha256').update(key).digest('base64url').slice(0, 12);
      this.#offers.set(id, { planned, check });
      return { ...check, fix: { id, ...planned.fix } };
    });
  }
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
