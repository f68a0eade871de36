import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { isOpenStatus } from '../../shared/trace.ts';
import type { TraceRow } from '../../shared/trace-view.ts';
import { useNow } from '../now.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { phasesOf } from './trace-look.ts';
import { rowId, TraceListRow } from './trace-row.tsx';
import { useListKeys } from './use-list-keys.ts';
import type { TraceList as List } from './use-traces.ts';

const rowHeight = 32;
const overscan = 12;
/** Rows are asked for ahead of the scrolling and in pieces, so that most frames ask for nothing. */
const ahead = 30;
const chunk = 30;

/** The longest call, rounded up to a half power of ten: bars keep their scale while rows come and go. */
function scaleOf(rows: readonly TraceRow[]): number {
  const longest = rows.reduce((most, row) => Math.max(most, phasesOf(row, row.receivedAt).total), 50);
  return 10 ** (Math.ceil(Math.log10(longest) * 2) / 2);
}

interface Props {
  readonly list: List;
  /** Another one begins at the top again. */
  readonly query: string;
  readonly paused: boolean;
  readonly current: number | undefined;
  readonly marked: ReadonlySet<number>;
  readonly onCurrent: (id: number) => void;
  readonly onMark: (id: number) => void;
  readonly onOpen: () => void;
}

/** A hundred thousand rows as one list: only those on screen exist, and only they are asked for. */
export function TraceList({ list, query, paused, current, marked, onCurrent, onMark, onOpen }: Props) {
  const { window, show, hold, heldAt } = list;
  const now = useNow();
  const tunnels = useApp((app) => app.tunnels);
  const names = useMemo(() => new Map(tunnels.map(({ id, snapshot }) => [id, snapshot.name])), [tunnels]);
  const scroller = useRef<HTMLDivElement>(null);
  const total = window?.total ?? 0;
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer's functions are only used while rendering
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const count = items.length;
  const from = Math.max(0, Math.floor((first - ahead) / chunk) * chunk);
  const until = Math.ceil((first + count + ahead) / chunk) * chunk;
  useEffect(() => {
    if (count > 0) show(from, until - from);
  }, [from, until, count, show]);

  // Another list begins at its top, and moves on. It is the same element, so that the keyboard stays in it.
  useEffect(() => {
    scroller.current?.scrollTo(0, 0);
    if (!paused) hold(undefined);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each list
  }, [query]);

  const rowAt = (index: number): TraceRow | undefined => window?.rows[index - window.from];
  const newest = window?.from === 0 ? window.rows[0]?.id : undefined;
  const onScroll = (): void => {
    if (paused) return;
    const top = scroller.current?.scrollTop ?? 0;
    // Away from the top the list stands still, so that what is being read does not move.
    if (top > rowHeight / 2 && heldAt === undefined && newest !== undefined) hold(newest);
    if (top === 0 && heldAt !== undefined) hold(undefined);
  };
  const toTop = (): void => {
    virtual.scrollToIndex(0);
    hold(undefined);
  };
  const { onKeyDown, forget } = useListKeys({
    window,
    current,
    pageRows: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight) - 1),
    scrollTo: (index) => virtual.scrollToIndex(index),
    onCurrent,
    onMark,
    onOpen,
  });
  const longest = useMemo(() => scaleOf(window?.rows ?? []), [window]);
  const pick = useCallback(
    (row: TraceRow, event: React.MouseEvent): void => {
      if (event.ctrlKey || event.metaKey) return onMark(row.id);
      forget();
      onCurrent(row.id);
    },
    [onMark, onCurrent, forget],
  );
  const several = names.size > 1;
  return (
    <section className="card trace-list">
      <div
        ref={scroller}
        className="scroller"
        role="listbox"
        aria-label={t.traces.list}
        aria-multiselectable="true"
        tabIndex={0}
        aria-activedescendant={current === undefined ? undefined : rowId(current)}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div
          className={`rows${several ? ' several' : ''}`}
          style={{ height: virtual.getTotalSize() }}
          role="presentation"
        >
          {items.map(({ index, start }) => {
            const row = rowAt(index);
            return (
              <TraceListRow
                key={row ? row.id : `wait-${index}`}
                row={row}
                index={index}
                top={start}
                total={total}
                longest={longest}
                now={row && isOpenStatus(row.status) ? now : 0}
                tunnel={several ? (names.get(row?.tunnel ?? '') ?? row?.tunnel) : undefined}
                isCurrent={row !== undefined && row.id === current}
                isMarked={row !== undefined && marked.has(row.id)}
                onPick={pick}
              />
            );
          })}
        </div>
      </div>
      {heldAt !== undefined && !paused && (window?.newer ?? 0) > 0 && (
        <div className="newer">
          <Button kind="primary" onPress={toTop}>
            {t.traces.newer(window?.newer ?? 0)}
          </Button>
        </div>
      )}
    </section>
  );
}
