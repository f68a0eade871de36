import type { Evidence } from '../../shared/evidence.ts';
import { daysUntil, expiryWarning } from '../../shared/certificates.ts';

/**
 * A handshake with the days that are left until the first certificate of its chain ends; few of them are a doubt. Anything
 * else stays as it is.
 *
 * @param now - wall-clock milliseconds
 */
export function withDaysLeft(found: Evidence, now: number): Evidence {
  const { endsFirst, endsFirstMs, ...facts } = found.facts;
  if (typeof endsFirstMs !== 'number' || typeof endsFirst !== 'string') return found;
  const daysLeft = daysUntil(endsFirstMs, now);
  const known = { ...found, facts: { ...facts, daysLeft } };
  if (found.outcome !== 'pass' || !expiryWarning({ notAfter: endsFirstMs }, now)) return known;
  const summary = `The certificate of ${endsFirst} expires in ${daysLeft} days; whoever runs the other end has to renew it.`;
  return { ...known, outcome: 'warn', facts: { ...known.facts, summary } };
}
