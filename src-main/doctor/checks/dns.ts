import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { TunnelError } from '../../../shared/errors.ts';
import { prove, skipped, type ProfileCheck } from '../check.ts';

export const dns: ProfileCheck = {
  scope: 'profile',
  id: 'dns',
  title: 'Name lookup of the control plane',
  why: 'Without an address there is nothing to connect to.',
  after: ['source', 'base-url', 'route'],
  async run({ way }) {
    const host = way.target.url.hostname.replace(/^\[|\]$/g, '');
    const step = 'control-plane.dns';
    const { mode } = await way.info();
    if (mode === 'unix')
      return { evidence: [skipped(step, 'network', 'The control plane is reached by a Unix socket.')] };
    if (mode === 'proxy') return { evidence: [skipped(step, 'network', 'The proxy looks the name up.')] };
    if (isIP(host) !== 0) return { evidence: [skipped(step, 'network', 'The address is a number already.')] };
    return {
      evidence: [
        await prove(step, 'network', async () => {
          try {
            const found = await lookup(host, { all: true });
            return { host, addresses: found.map(({ address }) => address) };
          } catch (cause) {
            const { code = 'unknown' } = cause as NodeJS.ErrnoException;
            throw new TunnelError('dns_failed', 'control-plane', { host, detail: code }, { cause });
          }
        }),
      ],
    };
  },
};
