import { memo } from 'react';
import type { TraceBodyPart } from '../../shared/trace.ts';
import { t } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { Hidden } from './hidden.tsx';
import type { JsonLine } from './json-tree.ts';

const words = t.traces.body;
const longest = 4000;

/** A text with the places of a search marked. */
function Marked({ text, search }: { readonly text: string; readonly search: string }) {
  if (search === '') return text;
  const at = text.toLowerCase().indexOf(search);
  if (at < 0) return text;
  const end = at + search.length;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, end)}</mark>
      <Marked text={text.slice(end)} search={search} />
    </>
  );
}

interface Props {
  readonly line: JsonLine;
  readonly traceId: number;
  readonly part: TraceBodyPart;
  readonly isHidden: boolean;
  readonly search: string;
  readonly isMatch: boolean;
  readonly onToggle: (path: string) => void;
}

export const JsonTreeLine = memo(function JsonTreeLine(props: Props) {
  const { line, traceId, part, isHidden, search, isMatch, onToggle } = props;
  const { node, depth, part: linePart, comma } = line;
  const [opening, closing] = node.kind === 'array' ? ['[', ']'] : ['{', '}'];
  const folds = node.children.length > 0;
  const tail = comma ? ',' : '';
  const inside = node.kind === 'array' ? words.items(node.children.length) : words.members(node.children.length);
  const raw = node.raw.length > longest ? node.raw.slice(0, longest) : node.raw;
  return (
    <div className={`json-line${isMatch ? ' match' : ''}`} style={{ paddingInlineStart: `${depth * 16 + 18}px` }}>
      {folds && linePart !== 'close' && (
        <button
          type="button"
          className={`fold${linePart === 'folded' ? ' folded' : ''}`}
          style={{ insetInlineStart: `${depth * 16}px` }}
          aria-label={linePart === 'folded' ? words.unfold : words.fold}
          aria-expanded={linePart !== 'folded'}
          onClick={() => onToggle(node.path)}
        >
          <Icon name="down" />
        </button>
      )}
      {node.key !== undefined && linePart !== 'close' && (
        <>
          <span className="key">
            <Marked text={node.key} search={search} />
          </span>
          {': '}
        </>
      )}
      {linePart === 'close' && closing}
      {linePart === 'open' && opening}
      {linePart === 'folded' && (
        <>
          {opening}
          {folds && (
            <button type="button" className="folded-items" onClick={() => onToggle(node.path)}>
              {inside}
            </button>
          )}
          {closing}
        </>
      )}
      {linePart === 'leaf' &&
        (isHidden ? (
          <Hidden traceId={traceId} place={{ part, pointer: node.pointer }} name={node.key ?? node.pointer} />
        ) : (
          <span className={node.kind}>
            <Marked text={raw} search={search} />
            {raw.length < node.raw.length && <i>{words.more(node.raw.length - longest)}</i>}
          </span>
        ))}
      {tail}
    </div>
  );
});
