import { skipped, type ProfileCheck } from '../check.ts';

export const connect: ProfileCheck = {
  scope: 'profile',
  id: 'connect',
  title: 'Connection to the control plane',
  why: 'A firewall that drops connections, or an address where nothing listens, shows here.',
  after: ['source', 'dns', 'proxy'],
  async run({ way }) {
    const { mode } = await way.info();
    if (mode === 'proxy') return { evidence: [skipped('control-plane.connect', 'network', 'The proxy connects.')] };
    return { evidence: [{ ...(await way.connect()), step: 'control-plane.connect' }] };
  },
};
