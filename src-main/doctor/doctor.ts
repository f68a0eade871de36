import { createHash } from 'node:crypto';
import type { Check, DoctorRun, Fix } from '../../shared/doctor.ts';
import { TunnelError } from '../../shared/errors.ts';
import { Cancellation } from '../tunnel/cancellation.ts';
import { channelChecks, machineChecks, profileChecks, subjectChecks } from './checks.ts';
import type { DoctorServices, PlannedFix, ProfileLook, Subject } from './check.ts';
import { runChecks, type PlannedCheck } from './runner.ts';
import { Way } from './way.ts';

export interface DoctorOptions {
  readonly services: DoctorServices;
  /** Told of the run as it is, on every step. */
  readonly changed?: (run: DoctorRun) => void;
}

/** Proves layer by layer that a tunnel can work; one run at a time. The app, the command line and tests all use this. */
export class Doctor {
  readonly #options: DoctorOptions;
  readonly #fixes = new Map<string, PlannedFix>();
  #run: DoctorRun | undefined;
  #cancellation: Cancellation | undefined;
  #count = 0;

  constructor(options: DoctorOptions) {
    this.#options = options;
  }

  get lastRun(): DoctorRun | undefined {
    return this.#run;
  }

  /** Looks at the machine and at these profiles. A run that is still going on is cancelled first. Never rejects. */
  async run(subjects: readonly Subject[], profile?: string): Promise<DoctorRun> {
    this.cancel();
    const cancellation = new Cancellation();
    this.#cancellation = cancellation;
    this.#fixes.clear();
    const ways: Way[] = [];
    const planned = this.#plan(subjects, ways);
    const id = ++this.#count;
    let run: DoctorRun = {
      id,
      startedAt: Date.now(),
      cancelled: false,
      checks: planned.map(({ check }) => check),
      ...(profile === undefined ? {} : { profile }),
    };
    const tell = (change: Partial<DoctorRun>): void => {
      run = { ...run, ...change };
      if (this.#cancellation !== cancellation) return;
      this.#run = run;
      this.#options.changed?.(run);
    };
    tell({});
    await runChecks(planned, cancellation, (checks, fixes) => tell({ checks: this.#withFixes(checks, fixes) }));
    await Promise.all(ways.map((way) => way.close()));
    tell({ finishedAt: Date.now(), cancelled: cancellation.reason !== undefined });
    return run;
  }

  cancel(): void {
    this.#cancellation?.cancel('cancelled');
  }

  /** What a fix would change. Throws `not_found`. */
  preview(id: string): Fix {
    return { id, ...this.#fix(id).fix };
  }

  /** Makes the change that was shown. Rejects with `not_found` and with what keeps it from being made. */
  async apply(id: string): Promise<void> {
    await this.#fix(id).apply();
    this.#fixes.delete(id);
  }

  #fix(id: string): PlannedFix {
    const fix = this.#fixes.get(id);
    if (!fix) throw new TunnelError('not_found', 'local', { what: 'The change' });
    return fix;
  }

  #withFixes(checks: Check[], fixes: ReadonlyMap<number, PlannedFix>): Check[] {
    return checks.map((check, index) => {
      const planned = fixes.get(index);
      if (!planned) return check;
      const key = [planned.fix.kind, check.profile ?? '', check.channel ?? '', planned.fix.after ?? ''].join('\0');
      const id = createHash('sha256').update(key).digest('base64url').slice(0, 12);
      this.#fixes.set(id, planned);
      return { ...check, fix: { id, ...planned.fix } };
    });
  }

  /** The order is that of the layers: the first check that fails is where to look. */
  #plan(subjects: readonly Subject[], ways: Way[]): PlannedCheck[] {
    const { services } = this.#options;
    const planned: PlannedCheck[] = [];
    const machine = { services, subjects };
    const find = (id: string, profile?: string, channel?: string): number =>
      planned.findIndex(
        ({ check }) =>
          check.id === id &&
          (check.profile === undefined || check.profile === profile) &&
          (check.channel === undefined || check.channel === channel),
      );
    type Words = { id: string; title: string; why: string; after?: readonly string[]; limitMs?: number };
    const add = (words: Words, run: PlannedCheck['run'], profile?: string, channel?: string): void => {
      const { id, title, why, after = [], limitMs = 15_000 } = words;
      planned.push({
        check: {
          id,
          title,
          why,
          state: 'pending',
          evidence: [],
          ...(profile === undefined ? {} : { profile }),
          ...(channel === undefined ? {} : { channel }),
        },
        after: after.map((other) => find(other, profile, channel)).filter((index) => index >= 0),
        limitMs,
        run,
      });
    };

    for (const check of machineChecks(services)) {
      add(check, (inner) => check.run({ ...machine, cancellation: inner }));
    }
    for (const subject of subjects) {
      for (const check of subjectChecks) {
        add(check, (inner) => check.run({ ...machine, subject, cancellation: inner }), subject.id);
      }
      const { profile } = subject;
      if (!profile) continue;
      const way = new Way(profile, services);
      ways.push(way);
      const look = (inner: Cancellation): ProfileLook => ({
        ...machine,
        subject,
        profile,
        way,
        running: services.manager
          .snapshots()
          .find((snapshot) => snapshot.id === subject.id && snapshot.state.kind !== 'stopped'),
        cancellation: inner,
      });
      for (const check of profileChecks) add(check, (inner) => check.run(look(inner)), subject.id);
      for (const channel of profile.channels) {
        for (const check of channelChecks.filter(({ kind }) => kind === undefined || kind === channel.kind)) {
          add(check, (inner) => check.run({ ...look(inner), channel }), subject.id, channel.name);
        }
      }
    }
    return planned;
  }
}
