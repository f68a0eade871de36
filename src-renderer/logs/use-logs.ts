import { useEffect, useState } from 'react';
import type { LogLine } from '../../shared/log.ts';
import { call, on } from '../api.ts';
import { useAppState } from '../store.ts';

const most = 5000;

export interface Logs {
  readonly lines: readonly LogLine[] | undefined;
  readonly dropped: number;
}

/** The last lines, then what comes; the oldest go. */
export function useLogs(): Logs {
  const { connected } = useAppState();
  const [logs, setLogs] = useState<Logs>({ lines: undefined, dropped: 0 });
  useEffect(() => {
    if (!connected) return;
    let live = true;
    const early: LogLine[] = [];
    const off = on('logs.lines', ({ lines, dropped }) =>
      setLogs((before) => {
        if (!before.lines) {
          early.push(...lines);
          return before;
        }
        return { lines: [...before.lines, ...lines].slice(-most), dropped: before.dropped + dropped };
      }),
    );
    void call('logs.follow', { limit: most }).then((reply) => {
      if (!live || !reply.ok) return;
      const { lines } = reply.value;
      const last = lines.at(-1)?.seq ?? 0;
      setLogs({ lines: [...lines, ...early.filter(({ seq }) => seq > last)], dropped: 0 });
    });
    return () => {
      live = false;
      off();
      void call('logs.unfollow');
    };
  }, [connected]);
  return logs;
}
