import type { PeerCertificate } from 'node:tls';
import type { ErrorParams } from '../../shared/errors.ts';

const date = (text: string): string => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString().slice(0, 10);
};

/** A certificate that matters to a profile, for states, metrics and notifications. */
export interface CertificateSeen {
  /** Whose it is: what the control plane or a server showed on the last connection, or our own. */
  readonly of: 'control-plane' | 'mcp-server' | 'client';
  readonly subject: string;
  /** Wall-clock milliseconds. */
  readonly notAfter: number;
}

/** What to warn of: the days left that were reached, of 30, 7 and 1; 0 once it is over. Undefined: more than 30. */
export function expiryWarning(
  { notAfter }: Pick<CertificateSeen, 'notAfter'>,
  now: number,
): 30 | 7 | 1 | 0 | undefined {
  const days = (notAfter - now) / 86_400_000;
  if (days <= 0) return 0;
  return days <= 1 ? 1 : days <= 7 ? 7 : days <= 30 ? 30 : undefined;
}

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
