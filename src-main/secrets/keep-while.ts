import type { SecretStore } from './secret-store.ts';

/**
 * Has an owner's secrets, by slot, in the store while `write` writes what refers to them, and takes them out again when it
 * fails. Rejects as it does, and as the store does.
 */
export async function keepWhile<Result>(
  store: () => SecretStore,
  owner: string,
  values: ReadonlyMap<string, string>,
  write: () => Promise<Result>,
): Promise<Result> {
  const there: string[] = [];
  try {
    for (const [slot, value] of values) {
      const account = `${owner}/${slot}`;
      await store().set(account, value);
      there.push(account);
    }
    return await write();
  } catch (error) {
    for (const account of there)
      await store()
        .delete(account)
        .catch(() => undefined);
    throw error;
  }
}
