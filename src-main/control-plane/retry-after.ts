/** One answer must not stall the client: a longer wait is cut to this. */
const longestMs = 60_000;

const httpDate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * A `Retry-After` value, seconds or HTTP date, in milliseconds from `wall` (milliseconds since the epoch); at most 60 s.
 * Undefined when it is malformed, negative or over (protocol.md, "Errors, retries, and concurrency").
 */
export function parseRetryAfter(value: string, wall: number): number | undefined {
  const text = value.trim();
  if (/^[0-9]+$/.test(text)) return Math.min(Number(text) * 1_000, longestMs);
  if (!httpDate.test(text)) return undefined;
  const delay = Date.parse(text) - wall;
  return delay > 0 ? Math.min(delay, longestMs) : undefined;
}
