import { skipped, type ProfileCheck } from '../check.ts';

export const keyRead: ProfileCheck = {
  scope: 'profile',
  id: 'key-read',
  title: 'Right to read this tunnel',
  why: 'The id and the key have to belong together: the tunnel’s own entry is asked for with this key.',
  after: ['source', 'key', 'control-plane'],
  limitMs: 25_000,
  async run({ way, cancellation }) {
    const found = await way.metadata(cancellation);
    return { evidence: [found ? { ...found, step: 'key.read' } : skipped('key.read', 'control-plane', 'Not asked.')] };
  },
};
