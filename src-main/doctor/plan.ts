import type { Check } from '../../shared/doctor.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { CheckWords, ProfileLook, Subject } from './check.ts';
import type { DoctorServices } from './services.ts';
import { channelChecks, machineChecks, profileChecks, subjectChecks } from './checks.ts';
import type { PlannedCheck } from './runner.ts';
import { Way } from './way.ts';

type Place = Pick<Check, 'id' | 'profile' | 'channel'>;

export interface Plan {
  readonly checks: readonly PlannedCheck[];
  readonly ways: readonly Way[];
}

/** Tells one check of a run from the others, and finds it again in the next run. */
export const placeOf = ({ id, profile = '', channel = '' }: Place): string => [id, profile, channel].join('\0');

/** All that is to be looked at, in the order of the layers: the first check that fails is where to look. */
export function planChecks(services: DoctorServices, subjects: readonly Subject[]): Plan {
  const planned: (PlannedCheck & { readonly words: CheckWords })[] = [];
  const ways: Way[] = [];
  const machine = { services, subjects };
  const find = (id: string, profile?: string, channel?: string): number =>
    planned.findIndex(
      ({ check }) =>
        check.id === id &&
        (check.profile === undefined || check.profile === profile) &&
        (check.channel === undefined || check.channel === channel),
    );
  const add = (words: CheckWords, run: PlannedCheck['run'], profile?: string, channel?: string): void => {
    const { id, title, why, after = [], limitMs = 15_000 } = words;
    planned.push({
      words,
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
  return { checks: planned.map((one) => ({ ...one, behind: commandsBefore(one, planned, subjects) })), ways };
}

/** The checks of a profile's commands that have to be over before this one begins. */
function commandsBefore(
  { words: { behindCommands = [] }, check }: PlannedCheck & { readonly words: CheckWords },
  planned: readonly PlannedCheck[],
  subjects: readonly Subject[],
): number[] {
  const channels = subjects.find(({ id }) => id === check.profile)?.profile?.channels ?? [];
  const commands = new Set(channels.filter(({ kind }) => kind === 'stdio').map(({ name }) => name));
  return planned.flatMap(({ check: { id, profile, channel } }, index) =>
    behindCommands.includes(id) && profile === check.profile && channel !== undefined && commands.has(channel)
      ? [index]
      : [],
  );
}

/** The indices of these checks and of all that stand on them. */
export function withDependents(checks: readonly PlannedCheck[], first: readonly number[]): ReadonlySet<number> {
  const found = new Set(first);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const [index, { after }] of checks.entries()) if (after.some((other) => found.has(other))) found.add(index);
  }
  return found;
}
