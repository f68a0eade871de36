import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import type { TraceBodyPart } from '../../shared/trace.ts';
import { t } from '../strings.ts';
import { IconButton } from '../ui/button.tsx';
import { ancestorsOf, findInTree, foldablePaths, linesOf, type JsonNode } from './json-tree.ts';
import { JsonTreeLine } from './json-line.tsx';

const words = t.traces.body;
const lineHeight = 20;
/** Of a larger body only the upper levels are open at first. */
const manyNodes = 600;

interface Props {
  readonly traceId: number;
  readonly part: TraceBodyPart;
  readonly root: JsonNode;
  readonly hidden: readonly string[];
  /** The body's own controls, before and after those of the tree. */
  readonly lead: ReactNode;
  readonly tail: ReactNode;
}

function firstFolds(root: JsonNode): ReadonlySet<string> {
  const all = foldablePaths(root, 1);
  return all.size > manyNodes / 4 ? foldablePaths(root, 3) : new Set<string>();
}

/** A body as a tree: folds, is searched, and shows hidden values one by one when asked. */
export function JsonView({ traceId, part, root, hidden, lead, tail }: Props) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(() => firstFolds(root));
  const [search, setSearch] = useState('');
  const [match, setMatch] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => linesOf(root, folded), [root, folded]);
  const found = useMemo(() => findInTree(root, search), [root, search]);
  const secret = useMemo(() => new Set(hidden), [hidden]);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer's functions are only used while rendering
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
    getItemKey: (index) => `${lines[index]?.node.path ?? ''}${lines[index]?.part ?? ''}`,
  });
  const toggle = (path: string): void => {
    const next = new Set(folded);
    if (!next.delete(path)) next.add(path);
    setFolded(next);
  };
  const show = (index: number, paths: readonly string[]): void => {
    const path = paths[index];
    setMatch(index);
    if (path === undefined) return;
    const open = new Set(folded);
    for (const each of ancestorsOf(path)) open.delete(each);
    if (open.size !== folded.size) setFolded(open);
    const place = linesOf(root, open).findIndex((line) => line.node.path === path);
    requestAnimationFrame(() => virtual.scrollToIndex(place, { align: 'center' }));
  };
  const onSearch = (text: string): void => {
    setSearch(text);
    show(0, findInTree(root, text));
  };
  const step = (by: number): void => show((match + by + found.length) % Math.max(found.length, 1), found);
  const current = found[match];
  return (
    <div className="json">
      <div className="body-head">
        {lead}
        <input
          className="input small-input"
          type="search"
          aria-label={words.search}
          placeholder={words.search}
          value={search}
          onChange={(event) => onSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          }}
        />
        {search !== '' && (
          <>
            <span className="faint small num" role="status">
              {words.matches(found.length === 0 ? 0 : match + 1, found.length)}
            </span>
            <IconButton icon="down" label={words.next} isDisabled={found.length === 0} onPress={() => step(1)} />
          </>
        )}
        <IconButton
          icon={folded.size === 0 ? 'minus' : 'plus'}
          label={folded.size === 0 ? words.foldAll : words.unfoldAll}
          onPress={() => setFolded(folded.size === 0 ? foldablePaths(root, 1) : new Set())}
        />
        {tail}
      </div>
      <div ref={scroller} className="json-lines" tabIndex={0} role="region" aria-label={words.tree}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const line = lines[index];
            if (!line) return null;
            return (
              <div
                key={key}
                data-index={index}
                ref={virtual.measureElement}
                className="json-row"
                style={{ transform: `translateY(${start}px)` }}
              >
                <JsonTreeLine
                  line={line}
                  traceId={traceId}
                  part={part}
                  isHidden={secret.has(line.node.pointer)}
                  search={search.toLowerCase()}
                  isMatch={line.node.path === current}
                  onToggle={toggle}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
