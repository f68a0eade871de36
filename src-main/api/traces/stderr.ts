import type { Log } from '../../observe/log.ts';

/** The lines of stderr that were logged while a call ran. */
export const stderrOf =
  (log: Log) =>
  ({ channel, tunnel, from, to }: { channel: string; tunnel: string; from: number; to: number }) =>
    log
      .recent(2_000)
      .filter((line) => line.tunnel === tunnel && line.channel === channel && line.fields['stream'] === 'stderr')
      .filter(({ at }) => at >= from && at <= to)
      .slice(-200)
      .map(({ at, message }) => ({ at, text: message }));
