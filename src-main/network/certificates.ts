import type { PeerCertificate } from 'node:tls';
import type { ErrorParams } from '../../shared/errors.ts';

const date = (text: string): string => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString().slice(0, 10);
};

/** Facts of the other end's certificate for a sentence: whose it is, who issued it, how long it is valid. */
export function describePeer(certificate: PeerCertificate | null): ErrorParams & { notAfterMs?: number } {
  // An empty object when the peer sent none.
  if (certificate === null || !('subject' in certificate)) return {};
  const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
  const issuer = first(certificate.issuer.CN) ?? first(certificate.issuer.O);
  const subject = first(certificate.subject.CN);
  return {
    ...(issuer !== undefined && { issuer }),
    ...(subject !== undefined && { subject }),
    ...(certificate.subjectaltname !== undefined && {
      names: certificate.subjectaltname.replaceAll('DNS:', '').slice(0, 200),
    }),
    notBefore: date(certificate.valid_from),
    notAfter: date(certificate.valid_to),
    notAfterMs: Date.parse(certificate.valid_to),
  };
}
