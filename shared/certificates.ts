import type { TunnelErrorData } from './errors.ts';
import type { CertificateSeen } from './tunnel.ts';

/** What to warn of: the days left that were reached, of 30, 7 and 1; 0 once it is over. Undefined: more than 30. */
export function expiryWarning(
  { notAfter }: Pick<CertificateSeen, 'notAfter'>,
  now: number,
): 30 | 7 | 1 | 0 | undefined {
  const days = (notAfter - now) / 86_400_000;
  if (days <= 0) return 0;
  return days <= 1 ? 1 : days <= 7 ? 7 : days <= 30 ? 30 : undefined;
}

/** Days until then, to the nearest: what every page and message counts. */
export const daysUntil = (time: number, now: number): number => Math.round((time - now) / 86_400_000);

/** The warning as an error of the catalogue: whose certificate, until when, and how long that is. */
export function expiryError({ of, subject, notAfter }: CertificateSeen, now: number): TunnelErrorData {
  const days = daysUntil(notAfter, now);
  const when = notAfter <= now ? 'now' : days <= 1 ? 'within a day' : `within ${days} days`;
  const params = { subject, when, notAfter: new Date(notAfter).toISOString().slice(0, 10) };
  return of === 'client'
    ? { code: 'certificate_ends', leg: 'local', params }
    : { code: 'certificate_ends_there', leg: of, params };
}
