import { TunnelError } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/ipc.ts';
import { isAdminKey } from '../../../shared/keys.ts';
import type { Secrets } from '../../secrets/resolver.ts';
import { keychainRef, type SecretStore } from '../../secrets/secret-store.ts';
import type { UnsavedSecrets } from '../profiles/unsaved-secrets.ts';

type Calls = Extract<keyof Handlers, `secrets.${string}`>;

/** The way in. Values go to the keychain, or wait with a draft; none ever comes back. */
export interface DraftSecrets {
  /** Whether the owner is a draft: then its values wait in memory until it is adopted. */
  isDraft(owner: string): boolean;
  set(owner: string, slot: string, value: string): void;
  delete(owner: string, slot: string): void;
  has(owner: string, slot: string): boolean;
}

export function secretHandlers(
  store: () => SecretStore,
  secrets: Secrets,
  drafts: DraftSecrets,
  unsaved: Pick<UnsavedSecrets, 'has' | 'delete'>,
): Pick<Handlers, Calls> {
  const account = (owner: string, slot: string) => `${owner}/${slot}`;
  return {
    'secrets.set': async ({ owner, slot, value }) => {
      const ref = keychainRef(owner, slot);
      if (slot === 'api_key' && isAdminKey(value)) throw new TunnelError('key_is_admin', 'local');
      if (drafts.isDraft(owner)) drafts.set(owner, slot, value);
      else {
        await store().set(account(owner, slot), value);
        unsaved.delete(owner, slot);
      }
      secrets.replaced(ref);
      return { ref };
    },
    'secrets.delete': async ({ owner, slot }) => {
      if (drafts.isDraft(owner)) return drafts.delete(owner, slot);
      unsaved.delete(owner, slot);
      await store().delete(account(owner, slot));
    },
    'secrets.has': async ({ owner, slots }) => {
      const found: Record<string, boolean> = {};
      for (const slot of slots) {
        found[slot] = drafts.isDraft(owner)
          ? drafts.has(owner, slot)
          : unsaved.has(owner, slot) || (await store().get(account(owner, slot))) !== undefined;
      }
      return found;
    },
  };
}
