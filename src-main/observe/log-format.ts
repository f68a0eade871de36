import type { LogLine } from '../../shared/log.ts';
import { printable } from '../../shared/printable.ts';

const two = (value: number): string => String(value).padStart(2, '0');
const colours = { trace: 90, debug: 90, info: 36, warn: 33, error: 31 } as const;
const paint = (code: number, text: string): string => `\u001b[${code}m${text}\u001b[0m`;

/** One line, and nothing in it that a terminal would obey. */
export const clean = (text: string): string => printable(text).replace(/[\n\t]/g, ' ');

const quoted = (value: string | number | boolean): string => {
  const text = clean(String(value));
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text;
};

const everything = (line: LogLine) =>
  Object.entries({
    ...(line.tunnel === undefined ? {} : { tunnel: line.tunnel }),
    ...(line.channel === undefined ? {} : { channel: line.channel }),
    ...line.fields,
  });

/** `12:03:04 info  The channel main is ready  server=everything`: local time, for people. */
export function peopleLine(line: LogLine, coloured: boolean): string {
  const at = new Date(line.at);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const level = line.level.padEnd(5);
  const rest = everything(line)
    .map(([key, value]) => `${key}=${quoted(value)}`)
    .join(' ');
  const message = clean(line.message);
  return coloured
    ? `${paint(90, time)} ${paint(colours[line.level], level)} ${message}${rest === '' ? '' : `  ${paint(90, rest)}`}\n`
    : `${time} ${level} ${message}${rest === '' ? '' : `  ${rest}`}\n`;
}

/** `time=… level=INFO msg="…" key=value`, as Go's log/slog writes text. */
export function structLine(line: LogLine): string {
  const fields = everything(line)
    .map(([key, value]) => ` ${key}=${quoted(value)}`)
    .join('');
  return `time=${new Date(line.at).toISOString()} level=${line.level.toUpperCase()} msg=${quoted(line.message)}${fields}\n`;
}
