import type { SecretStore } from './secret-store.ts';

/**
 * Has an owner's secrets, by slot, in the store while `write` writes what refers to them; when it fails the store is put back
 * as it was. Rejects as it does, and as the store does.
 */
export async function keepWhile<Result>(
  store: () => SecretStore,
  owner: string,
  values: ReadonlyMap<string, string>,
  write: () => Promise<Result>,
): Promise<Result> {
  const before = new Map<string, string | undefined>();
  try {
    for (const [slot, value] of values) {
      const account = `${owner}/${slot}`;
      before.set(account, await store().get(account));
      await store().set(account, value);
    }
    return await write();
  } catch (error) {
    for (const [account, value] of before) {
      const undone = value === undefined ? store().delete(account) : store().set(account, value);
      await undone.catch(() => undefined);
    }
    throw error;
  }
}
