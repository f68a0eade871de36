/** Nanoseconds in each unit that both grammars know. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** The longest duration either grammar can say: signed 64-bit nanoseconds, about 292 years. */
const MAX_NANOSECONDS = 2n ** 63n - 1n;

const toMilliseconds = (nanoseconds: bigint): number => Number(nanoseconds) / 1e6;

/**
 * A command's `response_timeout` in milliseconds (protocol.md, "Response timeout"): one unsigned integer and one unit.
 * Undefined, which means no deadline, for anything else and for what overflows 64-bit nanoseconds.
 */
export function parseResponseTimeout(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]+)(ns|us|ms|s|m|h)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  // Nobody means more digits than this; converting a megabyte of them would take seconds.
  const significant = digits.replace(/^0+/, '');
  if (significant.length > 19) return undefined;
  const nanoseconds = BigInt(significant) * (units[unit] ?? 0n);
  return nanoseconds > MAX_NANOSECONDS ? undefined : toMilliseconds(nanoseconds);
}

/**
 * A duration in configuration, as Go writes them (`1m0s`, `250ms`, `1.5h`, `-3s`, `0`), in milliseconds, negative if it
 * says so. Undefined for anything else; a bare number other than zero has no unit and is not a duration.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > 256) return undefined;
  const [, sign, rest = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  const component = /([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/y;
  let nanoseconds = 0n;
  do {
    const [, whole = '', fraction = '', unit = ''] = component.exec(rest) ?? [];
    const size = units[unit];
    if (size === undefined || whole + fraction === '') return undefined;
    nanoseconds += BigInt(whole) * size + (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  } while (component.lastIndex < rest.length);
  // As in Go, only the negative side reaches 2^63.
  if (nanoseconds > MAX_NANOSECONDS + (sign === '-' ? 1n : 0n)) return undefined;
  return sign === '-' ? -toMilliseconds(nanoseconds) : toMilliseconds(nanoseconds);
}
