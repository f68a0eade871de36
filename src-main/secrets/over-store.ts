import type { SecretStore } from './secret-store.ts';

/** What is not in the store yet: a value, or that there is none any more. */
export interface Waiting {
  readonly value: string | undefined;
}

/** A store in which what `waiting` knows of an account stands over what is kept. */
export const overStore = (
  store: () => SecretStore,
  waiting: (account: string) => Waiting | undefined,
): SecretStore => ({
  get: (account) => {
    const known = waiting(account);
    return known ? Promise.resolve(known.value) : store().get(account);
  },
  set: (account, value) => store().set(account, value),
  delete: (account) => store().delete(account),
});
