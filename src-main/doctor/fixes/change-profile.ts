import type { Fix } from '../../../shared/doctor.ts';
import { TunnelError } from '../../../shared/errors.ts';
import type { Profile } from '../../../shared/profile.ts';
import { isReference } from '../../settings/rules.ts';
import type { PlannedFix, Subject } from '../check.ts';
import type { DoctorServices } from '../services.ts';

interface Change extends Omit<Fix, 'id'> {
  readonly change: (saved: Profile) => Profile;
}

/** Every reference in a value, by its place there. */
function referencesIn(value: unknown, place = ''): string[] {
  if (typeof value === 'string') return isReference(value) ? [`${place}=${value}`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => referencesIn(item, `${place}.${key}`));
}

/**
 * A change of a profile's file, by the same way as the form's: comments stay, the old text is kept as `.bak`. It is refused
 * (`revision_conflict`) when a reference has come to stand where a value was, since that was looked at.
 */
export function changeProfile(
  subject: Subject,
  { store }: DoctorServices,
  { change, ...fix }: Change,
): PlannedFix | undefined {
  if (!subject.stored) return undefined;
  return {
    fix: { ...fix, ...(subject.file === undefined ? {} : { file: subject.file }) },
    apply: async () => {
      const { text, revision, profile, file } = await store.get(subject.id);
      if (!profile) return;
      const changed = change(profile);
      const after = new Set(referencesIn(changed));
      if (referencesIn(profile).some((reference) => !after.has(reference))) {
        throw new TunnelError('revision_conflict', 'local', { file });
      }
      await store.save(subject.id, await store.render(subject.id, text, changed), revision);
    },
  };
}
