import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import { isAdminKey } from '../../../shared/keys.ts';
import type { Profile } from '../../../shared/profile.ts';
import { isReference } from '../../settings/rules.ts';
import { refuseAdminAccount } from '../../secrets/admin-keys.ts';
import type { Secrets } from '../../secrets/resolver.ts';
import { keychainAccount, keychainRef, type SecretStore } from '../../secrets/secret-store.ts';
import type { DraftStore } from '../../drafts/draft-store.ts';
import type { UnsavedSecrets } from '../profiles/unsaved-secrets.ts';

type Calls = Extract<keyof Handlers, `secrets.${string}`>;

export interface SecretServices {
  readonly store: () => SecretStore;
  readonly secrets: Secrets;
  readonly drafts: Pick<DraftStore, 'isDraft' | 'set' | 'delete' | 'has'>;
  readonly unsaved: UnsavedSecrets;
  /** A profile as it runs. */
  readonly load: (id: string) => Promise<Profile>;
}

/** The way in. Values wait with a draft or with the text in an editor, and go to the keychain when that is saved; none ever comes back. */
export function secretHandlers({ store, secrets, drafts, unsaved, load }: SecretServices): Pick<Handlers, Calls> {
  const account = (owner: string, slot: string) => `${owner}/${slot}`;
  const checkKey = (slot: string, value: string): void => {
    if (slot === 'api_key' && isAdminKey(value)) throw new TunnelError('key_is_admin', 'local');
  };
  return {
    'secrets.set': ({ owner, slot, value }, caller) => {
      refuseAdminAccount(account(owner, slot));
      checkKey(slot, value);
      const ref = keychainRef(owner, slot);
      if (drafts.isDraft(owner)) {
        drafts.set(owner, slot, value);
        secrets.replaced(ref);
      } else unsaved.add(caller, owner, new Map([[slot, value]]));
      return { ref };
    },
    'secrets.delete': ({ owner, slot }, caller) => {
      refuseAdminAccount(account(owner, slot));
      if (drafts.isDraft(owner)) drafts.delete(owner, slot);
      else unsaved.add(caller, owner, new Map([[slot, undefined]]));
    },
    'secrets.has': async ({ owner, slots }, caller) => {
      const seen = unsaved.over(caller);
      const found: Record<string, boolean> = {};
      for (const slot of slots) {
        found[slot] = drafts.isDraft(owner)
          ? drafts.has(owner, slot)
          : (await seen.get(account(owner, slot))) !== undefined;
      }
      return found;
    },
    'secrets.replaceKey': async ({ owner, value }) => {
      const slot = 'api_key';
      checkKey(slot, value);
      if (drafts.isDraft(owner)) {
        drafts.set(owner, slot, value);
        return secrets.replaced(keychainRef(owner, slot));
      }
      const { controlPlane, name } = await load(owner);
      const ref = controlPlane.apiKey;
      const place = ref === undefined ? undefined : keychainAccount(ref);
      if (ref === undefined || place === undefined) {
        const from = ref === undefined ? 'none is set' : `it comes from ${isReference(ref) ? ref : 'the file itself'}`;
        throw new TunnelError('config_invalid', 'local', {
          field: 'The runtime key',
          file: name,
          problem: `${from}, and what is typed here goes to the keychain`,
          hint: 'Put the new key there, or choose the keychain for it in the profile.',
        });
      }
      await store().set(place, value);
      secrets.replaced(ref);
    },
  };
}
