import type { SecretRef } from '../../shared/profile.ts';

/**
 * Turns `env:NAME`, `file:/path`, `keychain:<profile id>/<slot>` and literals into values, late and as rarely as the
 * caller allows. Values are never logged, cached on disk or put into an error.
 */
export interface SecretResolver {
  /** Rejects with `TunnelError` (`secret_env_missing`, `secret_file_unreadable`, `secret_empty`, `keychain_unavailable`, `keychain_missing`, `key_is_admin`). */
  resolve(ref: SecretRef): Promise<string>;
  /** Calls `listener` when what `ref` stands for was replaced through Culvert. */
  onReplaced(ref: SecretRef, listener: () => void): () => void;
}
