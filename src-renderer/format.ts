import { locale } from '../shared/messages/language.ts';
import { t } from './strings.ts';

const formats = new Map<string, Intl.NumberFormat>();

function digits(value: number, maximumFractionDigits: number): string {
  const key = `${locale()} ${maximumFractionDigits}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(locale(), { maximumFractionDigits })));
  return format.format(value);
}

export const count = (value: number): string => digits(value, 3);

/** A span of time with its unit, three digits at most: `84 ms`, `1.2 s`, `30 s`, `4 min`, `2 h`. */
export function duration(ms: number): string {
  if (ms < 1) return ms <= 0 ? '0 ms' : '<1 ms';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${digits(seconds, 1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 59.5) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 23.5 ? `${Math.round(hours)} h` : t.units.days(Math.round(hours / 24));
}

/** A span as number and unit, for figures whose unit is set smaller. */
export function durationParts(ms: number): readonly [string, string] {
  const [value = '', unit = ''] = duration(ms).split(' ');
  return [value, unit];
}

export function ago(at: number, now: number): string {
  const ms = now - at;
  return ms < 1500 ? t.units.justNow : t.units.ago(duration(Math.round(ms / 1000) * 1000));
}

/** Seconds until then, never below zero. */
export const until = (at: number, now: number): string => duration(Math.max(0, Math.ceil((at - now) / 1000) * 1000));

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  const kib = size / 1024;
  return kib < 1023.5 ? `${digits(kib, 1)} KiB` : `${digits(kib / 1024, 1)} MiB`;
}

export const percent = (share: number): string => digits(share * 100, 1);

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `14:21:07` and `.412`, local time. */
export function clock(at: number): readonly [string, string] {
  const date = new Date(at);
  return [
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`,
    `.${pad(date.getMilliseconds(), 3)}`,
  ];
}
