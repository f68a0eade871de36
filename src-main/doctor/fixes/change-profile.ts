import type { Fix } from '../../../shared/doctor.ts';
import type { Profile } from '../../../shared/profile.ts';
import type { PlannedFix, Subject } from '../check.ts';
import type { DoctorServices } from '../services.ts';

interface Change extends Omit<Fix, 'id'> {
  readonly change: (saved: Profile) => Profile;
}

/** A change of a profile's file, by the same way as the form's: comments stay, the old text is kept as `.bak`. */
export function changeProfile(
  subject: Subject,
  { store }: DoctorServices,
  { change, ...fix }: Change,
): PlannedFix | undefined {
  if (!subject.stored) return undefined;
  return {
    fix: { ...fix, ...(subject.file === undefined ? {} : { file: subject.file }) },
    apply: async () => {
      const { text, revision, profile } = await store.get(subject.id);
      if (!profile) return;
      await store.save(subject.id, await store.render(subject.id, text, change(profile)), revision);
    },
  };
}
