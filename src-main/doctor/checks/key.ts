import { TunnelError } from '../../../shared/errors.ts';
import { isReference } from '../../settings/rules.ts';
import { checkKey } from '../../secrets/check-secrets.ts';
import { passed, prove, warned, type ProfileCheck } from '../check.ts';
import { moveKeyToKeychain } from '../fixes/move-key.ts';
import { described } from './references.ts';

export const key: ProfileCheck = {
  scope: 'profile',
  id: 'key',
  title: 'Runtime key',
  why: 'A tunnel runs with a runtime key; an admin key could change every tunnel of the organization.',
  after: ['source'],
  limitMs: 20_000,
  async run({ profile, subject, services }) {
    const { apiKey } = profile.controlPlane;
    const found = await prove('key.kind', 'app', async () => {
      if (apiKey === undefined) throw new TunnelError('key_missing', 'local');
      checkKey(await services.secrets.resolve(apiKey), apiKey);
      return { from: isReference(apiKey) ? described(apiKey) : 'the configuration itself' };
    });
    // a variable or a flag may hold the key as well: only the file's own is worth a word
    const saved = subject.stored ? await services.store.get(subject.id).catch(() => undefined) : undefined;
    const plain = apiKey !== undefined && !isReference(apiKey) && saved?.profile?.controlPlane.apiKey === apiKey;
    if (!plain) return { evidence: [found] };
    const summary = `The key stands in plain text in ${subject.file ?? 'the file'}.`;
    const evidence = [
      found.outcome === 'pass' ? passed('key.kind', 'app', { from: 'the file itself' }) : found,
      warned('key.stored', 'app', summary),
    ];
    // another client reads the file too, and knows of no keychain
    return saved.form === 'culvert' ? { evidence, fix: moveKeyToKeychain(subject, services) } : { evidence };
  },
};
