import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expiryWarning } from '../../shared/tunnel.ts';
import { makeCertificate } from '../support/certificates.ts';
import { cleanUp, routesFor } from '../support/network.ts';

/** Somebody who owns nothing. */
const nobody = 65_534;

/** Runs as a user whom file modes bind: root may read everything, so it steps down for the time. */
async function asOrdinaryUser<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(nobody);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

test.skipIf(process.platform === 'win32')(
  'a CA bundle, a certificate and a key that may not be read are named, each with its setting',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
    cleanUp(() => rm(folder, { recursive: true }));
    await chmod(folder, 0o755);
    const { cert, key } = makeCertificate({ commonName: 'me' });
    const write = async (name: string, text: string, mode: number): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, text);
      await chmod(path, mode);
      return path;
    };
    const secret = await write('secret.pem', key, 0o000);
    const open = await write('open.pem', cert, 0o644);
    const baseUrl = 'https://127.0.0.1:1';
    for (const [settings, expected] of [
      [
        { caBundle: secret, controlPlane: { baseUrl } },
        { code: 'ca_invalid', params: { field: 'ca_bundle' } },
      ],
      [
        { controlPlane: { baseUrl, clientCert: open, clientKey: secret } },
        { code: 'client_certificate_invalid', params: { field: 'control_plane.client_key' } },
      ],
      [
        { controlPlane: { baseUrl, clientCert: secret, clientKey: open } },
        { code: 'client_certificate_invalid', params: { field: 'control_plane.client_cert' } },
      ],
    ] as const) {
      const error = await asOrdinaryUser(() =>
        routesFor(settings)
          .check()
          .then(
            () => expect.fail('it was read'),
            (reason: unknown) => reason,
          ),
      );
      expect(error).toMatchObject(expected);
      expect(error).toMatchObject({ params: { file: secret, detail: 'EACCES' } });
    }
  },
);

test('a certificate is warned of 30, 7 and 1 days before its end, and when it is over', () => {
  const now = 1_000_000;
  const in_ = (days: number) => expiryWarning({ notAfter: now + days * 86_400_000 }, now);
  expect([31, 30, 8, 7, 2, 1, 0.1, 0, -5].map(in_)).toEqual([undefined, 30, 30, 7, 7, 1, 1, 0, 0]);
});
