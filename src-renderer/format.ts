const number = new Intl.NumberFormat('en');
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const count = (value: number): string => number.format(value);

/** A span of time with its unit, three digits at most: `84 ms`, `1.2 s`, `30 s`, `4 min`, `2 h`. */
export function duration(ms: number): string {
  if (ms < 1) return ms <= 0 ? '0 ms' : '<1 ms';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${oneDigit.format(seconds)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 59.5) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 23.5 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

/** A span as number and unit, for figures whose unit is set smaller. */
export function durationParts(ms: number): readonly [string, string] {
  const [value = '', unit = ''] = duration(ms).split(' ');
  return [value, unit];
}

export function ago(at: number, now: number): string {
  const ms = now - at;
  return ms < 1500 ? 'just now' : `${duration(Math.round(ms / 1000) * 1000)} ago`;
}

/** Seconds until then, never below zero. */
export const until = (at: number, now: number): string => duration(Math.max(0, Math.ceil((at - now) / 1000) * 1000));

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  const kib = size / 1024;
  return kib < 1023.5 ? `${oneDigit.format(kib)} KiB` : `${oneDigit.format(kib / 1024)} MiB`;
}

export const percent = (share: number): string => oneDigit.format(share * 100);

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `14:21:07` and `.412`, local time. */
export function clock(at: number): readonly [string, string] {
  const date = new Date(at);
  return [
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`,
    `.${pad(date.getMilliseconds(), 3)}`,
  ];
}

export const plural = (value: number, one: string, many: string): string =>
  `${count(value)} ${value === 1 ? one : many}`;
