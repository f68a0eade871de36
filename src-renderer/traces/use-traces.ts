import { useCallback, useEffect, useRef, useState } from 'react';
import type { TraceWindow } from '../../shared/trace-view.ts';
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

/** One subscription: the engine filters, counts and sends the rows that are on screen, and what changes in them. */
export function useTraces(query: string): TraceList {
  const { connected } = useAppState();
  const [window, setWindow] = useState<TraceWindow>();
  const [heldAt, setHeldAt] = useState<number>();
  const subscription = useRef<number>(undefined);
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
    if (next.version === range.current.version) setWindow(next);
  }, []);

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
    });
    return () => {
      gone = true;
      off();
      if (subscription.current !== undefined) void call('traces.unsubscribe', { subscription: subscription.current });
      subscription.current = undefined;
    };
  }, [query, connected, request, take]);

  const move = useCallback(
    (change: Partial<(typeof range)['current']>): void => {
      range.current = { ...range.current, ...change, version: range.current.version + 1 };
      if (subscription.current === undefined) return;
      void call('traces.window', { subscription: subscription.current, window: request() }).then((reply) => {
        if (reply.ok) take(reply.value);
      });
    },
    [request, take],
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
