import type { LogLine } from '../../../shared/log.ts';
import type { LogLevel } from '../../../shared/settings.ts';
import { logLevels } from '../../../shared/log-level.ts';
import { peopleLine } from '../../observe/log-format.ts';
import type { Env } from '../../settings/layers.ts';
import { exitCodes } from '../exit.ts';
import { untilGone } from './follow.ts';
import { onlyProcess } from './processes.ts';

export interface LogsRequest {
  readonly follow: boolean;
  readonly level: LogLevel;
  readonly count: number;
  readonly pid: number | undefined;
}

/** The last lines of the log of the process that runs, then the new ones as they come. */
export async function showLogs(env: Env, { follow, level, count, pid }: LogsRequest): Promise<number> {
  const { client } = await onlyProcess(env, 'The log', pid);
  const least = logLevels.indexOf(level);
  const names = new Map<string, string>();
  let lastSeq = -1;
  let early: LogLine[] | undefined = [];
  const print = ({ tunnel, ...line }: LogLine): void => {
    if (line.seq <= lastSeq) return;
    lastSeq = line.seq;
    if (logLevels.indexOf(line.level) < least) return;
    const named = tunnel === undefined ? line : { ...line, tunnel: names.get(tunnel) ?? tunnel };
    process.stdout.write(peopleLine(named, process.stdout.isTTY));
  };
  const stream = follow
    ? await client.events({
        'logs.lines': ({ lines, dropped }) => {
          if (early) return void early.push(...lines);
          if (dropped > 0) process.stderr.write(`(${dropped} lines came too fast to be shown)\n`);
          lines.forEach(print);
        },
      })
    : undefined;
  const { tunnels } = await client.call('app.snapshot', undefined);
  for (const { id, snapshot } of tunnels) names.set(id, snapshot.name);
  const { lines } = await client.call('logs.follow', { limit: 5_000 });
  lines
    .filter((line) => logLevels.indexOf(line.level) >= least)
    .slice(-count)
    .forEach(print);
  early.forEach(print);
  early = undefined;
  if (stream) await untilGone(stream);
  else await client.call('logs.unfollow', undefined);
  return exitCodes.done;
}
