import { keepWhile } from '../../secrets/keep-while.ts';
import { keychainRef, type SecretStore } from '../../secrets/secret-store.ts';

/** Secrets that a text in the editor refers to and that is not saved yet: they reach the keychain with it, or never. */
export class UnsavedSecrets {
  readonly #store: () => SecretStore;
  /** By profile and slot. */
  readonly #waiting = new Map<string, Map<string, string>>();

  constructor(store: () => SecretStore) {
    this.#store = store;
  }

  add(owner: string, values: ReadonlyMap<string, string>): void {
    const waiting = this.#waiting.get(owner) ?? new Map<string, string>();
    for (const [slot, value] of values) waiting.set(slot, value);
    this.#waiting.set(owner, waiting);
  }

  has(owner: string, slot: string): boolean {
    return this.#waiting.get(owner)?.has(slot) === true;
  }

  delete(owner: string, slot: string): void {
    this.#waiting.get(owner)?.delete(slot);
  }

  /** Nobody will save a text with them any more. */
  forget(owner: string): void {
    this.#waiting.delete(owner);
  }

  /**
   * Saves a profile's text: what it refers to is in the keychain before, and out of it again when `save` fails. Rejects as
   * `save` and the keychain do.
   */
  async with<Result>(owner: string, text: string, save: () => Promise<Result>): Promise<Result> {
    const waiting = [...(this.#waiting.get(owner) ?? [])].filter(([slot]) => text.includes(keychainRef(owner, slot)));
    const saved = await keepWhile(this.#store, owner, new Map(waiting), save);
    this.forget(owner);
    return saved;
  }
}
