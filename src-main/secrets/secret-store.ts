/** Where secrets rest: the OS keychain, or what stands in for it. An account is `<profile id>/<slot>`. */
export interface SecretStore {
  /** Rejects with `keychain_unavailable`. Undefined = there is no such entry. */
  get(account: string): Promise<string | undefined>;
  /** Rejects with `keychain_unavailable`. */
  set(account: string, value: string): Promise<void>;
  /** Rejects with `keychain_unavailable`. False = there was no such entry. */
  delete(account: string): Promise<boolean>;
}

/** The service name under which every entry is kept. */
export const keychainService = 'culvert';

export const keychainRef = (profileId: string, slot: string): string => `keychain:${profileId}/${slot}`;

/** The entry that a `keychain:` reference names; undefined for any other text. */
export const keychainAccount = (ref: string): string | undefined => /^\s*keychain:(.*)$/is.exec(ref)?.[1]?.trim();
