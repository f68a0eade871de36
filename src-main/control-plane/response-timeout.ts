const grammar = /^([0-9]+)(ns|us|ms|s|m|h)$/;

const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** The reference counts nanoseconds in 64 bits with a sign: what does not fit there is no timeout at all. */
const longestMs = 2 ** 63 / 1e6;

/**
 * The value of a command's `response_timeout` in milliseconds (protocol.md, "Response timeout"): one unsigned integer and
 * one unit. Undefined for anything else, which means that the command has no deadline.
 */
export function parseResponseTimeout(value: string): number | undefined {
  const match = grammar.exec(value);
  if (match === null) return undefined;
  const ms = Number(match[1]) * (milliseconds[match[2] ?? ''] ?? Number.NaN);
  return ms < longestMs ? ms : undefined;
}
