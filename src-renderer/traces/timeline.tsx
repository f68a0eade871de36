import { isErrorStatus, type TraceEvent } from '../../shared/trace.ts';
import { duration, percent } from '../format.ts';
import { t } from '../strings.ts';
import { phasesOf } from './trace-look.ts';

const words = t.traces.detail;
const width = 400;

interface TrackProps {
  readonly name: string;
  readonly from: number;
  readonly length: number;
  readonly className: string;
  readonly value: string;
  readonly say: string;
  readonly limit?: boolean;
}

function Track({ name, from, length, className, value, say, limit = false }: TrackProps) {
  const start = Math.min(from * width, width - 2);
  return (
    <>
      <dt>{name}</dt>
      <dd className="track">
        <svg viewBox={`0 0 ${width} 12`} preserveAspectRatio="none" role="img" aria-label={say}>
          <rect className="ground" width={width} height="12" rx="3" />
          {length > 0 && (
            <rect
              className={className}
              x={start}
              width={Math.min(Math.max(length * width, 2), width - start)}
              height="12"
              rx="2"
            />
          )}
          {limit && <rect className="limit" x={width - 2} width="2" height="12" />}
        </svg>
      </dd>
      <dd className="value num">{value}</dd>
    </>
  );
}

/** Where the time went, and how much of the deadline it took. */
export function Timeline({ call, now }: { readonly call: TraceEvent; readonly now: number }) {
  const { held, queue, server, post, total } = phasesOf(call, now);
  const whole = Math.max(total, 1);
  const { phases } = words;
  const share = call.deadlineMs === undefined ? undefined : total / call.deadlineMs;
  const deadlineTone = share === undefined ? '' : share >= 1 ? 'fault' : share > 0.8 ? 'warn' : 'ok';
  const track = (name: string, from: number, ms: number, className: string) => (
    <Track
      name={name}
      from={from / whole}
      length={ms / whole}
      className={className}
      value={duration(ms)}
      say={words.phaseSay(name, duration(ms))}
    />
  );
  return (
    <dl className="timeline">
      {held > 0 && track(phases.held, 0, held, 'wait')}
      {track(phases.queue, held, queue, 'wait')}
      {track(phases.server, held + queue, server, isErrorStatus(call.status) ? 'fault' : 'server')}
      {track(phases.post, held + queue + server, post, 'post')}
      {share === undefined || call.deadlineMs === undefined ? (
        <>
          <dt>{phases.deadline}</dt>
          <dd className="track faint">{words.noDeadline}</dd>
          <dd />
        </>
      ) : (
        <Track
          name={phases.deadline}
          from={0}
          length={Math.min(share, 1)}
          className={deadlineTone}
          value={words.deadlineUsed(percent(share))}
          say={words.deadlineSay(percent(share), duration(call.deadlineMs), call.deadlineOwn === true)}
          limit
        />
      )}
    </dl>
  );
}
