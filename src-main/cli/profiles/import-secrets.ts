import { secretSlotOf } from '../../../shared/draft.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { variableOf } from '../../profiles/server-needs.ts';
import { createKeychain } from '../../secrets/keychain.ts';
import { keepWhile } from '../../secrets/keep-while.ts';
import { keychainRef } from '../../secrets/secret-store.ts';
import type { Chosen } from './import-choice.ts';
import { withQuestions } from '../wizard/questions.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

export const secretPlaces = ['keychain', 'env'] as const;
export type SecretPlace = (typeof secretPlaces)[number];

interface Kept {
  /** What stands in the profile for a secret. */
  readonly refOf: (slot: string) => string;
  /**
   * Has the values in the keychain while `write` writes the profile, and says what is still to be set. They are taken out again
   * when it fails. Rejects as it does, and with `keychain_unavailable`.
   */
  readonly keepWhile: (write: () => Promise<unknown>) => Promise<void>;
}

interface Secret {
  readonly slot: string;
  /** `CRM_TOKEN of main`. */
  readonly what: string;
  readonly value: string | undefined;
}

const secretsOf = (chosen: readonly Chosen[]): Secret[] =>
  chosen.flatMap(({ server: { server, values }, channel }) =>
    (server.kind === 'stdio' ? server.env : server.headers)
      .filter(({ kind }) => kind === 'secret')
      .map(({ name }) => ({
        slot: secretSlotOf(server.kind, channel, name),
        what: `${name} of ${channel}`,
        value: values.get(name),
      })),
  );

/**
 * Where the secrets of servers that were found go: into the keychain, or, as variables that are yet to be set, nowhere. At a
 * terminal it asks what was not said by a flag, and for values that the other client does not have in its file either.
 */
export async function keepSecrets(
  owner: string,
  chosen: readonly Chosen[],
  given: SecretPlace | undefined,
): Promise<Kept> {
  const secrets = secretsOf(chosen);
  const known = new Map(secrets.flatMap(({ slot, value }) => (value === undefined ? [] : [[slot, value] as const])));
  const place = canAsk() ? await ask(secrets, known, given) : (given ?? 'keychain');
  const inKeychain = (slot: string): boolean => place === 'keychain' && known.has(slot);
  return {
    refOf: (slot) => (inKeychain(slot) ? keychainRef(owner, slot) : `env:${variableOf(slot)}`),
    keepWhile: async (write) => {
      const kept = place === 'keychain' ? known : new Map<string, string>();
      await keepWhile(createKeychain, owner, kept, write).catch(withHint);
      if (kept.size > 0) say(`${kept.size} secret ${kept.size === 1 ? 'value is' : 'values are'} in the keychain now.`);
      for (const { slot, what } of secrets) {
        if (!inKeychain(slot)) say(`Set ${variableOf(slot)} before it runs: it is ${what}.`);
      }
    },
  };
}

const canAsk = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** Where to put them, and the values that are still missing, which go into `known`. Rejects with `LeftError`. */
function ask(
  secrets: readonly Secret[],
  known: Map<string, string>,
  given: SecretPlace | undefined,
): Promise<SecretPlace> {
  return withQuestions({ input: process.stdin, output: process.stdout }, async (questions) => {
    const found = secrets.filter(({ value }) => value !== undefined);
    let place = given;
    if (place === undefined && found.length > 0) {
      questions.say(`Secret values there: ${found.map(({ what }) => what).join(', ')}.`);
      const keep = await questions.confirm(
        'Put them into the keychain? Otherwise the profile refers to variables.',
        true,
      );
      place = keep ? 'keychain' : 'env';
    }
    if (place === 'env') return place;
    for (const { slot, what, value } of secrets) {
      if (value !== undefined) continue;
      const text = `Value of ${what} (it is not shown; empty = as a variable)`;
      const typed = await questions.ask({ text, secret: true, check: (answer) => answer });
      if (typed !== '') known.set(slot, typed);
    }
    return 'keychain';
  });
}

function withHint(error: unknown): never {
  if (!(error instanceof TunnelError) || error.code !== 'keychain_unavailable') throw error;
  const hint = 'Unlock or install a keychain, or have the profile refer to variables: --secrets env.';
  throw new TunnelError(error.code, error.leg, { ...error.params, hint }, { cause: error });
}
