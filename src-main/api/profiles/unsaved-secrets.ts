import type { Caller } from '../../../shared/ipc.ts';
import type { Profile } from '../../../shared/profile.ts';
import { secretSlots } from '../../profiles/secret-slots.ts';
import { keepWhile } from '../../secrets/keep-while.ts';
import { overStore } from '../../secrets/over-store.ts';
import { keychainAccount, type SecretStore } from '../../secrets/secret-store.ts';

/** By slot; `undefined` = the entry is to go. */
type Values = ReadonlyMap<string, string | undefined>;
type Owner = Pick<Caller, 'onGone'>;

/**
 * What was typed in a profile's editor, or came with servers that were added there: it reaches the keychain when the text is
 * saved, or never. It is of the window that it was typed in, and gone with it, as the text is.
 */
export class UnsavedSecrets {
  readonly #store: () => SecretStore;
  readonly #waiting = new Map<Owner, Map<string, Map<string, string | undefined>>>();

  constructor(store: () => SecretStore) {
    this.#store = store;
  }

  add(caller: Owner, profile: string, values: Values): void {
    let own = this.#waiting.get(caller);
    if (!own) {
      own = new Map<string, Map<string, string | undefined>>();
      this.#waiting.set(caller, own);
      caller.onGone(() => this.#waiting.delete(caller));
    }
    own.set(profile, new Map([...(own.get(profile) ?? []), ...values]));
  }

  /** What waits here for this profile to be saved. */
  of(caller: Owner, profile: string): Values {
    return this.#waiting.get(caller)?.get(profile) ?? new Map();
  }

  forget(caller: Owner, profile: string): void {
    this.#waiting.get(caller)?.delete(profile);
  }

  /** The profile is gone: no window will save it any more. */
  forgetAll(profile: string): void {
    for (const own of this.#waiting.values()) own.delete(profile);
  }

  /** The keychain as it will be once this window has saved. */
  over(caller: Owner): SecretStore {
    return overStore(this.#store, (account) => {
      const [profile = '', ...slot] = account.split('/');
      const values = this.of(caller, profile);
      return values.has(slot.join('/')) ? { value: values.get(slot.join('/')) } : undefined;
    });
  }

  /**
   * Runs `save` with the keychain as it will be then: entries that the profile refers to are there, deleted ones are gone. When
   * `save` fails all is as it was, and what was typed still waits. Resolves with the slots that changed. Rejects as `save`
   * and the keychain do.
   */
  async keepWhile<Result>(
    caller: Owner,
    profile: Profile | undefined,
    id: string,
    save: () => Promise<Result>,
  ): Promise<{ readonly saved: Result; readonly slots: readonly string[] }> {
    const used = new Set((profile ? secretSlots(profile) : []).map(({ value }) => keychainAccount(value)));
    const due = [...this.of(caller, id)].filter(([slot, value]) => value === undefined || used.has(`${id}/${slot}`));
    const saved = await keepWhile(this.#store, id, new Map(due), save);
    this.forget(caller, id);
    return { saved, slots: due.map(([slot]) => slot) };
  }
}
