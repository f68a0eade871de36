import { useEffect, useMemo, useState, type ReactNode } from 'react';
import type { TraceBody } from '../../shared/trace-view.ts';
import type { BodyRef, TraceBodyPart } from '../../shared/trace.ts';
import { run } from '../api.ts';
import { copyText } from '../copy.ts';
import { bytes } from '../format.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { Segments } from '../ui/choice.tsx';
import { parseJsonTree } from './json-tree.ts';
import { JsonView } from './json-view.tsx';

const words = t.traces.body;

interface Props {
  readonly traceId: number;
  readonly part: TraceBodyPart;
  readonly bodyRef: BodyRef | undefined;
  readonly isOpen: boolean;
}

const Say = ({ children }: { readonly children: ReactNode }) => <p className="body-say muted">{children}</p>;

/** A request, response or notification: as a tree, or as it came. */
export function BodyView({ traceId, part, bodyRef, isOpen }: Props) {
  const [body, setBody] = useState<TraceBody>();
  const [view, setView] = useState<'tree' | 'raw'>('tree');
  const there = bodyRef !== undefined && (bodyRef.kept === 'kept' || bodyRef.kept === 'truncated');
  useEffect(() => {
    if (!there) return;
    let live = true;
    void run('traces.body', { id: traceId, part }).then((found) => live && setBody(found));
    return () => {
      live = false;
    };
  }, [traceId, part, there]);
  const root = useMemo(
    () => (body?.text !== undefined && body.encoding === 'utf8' ? parseJsonTree(body.text) : undefined),
    [body],
  );
  if (!bodyRef) return <Say>{isOpen ? words.notYet : words.none}</Say>;
  if (bodyRef.kept === 'dropped') return <Say>{words.dropped(bytes(bodyRef.size))}</Say>;
  if (bodyRef.kept === 'off') return <Say>{words.off}</Say>;
  if (!body) return <Say>{<span className="spinner" />}</Say>;
  const text = body.text ?? '';
  if (text === '') return <Say>{words.none}</Say>;
  const note =
    body.ref.kept === 'truncated'
      ? words.truncated(bytes(text.length), bytes(body.ref.size))
      : body.encoding === 'base64'
        ? words.binary
        : root
          ? undefined
          : words.notJson;
  const lead = root && (
    <Segments
      label={t.traces.detail.view}
      value={view}
      onChange={setView}
      options={[
        ['tree', t.traces.detail.views.tree],
        ['raw', t.traces.detail.views.raw],
      ]}
    />
  );
  const tail = (
    <>
      <span className="grow" />
      <span className="size faint small">{bytes(body.ref.size)}</span>
      <IconButton icon="copy" label={words.copy} onPress={() => void copyText(text)} />
    </>
  );
  return (
    <div className="body-view">
      {note !== undefined && <p className="faint small">{note}</p>}
      {root && view === 'tree' ? (
        <JsonView traceId={traceId} part={part} root={root} hidden={body.hidden} lead={lead} tail={tail} />
      ) : (
        <>
          <div className="body-head">
            {lead}
            {tail}
          </div>
          <pre className="raw" tabIndex={0}>
            {text}
          </pre>
        </>
      )}
    </div>
  );
}
