import type { PeerCertificate } from 'node:tls';
import type { ErrorParams } from '../../shared/errors.ts';

const date = (text: string): string => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString().slice(0, 10);
};

/** To the minute: a clock that is an hour off is on the right day. */
const minute = (text: string): string => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
};

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const nameOf = ({ CN, O }: PeerCertificate['subject']): string => first(CN) ?? first(O) ?? 'unnamed';

/** The issuer is missing where the chain does not lead to a root; Node's types say that it never is. */
interface Chained extends PeerCertificate {
  readonly issuerCertificate?: Chained;
}

/** Longer chains are no chains: each certificate names the next. */
const longestChain = 10;

/**
 * The certificates from the other end's own up to the root, each with its last day, and which of those that somebody has to
 * renew ends first; a root is replaced with the trust in it.
 */
export function describeChain(certificate: Chained): {
  chain?: string[];
  endsFirst?: string;
  endsFirstMs?: number;
} {
  const chain: string[] = [];
  let [endsFirst, endsFirstMs] = ['', Number.POSITIVE_INFINITY];
  let one: Chained | undefined = certificate;
  while (one && chain.length < longestChain && 'subject' in one) {
    const above: Chained | undefined = one.issuerCertificate;
    const isRoot: boolean = above?.fingerprint256 === one.fingerprint256;
    const until = Date.parse(one.valid_to);
    chain.push(`${nameOf(one.subject)} until ${date(one.valid_to)}`);
    if ((!isRoot || chain.length === 1) && until < endsFirstMs) [endsFirst, endsFirstMs] = [nameOf(one.subject), until];
    one = isRoot ? undefined : above;
  }
  return chain.length === 0 ? {} : { chain, endsFirst, endsFirstMs };
}

/** The first certificate above the other end's own that has expired while that has not: `authority`, `notAfter`. */
export function endedAuthority(certificate: Chained, nowMs: number): ErrorParams {
  let one: Chained | undefined = certificate;
  for (let above = 0; one && above < longestChain && 'subject' in one; above++) {
    if (Date.parse(one.valid_to) < nowMs)
      return above === 0 ? {} : { authority: nameOf(one.subject), notAfter: date(one.valid_to) };
    const next: Chained | undefined = one.issuerCertificate;
    one = next?.fingerprint256 === one.fingerprint256 ? undefined : next;
  }
  return {};
}

/** Facts of the other end's certificate for a sentence: whose it is, who issued it, how long it is valid. */
export function describePeer(certificate: PeerCertificate | null): ErrorParams & { notAfterMs?: number } {
  // An empty object when the peer sent none.
  if (certificate === null || !('subject' in certificate)) return {};
  const issuer = first(certificate.issuer.CN) ?? first(certificate.issuer.O);
  const subject = first(certificate.subject.CN);
  return {
    ...(issuer !== undefined && { issuer }),
    ...(subject !== undefined && { subject }),
    ...(certificate.subjectaltname !== undefined && {
      names: certificate.subjectaltname.replaceAll('DNS:', '').slice(0, 200),
    }),
    notBefore: minute(certificate.valid_from),
    notAfter: date(certificate.valid_to),
    notAfterMs: Date.parse(certificate.valid_to),
  };
}
