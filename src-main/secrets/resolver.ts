import { readFile } from 'node:fs/promises';
import { TunnelError } from '../../shared/errors.ts';
import type { SecretRef } from '../../shared/profile.ts';
import { refuseAdminAccount } from './admin-keys.ts';
import type { SecretResolver } from './secret-resolver.ts';
import type { SecretStore } from './secret-store.ts';

export interface Secrets extends SecretResolver {
  /** Tells everyone who holds what `ref` stood for that there is a new value. */
  replaced(ref: SecretRef): void;
}

/**
 * Resolves `env:NAME`, `file:/path`, `keychain:<profile id>/<slot>` and literals. Nothing is cached: whoever holds a
 * value decides how long, and a rotated file or variable is seen at the next use. An admin key's entry is refused
 * (`key_is_admin`): no reference leads to it.
 */
export function createSecrets(options: {
  env: Readonly<Record<string, string | undefined>>;
  /** Called on the first `keychain:` reference only. */
  store: () => SecretStore;
}): Secrets {
  const listeners = new Map<SecretRef, Set<() => void>>();
  let store: SecretStore | undefined;

  const read = async (ref: SecretRef): Promise<string> => {
    const [, kind = '', rest = ''] = /^(env|file|keychain):(.*)$/is.exec(ref.trim()) ?? [];
    const name = rest.trim();
    switch (kind.toLowerCase()) {
      case 'env': {
        const value = options.env[name]?.trim();
        if (value === undefined || value === '') throw new TunnelError('secret_env_missing', 'local', { name });
        return value;
      }
      case 'file': {
        try {
          return (await readFile(name, 'utf8')).trim();
        } catch (cause) {
          const { code = 'unknown' } = cause as NodeJS.ErrnoException;
          throw new TunnelError('secret_file_unreadable', 'local', { file: name, detail: code }, { cause });
        }
      }
      case 'keychain': {
        refuseAdminAccount(name);
        store ??= options.store();
        const value = await store.get(name);
        if (value === undefined) throw new TunnelError('keychain_missing', 'local', { ref: `keychain:${name}` });
        return value;
      }
      default:
        return ref;
    }
  };

  return {
    async resolve(ref) {
      const value = await read(ref);
      if (value.trim() === '')
        throw new TunnelError('secret_empty', 'local', { ref: /^[a-z]+:/i.test(ref) ? ref : 'A value of the profile' });
      return value;
    },
    onReplaced(ref, listener) {
      const set = listeners.get(ref) ?? new Set();
      listeners.set(ref, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(ref);
      };
    },
    replaced(ref) {
      for (const listener of listeners.get(ref) ?? []) listener();
    },
  };
}
