import { skipped, type ProfileCheck } from '../check.ts';

export const proxy: ProfileCheck = {
  scope: 'profile',
  id: 'proxy',
  title: 'Proxy',
  why: 'Behind a company proxy nothing else leads out; it may want a sign-in, or not let this host through.',
  after: ['source', 'base-url', 'route'],
  async run({ way }) {
    const { mode } = await way.info();
    if (mode !== 'proxy') return { evidence: [skipped('proxy', 'network', 'No proxy is set for this way.')] };
    return { evidence: [{ ...(await way.connect()), step: 'proxy' }] };
  },
};
