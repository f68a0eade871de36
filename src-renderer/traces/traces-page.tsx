import { useCallback, useRef, useState } from 'react';
import { run } from '../api.ts';
import { saveFile } from '../download.ts';
import { startDemo } from '../overview/demo.ts';
import { go, useRoute } from '../route.ts';
import { notify } from '../shell/notices.tsx';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { TextMenu } from '../ui/menu.tsx';
import { Page } from '../ui/page.tsx';
import { FilterBar } from './filter-bar.tsx';
import { TraceDetailPane } from './trace-detail.tsx';
import { TraceList } from './trace-list.tsx';
import { useTraces } from './use-traces.ts';

const words = t.traces;

/** The address holds a call by its number, or a query. */
function readItem(item: string | undefined): { readonly id?: number; readonly query?: string } {
  if (item === undefined) return {};
  return /^\d+$/.test(item) ? { id: Number(item) } : { query: item };
}

async function clear(): Promise<void> {
  const result = await run('traces.clear');
  if (result) notify({ tone: 'ok', title: `${words.cleared(result.cleared)}.`, more: words.clearedMore });
}

export function TracesPage() {
  const { item } = useRoute();
  const asked = readItem(item);
  const [query, setQuery] = useState(asked.query ?? '');
  const [known, setKnown] = useState(item);
  if (item !== known) {
    setKnown(item);
    if (asked.query !== undefined) setQuery(asked.query);
  }
  const [paused, setPaused] = useState(false);
  const [marked, setMarked] = useState<ReadonlySet<number>>(new Set());
  const kept = useApp((app) => app.traces.count);
  const hasDemo = useApp((app) => app.capabilities.demo);
  const list = useTraces(query);
  const { window, hold } = list;
  const detail = useRef<HTMLElement>(null);
  const current = asked.id;

  const onCurrent = useCallback((id: number) => go('traces', String(id)), []);
  const onMark = useCallback((id: number) => {
    setMarked((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const togglePause = (): void => {
    const newest = window?.rows[0]?.id;
    setPaused(!paused);
    hold(paused ? undefined : newest);
  };
  const exportTraces = async (selection: { ids: number[] } | { query: string }): Promise<void> => {
    const result = await run('traces.export', selection);
    if (result) saveFile(result);
  };
  const isEmpty = window !== undefined && window.total === 0 && window.searched === undefined;
  const state = paused ? words.paused : words.live;
  const say = !window
    ? state
    : window.searched === undefined
      ? `${state} · ${words.found(window.total < window.kept ? 'some' : 'all', window.total, Math.max(window.kept, window.total))}`
      : words.searching(window.searched);
  return (
    <Page
      title={t.pages.traces}
      scrolls={false}
      say={<span role="status">{say}</span>}
      actions={
        <>
          <Button kind="quiet" icon={paused ? 'play' : 'pause'} isDisabled={kept === 0} onPress={togglePause}>
            {paused ? words.resume : words.pause}
          </Button>
          <Button kind="quiet" icon="trash" isDisabled={kept === 0} onPress={() => void clear()}>
            {words.clear}
          </Button>
          <TextMenu
            label={words.export}
            isDisabled={kept === 0}
            entries={[
              { label: words.exportAll, icon: 'download', onAction: () => void exportTraces({ query }) },
              marked.size === 0
                ? undefined
                : {
                    label: words.exportSelected(marked.size),
                    icon: 'download',
                    onAction: () => void exportTraces({ ids: [...marked] }),
                  },
            ]}
          />
        </>
      }
    >
      <FilterBar query={query} onChange={setQuery} />
      {isEmpty ? (
        <div className="card">
          {window.kept === 0 ? (
            <Empty
              icon="traces"
              title={words.empty.title}
              actions={hasDemo && <Button onPress={() => void startDemo()}>{words.empty.demo}</Button>}
            >
              {words.empty.say}
            </Empty>
          ) : (
            <Empty
              icon="search"
              title={words.empty.noneTitle}
              actions={<Button onPress={() => setQuery('')}>{words.filter.clear}</Button>}
            >
              {words.empty.noneSay(window.kept)}
            </Empty>
          )}
        </div>
      ) : (
        <div className={`split${current === undefined ? ' alone' : ''}`}>
          <TraceList
            list={list}
            query={query}
            paused={paused}
            current={current}
            marked={marked}
            onCurrent={onCurrent}
            onMark={onMark}
            onOpen={() => detail.current?.focus()}
          />
          {current !== undefined && (
            <TraceDetailPane
              key={current}
              id={current}
              row={window?.rows.find(({ id }) => id === current)}
              paneRef={detail}
            />
          )}
        </div>
      )}
    </Page>
  );
}
