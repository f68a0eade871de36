import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';
import { TunnelError, type Leg } from '../../shared/errors.ts';
import { allInOrder } from '../base/all-in-order.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { filePath, pemCertificates } from './pem.ts';
import type { Setting } from './route-plan.ts';
import { systemRoots } from './system-roots.ts';

/**
 * Roots and client certificate for one end of a route. Rejects with `ca_invalid`.
 *
 * Roots are added to Node's own store (Mozilla's, and whatever NODE_EXTRA_CA_CERTS says) rather than given as a new list:
 * nothing is replaced, and a hundred certificates need not be parsed again, which takes 20 ms.
 */
export async function secureContextFor(
  bundles: readonly Setting[],
  leg: Leg,
  client: ClientCertificate | undefined,
): Promise<tls.SecureContext> {
  const own = await allInOrder(bundles.map((bundle) => readBundle(bundle, leg)));
  const extra = [...(await systemRoots()), ...own.flat()];
  const options: tls.SecureContextOptions = {
    minVersion: 'TLSv1.2',
    ...(client && { cert: client.cert, key: client.key }),
    ...(client?.passphrase !== undefined && { passphrase: client.passphrase }),
  };
  const context = tls.createSecureContext(options);
  const native = context.context as { addCACert?: (pem: string) => void };
  if (typeof native.addCACert !== 'function') {
    return tls.createSecureContext({ ...options, ca: [...tls.rootCertificates, ...extra] });
  }
  for (const pem of extra) native.addCACert(pem);
  return context;
}

/** The certificates of a PEM file, each checked to be one. Rejects with `ca_invalid` (`file`, `field`, `detail`). */
export async function readBundle({ value, field }: Setting, leg: Leg): Promise<readonly string[]> {
  const file = filePath(value);
  const invalid = (detail: string): TunnelError => new TunnelError('ca_invalid', leg, { file, field, detail });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw invalid((error as NodeJS.ErrnoException).code ?? 'unreadable');
  }
  if (text.trim() === '') throw invalid('empty');
  const certificates = pemCertificates(text);
  if (certificates.length === 0) throw invalid('no PEM certificate');
  certificates.forEach((pem, index) => {
    try {
      new X509Certificate(pem);
    } catch {
      throw invalid(`certificate ${index + 1} cannot be read`);
    }
  });
  return certificates;
}
