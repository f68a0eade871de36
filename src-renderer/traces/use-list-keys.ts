import { useCallback, useEffect, useRef, type KeyboardEvent } from 'react';
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

interface ListKeys {
  readonly onKeyDown: (event: KeyboardEvent) => void;
  /** Another row was picked: the one that a key asked for, and that has not come yet, is not wanted any more. */
  readonly forget: () => void;
}

/** ↑ ↓ Page Home End move, Space marks, Enter opens. A row that is not loaded yet becomes current when it comes. */
export function useListKeys(options: Options): ListKeys {
  const { window, current, pageRows, scrollTo, onCurrent, onMark, onOpen } = options;
  const wanted = useRef<number>(undefined);
  const place = useRef(0);
  const rows = window?.rows ?? [];
  const from = window?.from ?? 0;
  const total = window?.total ?? 0;
  const found = rows.findIndex(({ id }) => id === current);

  useEffect(() => {
    if (found >= 0) place.current = from + found;
    // the list may have become shorter meanwhile: then it is the last one
    const row = wanted.current === undefined ? undefined : rows[Math.min(wanted.current, total - 1) - from];
    if (row) {
      wanted.current = undefined;
      onCurrent(row.id);
    }
  });

  const forget = useCallback((): void => {
    wanted.current = undefined;
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (total === 0) return;
    const at = wanted.current ?? (current === undefined ? -1 : place.current);
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
      wanted.current = row ? undefined : index;
      if (row) onCurrent(row.id);
      place.current = index;
    } else if (event.key === 'Enter' && current !== undefined) onOpen();
    else if (event.key === ' ' && current !== undefined) onMark(current);
    else return;
    event.preventDefault();
  };
  return { onKeyDown, forget };
}
