import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TunnelError, type Leg } from '../../shared/errors.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { ClientCertificatePlan, Setting } from './route-plan.ts';
import { filePath, pemCertificates } from './pem.ts';
import { resolveSetting } from './resolve-setting.ts';

export interface ClientCertificate {
  /** PEM: the certificate, then its chain. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
  readonly subject: string;
  /** Wall-clock milliseconds. */
  readonly notAfter: number;
}

/**
 * Reads a client certificate with its key. Rejects with `client_certificate_invalid` and the reason: half a pair, a file
 * that cannot be read, something that is not PEM, a wrong passphrase, a key of another certificate, expired, not yet valid.
 */
export async function loadClientCertificate(
  plan: ClientCertificatePlan,
  leg: Leg,
  secrets: SecretResolver,
  now: number = Date.now(),
): Promise<ClientCertificate> {
  const { cert, key } = plan;
  if (cert === undefined || key === undefined) {
    const [there, missing] = cert ? [cert.field, 'the key'] : [key?.field ?? '', 'the certificate'];
    throw new TunnelError('client_certificate_invalid', leg, { field: there, detail: `${missing} is not set` });
  }
  const certText = await readPem(cert, leg);
  const keyText = await readPem(key, leg);
  const passphrase = plan.passphrase && (await resolveSetting(plan.passphrase, secrets));
  const invalid = ({ value, field }: Setting, detail: string): TunnelError =>
    new TunnelError('client_certificate_invalid', leg, { file: filePath(value), field, detail });
  const [leaf] = pemCertificates(certText);
  if (leaf === undefined) throw invalid(cert, 'no PEM certificate');
  const certificate = parseCertificate(leaf, () => invalid(cert, 'the certificate cannot be read'));
  const privateKey = parseKey(keyText, passphrase, (detail) => invalid(key, detail));
  if (!certificate.checkPrivateKey(privateKey)) throw invalid(key, 'the key belongs to another certificate');
  const notAfter = Date.parse(certificate.validTo);
  const notBefore = Date.parse(certificate.validFrom);
  if (notAfter < now) throw invalid(cert, `expired on ${day(notAfter)}`);
  if (notBefore > now) throw invalid(cert, `not valid before ${day(notBefore)}`);
  return {
    cert: certText,
    key: keyText,
    ...(passphrase !== undefined && { passphrase }),
    subject: certificate.subject.replaceAll('\n', ', '),
    notAfter,
  };
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

async function readPem({ value, field }: Setting, leg: Leg): Promise<string> {
  const file = filePath(value);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const detail = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new TunnelError('client_certificate_invalid', leg, { file, field, detail }, { cause: error });
  }
}

function parseCertificate(pem: string, invalid: () => TunnelError): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalid();
  }
}

function parseKey(pem: string, passphrase: string | undefined, invalid: (detail: string) => TunnelError): KeyObject {
  if (!pem.includes('-----BEGIN') || !pem.includes('PRIVATE KEY-----')) throw invalid('no PEM private key');
  const encrypted = pem.includes('ENCRYPTED');
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    if (!encrypted) throw invalid('the key cannot be read');
    throw invalid(
      passphrase === undefined ? 'the key is encrypted and no passphrase is set' : 'the passphrase is wrong',
    );
  }
}
