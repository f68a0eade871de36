import type { Capabilities } from '../../shared/app.ts';
import { TunnelError } from '../../shared/errors.ts';
import { createKeychain } from '../secrets/keychain.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { isSafeStorageBacked, SafeStore } from './safe-store.ts';

export interface KeyStore {
  readonly store: () => SecretStore;
  /** What the window says of it, as far as it is known by now. */
  readonly capability: () => Capabilities['keychain'];
}

/**
 * The OS keychain, and where it cannot be used Electron's safeStorage if the system really backs it. Decided by the first
 * use, not at start: a locked keyring asks for its password, and nobody has wanted a key yet. Never plain text.
 */
export function chooseSecretStore(safeFile: string): KeyStore {
  const keychain = createKeychain();
  const safe = new SafeStore(safeFile);
  let failure: TunnelError | undefined;

  const orSafe = async <T>(use: (store: SecretStore) => Promise<T>): Promise<T> => {
    try {
      const value = await use(keychain);
      failure = undefined;
      return value;
    } catch (error) {
      if (!(error instanceof TunnelError) || error.code !== 'keychain_unavailable') throw error;
      failure = error;
      if (!isSafeStorageBacked()) throw error;
      return use(safe);
    }
  };
  const store: SecretStore = {
    get: async (account) => {
      const found = await orSafe((each) => each.get(account));
      // what was kept while the keychain was away is found again
      return found ?? (isSafeStorageBacked() ? safe.get(account) : undefined);
    },
    set: (account, value) => orSafe((each) => each.set(account, value)),
    delete: (account) => orSafe((each) => each.delete(account)),
  };
  return {
    store: () => store,
    capability: () => {
      if (!failure) return { backend: 'keychain' };
      return { backend: isSafeStorageBacked() ? 'safe-storage' : 'none', error: failure.toJSON() };
    },
  };
}
