import { prove, type ProfileCheck } from '../check.ts';

export const route: ProfileCheck = {
  scope: 'profile',
  id: 'route',
  title: 'Proxy, authorities and certificates as set',
  why: 'They are read before anything connects: an address that is no address, a bundle without a certificate, half a pair.',
  after: ['source'],
  run: async ({ way }) => ({
    evidence: [
      await prove('route.settings', 'app', async () => {
        const { mode, via, source, caBundles, clientCertificate } = await way.info();
        return {
          mode,
          ...(via === undefined ? {} : { via }),
          ...(source === undefined ? {} : { source }),
          ...(caBundles.length === 0 ? {} : { caBundles: [...caBundles] }),
          ...(clientCertificate === undefined ? {} : { clientCertificate: clientCertificate.subject }),
        };
      }),
    ],
  }),
};
