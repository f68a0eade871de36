import type { Evidence } from '../../../shared/evidence.ts';
import { secretSlots } from '../../profiles/secret-slots.ts';
import { isReference } from '../../settings/rules.ts';
import { passed, prove, type ProfileCheck } from '../check.ts';

/** What a reference says of itself; never what it stands for. */
export const described = (ref: string): string => ref.trim().replace(/^keychain:.*/is, 'the keychain');

export const references: ProfileCheck = {
  scope: 'profile',
  id: 'references',
  title: 'Secrets and references',
  why: 'A variable, file or keychain entry that is missing is found at the first call, when it is too late.',
  after: ['source'],
  limitMs: 20_000,
  async run({ profile, services: { secrets } }) {
    const evidence: Evidence[] = [];
    // the key has a check of its own
    const used = secretSlots(profile).filter(({ slot, value }) => slot !== 'api_key' && isReference(value));
    for (const { slot, value } of used) {
      const found = await prove('reference.resolved', 'app', async () => {
        await secrets.resolve(value);
        return { setting: slot, reference: described(value) };
      });
      evidence.push(found.outcome === 'fail' ? { ...found, facts: { setting: slot } } : found);
    }
    return { evidence: evidence.length > 0 ? evidence : [passed('reference.resolved', 'app', { count: 0 })] };
  },
};
