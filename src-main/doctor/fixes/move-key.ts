import { rm } from 'node:fs/promises';
import type { Profile } from '../../../shared/profile.ts';
import { keychainRef } from '../../secrets/secret-store.ts';
import type { DoctorServices, PlannedFix, Subject } from '../check.ts';

/** The key goes into the keychain first; only then does the file lose it, and the copy that was kept of it as well. */
export function moveKeyToKeychain(subject: Subject, profile: Profile, services: DoctorServices): PlannedFix {
  const { apiKey = '' } = profile.controlPlane;
  return {
    fix: {
      kind: 'keychain.move',
      summary: 'Move the key from the file to the keychain.',
      before: 'api_key: (the key in plain text)',
      after: `api_key: ${keychainRef(subject.id, 'api_key')}`,
    },
    apply: async () => {
      const { store, secretStore } = services;
      const { text, revision, profile: saved, file } = await store.get(subject.id);
      if (!saved) return;
      const ref = keychainRef(subject.id, 'api_key');
      const changed = { ...saved, controlPlane: { ...saved.controlPlane, apiKey: ref } };
      const rendered = await store.render(subject.id, text, changed);
      await secretStore().set(`${subject.id}/api_key`, apiKey);
      await store.save(subject.id, rendered, revision);
      await rm(`${file}.bak`, { force: true });
    },
  };
}
