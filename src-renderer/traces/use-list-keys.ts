import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { TraceWindow } from '../../shared/trace-view.ts';

interface Options {
  readonly window: TraceWindow | undefined;
  readonly current: number | undefined;
  readonly pageRows: number;
  readonly scrollTo: (index: number) => void;
  readonly onCurrent: (id: number) => void;
  readonly onMark: (id: number) => void;
  readonly onOpen: () => void;
}

/** ↑ ↓ Page Home End move, Space marks, Enter opens. A row that is not loaded yet becomes current when it comes. */
export function useListKeys({ window, current, pageRows, scrollTo, onCurrent, onMark, onOpen }: Options) {
  const wanted = useRef<number>(undefined);
  const place = useRef(0);
  const rows = window?.rows ?? [];
  const from = window?.from ?? 0;
  const found = rows.findIndex(({ id }) => id === current);

  useEffect(() => {
    if (found >= 0) place.current = from + found;
    const index = wanted.current;
    const row = index === undefined ? undefined : rows[index - from];
    if (row) {
      wanted.current = undefined;
      onCurrent(row.id);
    }
  });

  return (event: KeyboardEvent): void => {
    const total = window?.total ?? 0;
    if (total === 0) return;
    const at = current === undefined ? -1 : place.current;
    const target = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + pageRows,
      PageUp: at - pageRows,
      Home: 0,
      End: total - 1,
    }[event.key];
    if (target !== undefined) {
      const index = Math.max(0, Math.min(total - 1, target));
      scrollTo(index);
      const row = rows[index - from];
      if (row) onCurrent(row.id);
      else wanted.current = index;
      place.current = index;
    } else if (event.key === 'Enter' && current !== undefined) onOpen();
    else if (event.key === ' ' && current !== undefined) onMark(current);
    else return;
    event.preventDefault();
  };
}
