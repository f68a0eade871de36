import { skipped, type ProfileCheck } from '../check.ts';
import { withDaysLeft } from '../expiry.ts';
import { addAuthority } from '../fixes/add-authority.ts';

const step = 'control-plane.tls';

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
      return { evidence: [skipped(step, 'network', 'The address is plain http.')] };
    }
    const found = await way.handshake();
    if (!found) return { evidence: [skipped(step, 'network', 'Nothing was seen.')] };
    const fix = found.error?.code === 'tls_untrusted' ? await addAuthority(look) : undefined;
    return {
      evidence: [withDaysLeft({ ...found, step }, services.now?.() ?? Date.now())],
      ...(fix ? { fix } : {}),
    };
  },
};
