import { expiryWarning } from '../../../shared/tunnel.ts';
import { skipped, type ProfileCheck } from '../check.ts';
import { addAuthority } from '../fixes/add-authority.ts';

const dayMs = 86_400_000;

export const tls: ProfileCheck = {
  scope: 'profile',
  id: 'tls',
  title: 'Certificate of the control plane',
  why: 'It says who is at the other end; a proxy that opens TLS on the way shows here, and so does an expiry to come.',
  after: ['source', 'connect', 'proxy'],
  limitMs: 40_000,
  async run(look) {
    const { way, services } = look;
    if (way.target.url.protocol !== 'https:') {
      return { evidence: [skipped('control-plane.tls', 'network', 'The address is plain http.')] };
    }
    const found = { ...(await way.connect(true)), step: 'control-plane.tls' };
    if (found.error) {
      const fix = found.error.code === 'tls_untrusted' ? await addAuthority(look) : undefined;
      return { evidence: [found], ...(fix ? { fix } : {}) };
    }
    const now = services.now?.() ?? Date.now();
    const { notAfterMs, ...facts } = found.facts;
    if (typeof notAfterMs !== 'number') return { evidence: [found] };
    const daysLeft = Math.floor((notAfterMs - now) / dayMs);
    const soon = expiryWarning({ notAfter: notAfterMs }, now) !== undefined;
    const summary = `The certificate expires in ${daysLeft} days; whoever runs the other end has to renew it.`;
    return {
      evidence: [
        { ...found, outcome: soon ? 'warn' : 'pass', facts: { ...facts, daysLeft, ...(soon ? { summary } : {}) } },
      ],
    };
  },
};
