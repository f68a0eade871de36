import { useState } from 'react';
import { describe } from '../../shared/messages.ts';
import { hiddenValue, type TraceDetail, type TraceRow } from '../../shared/trace-view.ts';
import type { HeaderList } from '../../shared/trace.ts';
import { bytes, clock, duration } from '../format.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { BodyView } from './body-view.tsx';
import { Hidden } from './hidden.tsx';

const words = t.traces.detail;

interface HeadersProps {
  readonly title: string;
  readonly traceId: number;
  readonly part: 'request-headers' | 'response-headers';
  readonly headers: HeaderList;
}

function Headers({ title, traceId, part, headers }: HeadersProps) {
  const seen = new Map<string, number>();
  return (
    <section>
      <h3 className="label">{title}</h3>
      {headers.length === 0 ? (
        <p className="muted">{words.noHeaders}</p>
      ) : (
        <dl className="facts headers">
          {headers.map(([name, value], index) => {
            const nth = seen.get(name) ?? 0;
            seen.set(name, nth + 1);
            return [
              <dt key={`${index}:`}>
                <code>{name}</code>
              </dt>,
              <dd key={index}>
                <code>
                  {value === hiddenValue ? (
                    <Hidden traceId={traceId} place={{ part, pointer: `${name}/${nth}` }} name={name} />
                  ) : (
                    value
                  )}
                </code>
              </dd>,
            ];
          })}
        </dl>
      )}
    </section>
  );
}

export function HeaderLists({ detail }: { readonly detail: TraceDetail }) {
  const { row, requestHeaders, responseHeaders } = detail;
  return (
    <div className="stack scrolls">
      <Headers title={words.requestHeaders} traceId={row.id} part="request-headers" headers={requestHeaders} />
      <Headers title={words.responseHeaders} traceId={row.id} part="response-headers" headers={responseHeaders} />
    </div>
  );
}

interface NotificationsProps {
  readonly traceId: number;
  readonly notifications: TraceDetail['notifications'];
}

/** In the order in which they came; one opens at a time. */
export function NotificationList({ traceId, notifications }: NotificationsProps) {
  const [open, setOpen] = useState<number>();
  if (notifications.length === 0) return <p className="body-say muted">{words.noNotifications}</p>;
  return (
    <ol className="notifications scrolls">
      {notifications.map(({ at, size, dropped, body }, index) => (
        <li key={index}>
          <Button
            kind="quiet"
            aria-expanded={open === index}
            onPress={() => setOpen(open === index ? undefined : index)}
          >
            <span className="num">+{duration(at)}</span>
            <span className="faint">{bytes(size)}</span>
            {dropped && <span className="tone-warn">{words.notPosted}</span>}
          </Button>
          {open === index && <BodyView traceId={traceId} part={index} bodyRef={body} isOpen={false} />}
        </li>
      ))}
    </ol>
  );
}

export function StderrList({ lines }: { readonly lines: TraceDetail['stderr'] }) {
  if (lines.length === 0) return <p className="body-say muted">{words.noStderr}</p>;
  return (
    <pre className="raw" tabIndex={0}>
      {lines.map(({ at, text }) => `${clock(at).join('')}  ${text}`).join('\n')}
    </pre>
  );
}

export function AttemptList({ row }: { readonly row: TraceRow }) {
  if (row.attempts.length === 0) return <p className="body-say muted">{words.noAttempts}</p>;
  return (
    <ol className="attempts scrolls">
      {row.attempts.map(({ at, ms, status, error }, index) => (
        <li key={index}>
          <span className="num">+{duration(at)}</span>
          <span>{error ? describe(error).title : words.attempt(status)}</span>
          <span className="faint num">{duration(ms)}</span>
        </li>
      ))}
    </ol>
  );
}
