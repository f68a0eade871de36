import { useCallback, useEffect, useRef, useState } from 'react';
import type { TraceRow, TraceWindow } from '../../shared/trace-view.ts';
import { call, on } from '../api.ts';
import { useAppState } from '../store.ts';

export interface TraceList {
  readonly window: TraceWindow | undefined;
  /** Which rows are on screen. */
  readonly show: (from: number, count: number) => void;
  /** The list stands still at this call, or moves on with `undefined`. */
  readonly hold: (upTo: number | undefined) => void;
  readonly heldAt: number | undefined;
}

const firstRows = 60;

const facts = ({ status, dispatchedMs, answeredMs, postedMs, notifications, attempts, pinned, response }: TraceRow) =>
  `${status} ${dispatchedMs ?? ''} ${answeredMs ?? ''} ${postedMs ?? ''} ${notifications} ${attempts.length} ${pinned} ${response?.kept ?? ''}`;

/** Rows that did not change keep their identity, so that they are not drawn again. */
function keepRows(before: TraceWindow | undefined, next: TraceWindow): TraceWindow {
  if (!before) return next;
  const known = new Map(before.rows.map((row) => [row.id, row]));
  const rows = next.rows.map((row) => {
    const same = known.get(row.id);
    return same && facts(same) === facts(row) ? same : row;
  });
  return { ...next, rows };
}

/** One subscription: the engine filters, counts and sends the rows that are on screen, and what changes in them. */
export function useTraces(query: string): TraceList {
  const { connected } = useAppState();
  const [window, setWindow] = useState<TraceWindow>();
  const [heldAt, setHeldAt] = useState<number>();
  const subscription = useRef<number>(undefined);
  const asking = useRef(false);
  const range = useRef<{ version: number; from: number; count: number; upTo?: number | undefined }>({
    version: 0,
    from: 0,
    count: firstRows,
  });

  const request = useCallback(() => {
    const { upTo, ...rest } = range.current;
    return upTo === undefined ? rest : { ...rest, upTo };
  }, []);

  const take = useCallback((next: TraceWindow): void => {
    if (next.version === range.current.version) setWindow((before) => keepRows(before, next));
  }, []);

  /** Asks for the window that is wanted, one question at a time, until the answer is to the latest. */
  const sync = useCallback((): void => {
    if (asking.current) return;
    const ask = async (): Promise<void> => {
      if (subscription.current === undefined) return;
      const { version } = range.current;
      const reply = await call('traces.window', { subscription: subscription.current, window: request() });
      if (reply.ok) take(reply.value);
      if (version !== range.current.version) await ask();
    };
    asking.current = true;
    void ask().finally(() => {
      asking.current = false;
    });
  }, [request, take]);

  useEffect(() => {
    if (!connected) return;
    let gone = false;
    range.current = { ...range.current, version: range.current.version + 1, from: 0 };
    const off = on('traces.delta', (delta) => {
      if (delta.subscription === subscription.current) take(delta.window);
    });
    void call('traces.subscribe', { query, window: request() }).then((reply) => {
      if (!reply.ok) return;
      if (gone) {
        void call('traces.unsubscribe', { subscription: reply.value.subscription });
        return;
      }
      subscription.current = reply.value.subscription;
      take(reply.value.window);
      // The list was scrolled while the subscription was on its way.
      if (reply.value.window.version !== range.current.version) sync();
    });
    return () => {
      gone = true;
      off();
      if (subscription.current !== undefined) void call('traces.unsubscribe', { subscription: subscription.current });
      subscription.current = undefined;
    };
  }, [query, connected, request, take, sync]);

  const move = useCallback(
    (change: Partial<(typeof range)['current']>): void => {
      range.current = { ...range.current, ...change, version: range.current.version + 1 };
      sync();
    },
    [sync],
  );

  const show = useCallback(
    (from: number, count: number): void => {
      const { from: known, count: knownCount } = range.current;
      if (from !== known || count !== knownCount) move({ from, count });
    },
    [move],
  );

  const hold = useCallback(
    (upTo: number | undefined): void => {
      if (range.current.upTo === upTo) return;
      setHeldAt(upTo);
      move({ upTo });
    },
    [move],
  );

  return { window, show, hold, heldAt };
}
