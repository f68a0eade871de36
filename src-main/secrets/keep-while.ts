import type { SecretStore } from './secret-store.ts';

/**
 * Puts an owner's secrets, by slot, into the store: all or none. Resolves with the way to take them out again, for when what
 * refers to them cannot be written; rejects as the store does.
 */
export async function putAll(
  store: SecretStore,
  owner: string,
  values: ReadonlyMap<string, string>,
): Promise<() => Promise<void>> {
  const there: string[] = [];
  const undo = async (): Promise<void> => {
    for (const account of there) await store.delete(account).catch(() => undefined);
  };
  try {
    for (const [slot, value] of values) {
      const account = `${owner}/${slot}`;
      await store.set(account, value);
      there.push(account);
    }
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}
