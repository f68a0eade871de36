import { openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import type { LogLine } from '../../shared/log.ts';
import type { ProcessSettings } from '../settings/process-settings.ts';
import { peopleLine, structLine } from './log-format.ts';
import { makeFolderSync } from '../files/make-folder.ts';

/** Whether what is written to this stream is read by a person at a terminal. */
const isColoured = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb';

/**
 * What a log line is written with: the format and place that were asked for. pino is loaded for JSON alone. Rejects with
 * `config_unreadable` when the file cannot be opened.
 */
export async function openLogOutput(settings: ProcessSettings['log']): Promise<(line: LogLine) => void> {
  const fd = settings.file === undefined ? undefined : openFile(settings.file);
  if (settings.format === 'json') {
    const { destination, pino, stdTimeFunctions } = await import('pino');
    const out = pino(
      {
        level: 'trace',
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        messageKey: 'msg',
        formatters: { level: (label) => ({ level: label }) },
      },
      destination({ dest: fd ?? 1, sync: true }),
    );
    return ({ level, message, tunnel, channel, fields }) => out[level]({ tunnel, channel, ...fields }, message);
  }
  const coloured = fd === undefined && isColoured(process.stdout);
  const format = settings.format === 'struct-text' ? structLine : (line: LogLine) => peopleLine(line, coloured);
  if (fd !== undefined) return (line) => void writeSync(fd, format(line));
  return (line) => void process.stdout.write(format(line));
}

function openFile(file: string): number {
  try {
    makeFolderSync(dirname(file));
    return openSync(file, 'a', 0o600);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new TunnelError(
      'config_unreadable',
      'local',
      { file, problem: `the log cannot be written there (${code})`, hint: 'Choose another --log.file.' },
      { cause },
    );
  }
}
