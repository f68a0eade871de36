import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { LogLine } from '../../shared/log.ts';
import { logLevels, type LogLevel } from '../../shared/settings.ts';
import { run } from '../api.ts';
import { copyText } from '../copy.ts';
import { clock } from '../format.ts';
import { useApp } from '../store.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { Search } from '../ui/search.tsx';
import { Choice } from '../ui/select.tsx';
import { Switch } from '../ui/switch.tsx';
import type { Tone } from '../ui/tone.tsx';
import { useLogs } from './use-logs.ts';

const words = t.logs;
const lineHeight = 24;

const toneOf: Readonly<Record<LogLevel, Tone>> = {
  trace: 'idle',
  debug: 'idle',
  info: 'ok',
  warn: 'warn',
  error: 'fault',
};

const restOf = ({ channel, fields }: LogLine): string =>
  [
    ...(channel === undefined ? [] : [['channel', channel]]),
    ...Object.entries(fields).map(([name, value]) => [name, String(value)]),
  ]
    .map(([name, value]) => `${name ?? ''}=${value ?? ''}`)
    .join('  ');

const textOf = (line: LogLine): string =>
  `${clock(line.at).join('')} ${line.level} ${line.tunnel === undefined ? '' : `[${line.tunnel}] `}${line.message} ${restOf(line)}`.trim();

function matching(lines: readonly LogLine[], filter: string): readonly LogLine[] {
  const wanted = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return lines;
  return lines.filter((line) => {
    const text = textOf(line).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

function Lines({
  lines,
  follow,
  onLeave,
}: {
  readonly lines: readonly LogLine[];
  readonly follow: boolean;
  readonly onLeave: () => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer's functions are only used while rendering
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });
  const last = lines.length - 1;
  useEffect(() => {
    if (follow && last >= 0) virtual.scrollToIndex(last, { align: 'end' });
  }, [follow, last, virtual]);
  return (
    <div
      ref={scroller}
      className="scroller"
      role="region"
      aria-label={words.list}
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && onLeave()}
      onKeyDown={(event) => ['ArrowUp', 'PageUp', 'Home'].includes(event.key) && onLeave()}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const line = lines[index];
          if (!line) return null;
          return (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className={`log-line tone-${toneOf[line.level]}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <time>{clock(line.at).join('')}</time>
              <span className="log-level">{line.level}</span>
              <span className="log-text">
                {line.tunnel !== undefined && <span className="faint">{line.tunnel}: </span>}
                {line.message} <span className="faint">{restOf(line)}</span>
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

export function LogsPage() {
  const { lines, dropped } = useLogs();
  const level = useApp((app) => app.settings.logLevel);
  const [filter, setFilter] = useState('');
  const [follow, setFollow] = useState(true);
  const wanted = useDeferredValue(filter);
  const profiles = useApp((app) => app.profiles);
  const tunnels = useApp((app) => app.tunnels);
  const named = useMemo(() => {
    const names = new Map(tunnels.map(({ snapshot: { id, name } }) => [id, name]));
    for (const { id, name } of profiles) names.set(id, name);
    return (lines ?? []).map((line) =>
      line.tunnel === undefined ? line : { ...line, tunnel: names.get(line.tunnel) ?? line.tunnel },
    );
  }, [lines, profiles, tunnels]);
  const shown = useMemo(() => matching(named, wanted), [named, wanted]);
  return (
    <Page
      title={t.pages.logs}
      scrolls={false}
      say={
        <span role="status">
          {words.say(shown.length)}
          {dropped > 0 && ` · ${words.dropped(dropped)}`}
        </span>
      }
      actions={
        <>
          <Switch isSelected={follow} onChange={setFollow}>
            {words.follow}
          </Switch>
          <Choice
            label={words.level}
            value={level}
            onChange={(logLevel) => void run('settings.set', { logLevel })}
            options={logLevels.map((each) => [each, words.levels[each]] as const)}
          />
          <Button
            icon="copy"
            isDisabled={shown.length === 0}
            onPress={() => void copyText(shown.map(textOf).join('\n'))}
          >
            {words.copy}
          </Button>
        </>
      }
    >
      <Search label={words.filter} placeholder={words.filterPlaceholder} value={filter} onChange={setFilter} />
      {!lines ? (
        <span className="spinner" />
      ) : shown.length === 0 ? (
        <div className="card">
          {lines.length === 0 ? (
            <Empty icon="logs" title={words.empty.title}>
              {words.empty.say}
            </Empty>
          ) : (
            <Empty
              icon="search"
              title={words.none.title}
              actions={<Button onPress={() => setFilter('')}>{words.clear}</Button>}
            >
              {words.none.say}
            </Empty>
          )}
        </div>
      ) : (
        <section className="card log-list">
          <Lines lines={shown} follow={follow} onLeave={() => setFollow(false)} />
        </section>
      )}
    </Page>
  );
}
