import type { IncomingMessage } from 'node:http';
import type { LogLevel } from '../../shared/settings.ts';
import { logLevels } from '../../shared/log-level.ts';
import type { Log } from '../observe/log.ts';
import { plain } from './http-listener.ts';
import type { Listener } from './listener.ts';
import { json } from './probes.ts';

const mostBytes = 1_024;

async function body(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > mostBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const levelOf = (value: unknown): LogLevel | undefined => {
  const level = typeof value === 'object' && value !== null && 'level' in value ? value.level : undefined;
  return logLevels.find((known) => known === (typeof level === 'string' ? level.toLowerCase() : undefined));
};

/** `GET /api/log-level` tells the level, `PUT {"level":"debug"}` switches it while everything runs. */
export function mountLogLevel(listener: Listener, log: Log): void {
  listener.mount('/api/log-level', 'local', async (request, response) => {
    if (request.method === 'PUT') {
      const level = levelOf(await body(request));
      if (level === undefined)
        return plain(response, 400, `a body such as {"level":"debug"}, with one of ${logLevels.join(', ')}`);
      log.level = level;
      log.info(`The log level is ${level} now.`);
    } else if (request.method !== 'GET') {
      response.setHeader('Allow', 'GET, PUT');
      return plain(response, 405, 'only GET and PUT are answered here');
    }
    json(response, 200, { level: log.level, levels: logLevels });
  });
}
