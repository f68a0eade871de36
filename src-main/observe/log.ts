import type { LogLine } from '../../shared/log.ts';
import type { LogLevel } from '../../shared/settings.ts';
import { logLevels } from '../../shared/log-level.ts';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Whom a line is about. */
export interface LogScope {
  readonly tunnel?: string;
  readonly channel?: string;
}

/**
 * Where the engine says what happens. No key, header value or payload goes in: callers name fields one by one, and a
 * line is a sentence of its own. Nothing waits for a line to be written.
 */
export interface Log {
  level: LogLevel;
  log(level: LogLevel, message: string, fields?: LogFields, scope?: LogScope): void;
  debug(message: string, fields?: LogFields, scope?: LogScope): void;
  info(message: string, fields?: LogFields, scope?: LogScope): void;
  warn(message: string, fields?: LogFields, scope?: LogScope): void;
  error(message: string, fields?: LogFields, scope?: LogScope): void;
  /** The last lines, oldest first, at most `limit`. */
  recent(limit: number): readonly LogLine[];
  /** Called for every line that is kept. Returns the way to unsubscribe. */
  onLine(listener: (line: LogLine) => void): () => void;
}

const rank = (level: LogLevel): number => logLevels.indexOf(level);

/** Fields are written in one way, whether a caller named them or they are parameters of an error. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @param write - gets every line at or above the level; @param kept - how many lines `recent` can give */
export function createLog(
  level: LogLevel,
  write: (line: LogLine) => void,
  kept = 2_000,
  now: () => number = Date.now,
): Log {
  let seq = 0;
  let lines: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();

  const self: Log = {
    level,
    log(lineLevel, message, fields = {}, scope = {}) {
      if (rank(lineLevel) < rank(self.level)) return;
      const given = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [snakeCase(name), value] as const);
      const line: LogLine = {
        seq: ++seq,
        at: now(),
        level: lineLevel,
        message,
        ...scope,
        fields: Object.fromEntries(given) as LogLine['fields'],
      };
      lines.push(line);
      if (lines.length > kept * 2) lines = lines.slice(-kept);
      write(line);
      for (const listener of listeners) listener(line);
    },
    debug: (message, fields, scope) => self.log('debug', message, fields, scope),
    info: (message, fields, scope) => self.log('info', message, fields, scope),
    warn: (message, fields, scope) => self.log('warn', message, fields, scope),
    error: (message, fields, scope) => self.log('error', message, fields, scope),
    recent: (limit) => lines.slice(-Math.min(limit, kept)),
    onLine(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return self;
}
