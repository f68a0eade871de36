import { randomUUID } from 'node:crypto';
import { secretSlots } from '../../profiles/secret-slots.ts';
import { TunnelError } from '../../../shared/errors.ts';
import { prove, skipped, type MachineCheck } from '../check.ts';

export const keychain: MachineCheck = {
  scope: 'machine',
  id: 'keychain',
  title: 'Keychain',
  why: 'Keys are kept there, and read from there when a tunnel starts.',
  limitMs: 20_000,
  async run({ services, subjects }) {
    const needed = subjects.some(
      ({ profile }) => profile && secretSlots(profile).some(({ value }) => /^\s*keychain:/i.test(value)),
    );
    if (!needed && !services.desktop) {
      return { evidence: [skipped('keychain.round-trip', 'app', 'No profile refers to it.')] };
    }
    const found = await prove('keychain.round-trip', 'app', async () => {
      const account = `doctor/${randomUUID()}`;
      const store = services.secretStore();
      await store.set(account, account);
      const back = await store.get(account);
      await store.delete(account);
      if (back !== account)
        throw new TunnelError('keychain_unavailable', 'local', { detail: 'it gave back another value' });
      return {};
    });
    return { evidence: [needed || found.outcome === 'pass' ? found : { ...found, outcome: 'warn' }] };
  },
};
