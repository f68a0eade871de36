import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import type { Profile } from '../../../shared/profile.ts';
import { asTunnelError } from '../../base/as-tunnel-error.ts';
import { type Subject } from '../../doctor/check.ts';
import type { Doctor } from '../../doctor/doctor.ts';
import { reportOf } from '../../doctor/report.ts';
import type { ProfileList } from '../profiles/profile-list.ts';

type Calls = Extract<keyof Handlers, `doctor.${string}`>;

export interface DoctorCalls {
  readonly doctor: Doctor;
  readonly profiles: ProfileList;
  /** A profile ready to run. Rejects with what its references lack. */
  readonly load: (id: string) => Promise<Profile>;
  /** Profiles that are in no file. */
  readonly given: readonly Profile[];
}

export function doctorHandlers({ doctor, profiles, load, given }: DoctorCalls): Pick<Handlers, Calls> {
  const subjects = async (only: string | undefined): Promise<Subject[]> => {
    await profiles.refresh();
    const known = new Set(profiles.profiles.map(({ id }) => id));
    const stored = await Promise.all(
      profiles.summaries.map(async ({ id, name, file, problem }): Promise<Subject> => {
        const subject = { id, name, file, stored: true };
        if (problem) return { ...subject, error: new TunnelError(problem.code, problem.leg, problem.params) };
        return load(id).then(
          (profile) => ({ ...subject, profile }),
          (error: unknown) => ({ ...subject, error: asTunnelError(error) }),
        );
      }),
    );
    const rest = given.filter(({ id }) => !known.has(id));
    const all = [...stored, ...rest.map((profile) => ({ id: profile.id, name: profile.name, profile, stored: false }))];
    return only === undefined ? all : all.filter(({ id }) => id === only);
  };
  let stops = 0;
  return {
    'doctor.run': async ({ profile }) => {
      const before = stops;
      const chosen = await subjects(profile);
      if (chosen.length === 0 && profile !== undefined)
        throw new TunnelError('profile_not_found', 'local', { name: profile });
      const run = doctor.run(chosen, profile);
      // it was stopped while the profiles were still being read
      if (stops !== before) doctor.cancel();
      return run;
    },
    'doctor.cancel': () => {
      stops++;
      doctor.cancel();
    },
    'doctor.previewFix': ({ id }) => doctor.preview(id),
    'doctor.applyFix': async ({ id }) => {
      const { again } = await doctor.apply(id);
      // the change is made; what it brings is shown as it comes
      void again(await subjects(doctor.lastRun?.profile));
    },
    'doctor.report': () => ({ text: doctor.lastRun ? reportOf(doctor.lastRun, { explain: true }) : '' }),
  };
}
