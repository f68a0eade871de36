import { isReference } from '../../settings/rules.ts';
import { keepWhile } from '../../secrets/keep-while.ts';
import { keychainRef } from '../../secrets/secret-store.ts';
import type { PlannedFix, Subject } from '../check.ts';
import type { DoctorServices } from '../services.ts';

/** What stands in the copy of the file in place of the key. */
const moved = '(moved to the keychain)';

/** The key goes into the keychain first and is read back; only then does the file lose it. No copy of it stays in the folder. */
export function moveKeyToKeychain(subject: Subject, services: DoctorServices): PlannedFix {
  const ref = keychainRef(subject.id, 'api_key');
  return {
    fix: {
      ...(subject.file === undefined ? {} : { file: subject.file }),
      kind: 'keychain.move',
      summary: 'Move the key from the file to the keychain; the copy beside it is kept without the key.',
      before: 'api_key: (the key in plain text)',
      after: `api_key: ${ref}`,
    },
    apply: async () => {
      const { store, secretStore, secrets } = services;
      const { text, revision, profile: saved } = await store.get(subject.id);
      // another one may have been put there since it was looked at
      const apiKey = saved?.controlPlane.apiKey ?? '';
      if (!saved || apiKey === '' || isReference(apiKey)) return;
      const changed = { ...saved, controlPlane: { ...saved.controlPlane, apiKey: ref } };
      const rendered = await store.render(subject.id, text, changed);
      await keepWhile(secretStore, subject.id, new Map([['api_key', apiKey]]), async () => {
        // a keychain that forgets would cost the person the key
        await secrets.resolve(ref);
        await store.save(subject.id, rendered, revision, (before) =>
          before.includes(apiKey) ? before.replaceAll(apiKey, moved) : rendered,
        );
      });
    },
  };
}
