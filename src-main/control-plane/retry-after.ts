/** One answer must not stall the client: a longer wait is cut to this. */
const longestMs = 60_000;

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const time = '\\d{2}:\\d{2}:\\d{2}';
/** RFC 9110, 5.6.7: the form that is written today, and the two older ones that are still to be read. */
const fixedDate = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d{2} ${month} \\d{4} ${time} GMT$`);
const rfc850Date = new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-${month}-\\d{2} ${time} GMT$`);
const asctimeDate = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${month} [ \\d]\\d ${time} \\d{4}$`);

function parseDate(text: string): number {
  if (fixedDate.test(text) || rfc850Date.test(text)) return Date.parse(text);
  return asctimeDate.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}

/**
 * A `Retry-After` value, seconds or HTTP date, in milliseconds from `wall` (milliseconds since the epoch); at most 60 s.
 * Undefined when it is malformed, negative or over (protocol.md, "Errors, retries, and concurrency").
 */
export function parseRetryAfter(value: string, wall: number): number | undefined {
  const text = value.trim();
  if (/^[0-9]+$/.test(text)) return Math.min(Number(text) * 1_000, longestMs);
  const delay = parseDate(text) - wall;
  return delay > 0 ? Math.min(delay, longestMs) : undefined;
}
