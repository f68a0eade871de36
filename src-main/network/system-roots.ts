import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';
import { pemCertificates } from './pem.ts';

/** Where distributions keep their bundle: Debian, Red Hat, SUSE, OpenELEC, CentOS, Alpine. */
const linuxBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

let roots: Promise<readonly string[]> | undefined;

/**
 * The system's trusted roots that are not Mozilla's anyway, as PEM, read once and when first needed. Empty when the
 * system has no store that can be read: Mozilla's roots are always trusted.
 */
export const systemRoots = (): Promise<readonly string[]> => (roots ??= read().then(withoutMozillas));

async function read(): Promise<readonly string[]> {
  if (process.platform === 'linux') return readLinux();
  // Node 22.15 and newer know the system's store; the floor does not, and has the library instead, if it was installed.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => readonly string[] };
  if (getCACertificates !== undefined) return getCACertificates('system');
  return import('system-ca').then(
    ({ systemCertsAsync }) => systemCertsAsync(),
    () => [],
  );
}

async function readLinux(): Promise<readonly string[]> {
  for (const file of [process.env['SSL_CERT_FILE'], ...linuxBundles]) {
    if (file === undefined || file === '') continue;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return pemCertificates(text);
  }
  return [];
}

function withoutMozillas(certificates: readonly string[]): readonly string[] {
  const plain = (pem: string): string => pem.replaceAll(/\s+/g, '');
  const known = new Set(tls.rootCertificates.map(plain));
  return certificates.filter((pem) => !known.has(plain(pem)));
}
