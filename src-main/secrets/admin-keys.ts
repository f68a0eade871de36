import { TunnelError } from '../../shared/errors.ts';
import { isRuntimeKey } from '../../shared/keys.ts';
import type { AdminKeyState } from '../../shared/managed-tunnel.ts';
import type { SecretStore } from './secret-store.ts';

/** Owner of the keychain's entries for admin keys; no profile or draft can stand for it. */
const adminOwner = 'admin-key';

/** Without regard to case, because the credential store of Windows has none. */
export const isAdminAccount = (account: string): boolean =>
  new RegExp(`^\\s*${adminOwner}\\s*(/|$)`, 'iu').test(account);

/** The one refusal of whatever would use an admin key's entry as a secret of a tunnel. */
export const refuseAdminAccount = (account: string): void => {
  if (isAdminAccount(account))
    throw new TunnelError('key_is_admin', 'local', { problem: 'The entry is that of an admin key' });
};

/** The store as everything but the management of tunnels may see it: entries of admin keys are out of reach. */
export function withoutAdminKeys(store: SecretStore): SecretStore {
  const reach = (account: string): SecretStore => {
    refuseAdminAccount(account);
    return store;
  };
  return {
    get: async (account) => reach(account).get(account),
    set: async (account, value) => reach(account).set(account, value),
    delete: async (account) => reach(account).delete(account),
  };
}

/**
 * Admin keys, one for each control plane: in the keychain, or where there is none in this process until it ends. They are
 * never references of a profile, so that no tunnel, child or export can come by one.
 */
export class AdminKeys {
  readonly #store: () => SecretStore;
  readonly #held = new Map<string, string>();

  constructor(store: () => SecretStore) {
    this.#store = store;
  }

  /** Rejects with `key_is_runtime`, and with `header_invalid` for what can be no bearer token. */
  async set(origin: string, key: string): Promise<AdminKeyState> {
    const value = key.trim();
    if (isRuntimeKey(value)) throw new TunnelError('key_is_runtime', 'local');
    if (value === '' || /[^\x21-\x7e]/.test(value))
      throw new TunnelError('header_invalid', 'control-plane', {
        name: 'Authorization',
        problem: 'has characters that a key cannot have',
      });
    try {
      await this.#store().set(account(origin), value);
      this.#held.delete(origin);
      return { origin, kept: 'keychain' };
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#held.set(origin, value);
      return { origin, kept: 'memory' };
    }
  }

  async state(origin: string): Promise<AdminKeyState> {
    if (this.#held.has(origin)) return { origin, kept: 'memory' };
    return { origin, kept: (await this.#kept(origin)) === undefined ? 'none' : 'keychain' };
  }

  /** Rejects with `admin_key_missing`. The value is for one request. */
  async resolve(origin: string): Promise<string> {
    const key = this.#held.get(origin) ?? (await this.#kept(origin));
    if (key === undefined) throw new TunnelError('admin_key_missing', 'local', { origin });
    return key;
  }

  /** Rejects with `keychain_unavailable` when the key is there and the keychain does not let go of it. */
  async forget(origin: string): Promise<AdminKeyState> {
    this.#held.delete(origin);
    if ((await this.#kept(origin)) !== undefined) await this.#store().delete(account(origin));
    return { origin, kept: 'none' };
  }

  /** A keychain that cannot be asked keeps nothing. */
  async #kept(origin: string): Promise<string | undefined> {
    try {
      return await this.#store().get(account(origin));
    } catch (error) {
      if (isUnavailable(error)) return undefined;
      throw error;
    }
  }
}

const account = (origin: string): string => `${adminOwner}/${origin}`;

const isUnavailable = (error: unknown): boolean =>
  error instanceof TunnelError && error.code === 'keychain_unavailable';
