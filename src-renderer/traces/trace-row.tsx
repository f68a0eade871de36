import { memo } from 'react';
import { isErrorStatus, isOpenStatus } from '../../shared/trace.ts';
import type { TraceRow as Row } from '../../shared/trace-view.ts';
import { clock, duration } from '../format.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { toneIcons } from '../ui/tone.tsx';
import { phasesOf, toneOf } from './trace-look.ts';

const barWidth = 150;

/** Short calls stay visible beside long ones: a bar's length is a logarithm. */
const lengthOf = (ms: number): number => Math.log10(1 + ms / 5);

/** Held and queued, server and post-back as parts of one bar. */
const Bar = memo(function Bar({
  row,
  longest,
  now,
}: {
  readonly row: Row;
  readonly longest: number;
  readonly now: number;
}) {
  const { held, queue, server, post, total } = phasesOf(row, now);
  const before = held + queue;
  const length = barWidth * Math.min(1, lengthOf(total) / lengthOf(Math.max(longest, 50)));
  const scale = total === 0 ? 0 : length / total;
  const serverAt = Math.max(before * scale, before > 0 ? 2 : 0);
  const postAt = serverAt + server * scale;
  return (
    <svg className="bar" viewBox={`0 0 ${barWidth} 8`} preserveAspectRatio="none" aria-hidden="true">
      <rect className="wait" width={serverAt} height="8" />
      <rect
        className={isErrorStatus(row.status) ? 'fault' : 'server'}
        x={serverAt}
        width={Math.max(server * scale, 1)}
        height="8"
      />
      <rect className="post" x={postAt} width={post * scale} height="8" />
    </svg>
  );
});

interface Props {
  readonly row: Row | undefined;
  readonly index: number;
  readonly top: number;
  readonly total: number;
  readonly longest: number;
  readonly now: number;
  readonly tunnel: string | undefined;
  readonly isCurrent: boolean;
  readonly isMarked: boolean;
  readonly onPick: (row: Row, event: React.MouseEvent) => void;
}

export const rowId = (id: number): string => `trace-${id}`;

export const TraceListRow = memo(function TraceListRow(props: Props) {
  const { row, index, top, total, longest, now, tunnel, isCurrent, isMarked, onPick } = props;
  const place = { transform: `translateY(${top}px)` };
  if (!row) return <div className="trace-row" style={place} aria-hidden="true" />;
  const tone = toneOf[row.status];
  const [time, fraction] = clock(row.receivedAt);
  const open = isOpenStatus(row.status);
  return (
    <div
      id={rowId(row.id)}
      className={`trace-row${isCurrent ? ' current' : ''}${isMarked ? ' marked' : ''}`}
      style={place}
      role="option"
      aria-selected={isCurrent || isMarked}
      aria-setsize={total}
      aria-posinset={index + 1}
      onClick={(event) => onPick(row, event)}
    >
      <time>
        {time}
        <i>{fraction}</i>
      </time>
      <span className={`mark tone-${tone}`} title={t.traces.status[row.status]}>
        <Icon name={toneIcons[tone]} />
        <span className="visually-hidden">{t.traces.status[row.status]}</span>
      </span>
      <span className="what clip">
        <b>{row.method}</b>
        {row.target !== undefined && <span>{row.target}</span>}
      </span>
      {row.pinned ? (
        <span className="pin" title={t.traces.row.pinned}>
          <Icon name="pin" />
        </span>
      ) : (
        <span className="pin" />
      )}
      <span className="whose clip">{tunnel}</span>
      <Bar row={row} longest={longest} now={open ? now : 0} />
      <span className="took num">
        {duration(phasesOf(row, now).total)}
        {open && t.traces.row.open}
      </span>
    </div>
  );
});
