import type { SecretStore } from './secret-store.ts';

/**
 * Has an owner's secrets, by slot, in the store while `write` writes what refers to them, and out of it those without a value;
 * when it fails the store is put back as it was. Rejects as it does, and as the store does.
 */
export async function keepWhile<Result>(
  store: () => SecretStore,
  owner: string,
  values: ReadonlyMap<string, string | undefined>,
  write: () => Promise<Result>,
): Promise<Result> {
  const before = new Map<string, string | undefined>();
  try {
    for (const [slot, value] of values) {
      const account = `${owner}/${slot}`;
      before.set(account, await store().get(account));
      await put(store(), account, value);
    }
    return await write();
  } catch (error) {
    for (const [account, value] of before) await put(store(), account, value).catch(() => undefined);
    throw error;
  }
}

const put = (store: SecretStore, account: string, value: string | undefined): Promise<unknown> =>
  value === undefined ? store.delete(account) : store.set(account, value);
