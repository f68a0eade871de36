import { useState } from 'react';
import {
  Checkbox,
  GridList,
  GridListHeader,
  GridListItem,
  GridListSection,
  type Selection,
} from 'react-aria-components';
import type { Candidate } from '../../shared/draft.ts';
import { describeDropped, needsPerson, sourceNames } from '../../shared/import-words.ts';
import type { CallResult } from '../../shared/ipc.ts';
import { describe } from '../../shared/messages.ts';
import { t } from '../strings.ts';
import { Empty } from '../ui/empty.tsx';
import { Icon } from '../ui/icon.tsx';
import { Search } from '../ui/search.tsx';
import { Note } from '../ui/tone.tsx';

const words = t.imports;
/** From so many on a list wants a search. */
const many = 8;

interface Group {
  readonly key: string;
  readonly source: Candidate['source'];
  readonly file: string;
  readonly servers: Candidate[];
}

/** By the app and the file they are from, in the order in which they were found. */
function groupsOf(servers: readonly Candidate[]): Group[] {
  const groups = new Map<string, Group>();
  for (const server of servers) {
    const { source, file, project } = server;
    const key = [source, file, project].join('\n');
    const group = groups.get(key) ?? { key, source, file: project ?? file, servers: [] };
    group.servers.push(server);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const fits = ({ name, target, file, source }: Candidate, text: string): boolean =>
  [name, target, file, sourceNames[source]].some((each) => each.toLowerCase().includes(text.trim().toLowerCase()));

function Marks({ candidate, isTaken }: { readonly candidate: Candidate; readonly isTaken: boolean }) {
  const { source, disabled, unusable, secrets, dropped } = candidate;
  const told = dropped.map((each) => Object.values(describeDropped(each)).join(': ')).join('\n');
  const state = [
    isTaken ? words.taken : undefined,
    unusable ? words.unusable : undefined,
    disabled ? words.disabled(sourceNames[source]) : undefined,
    secrets > 0 && !unusable ? words.secrets(secrets) : undefined,
  ].filter((each) => each !== undefined);
  return (
    <span className="marks">
      {state.length > 0 && <span>{state.join(' · ')}</span>}
      {dropped.length > 0 && (
        <span className={dropped.some(needsPerson) ? 'tone-warn' : ''} title={told}>
          {unusable ? dropped.map((each) => describeDropped(each).what).join(', ') : words.dropped(dropped.length)}
        </span>
      )}
    </span>
  );
}

function Row({ candidate, isTaken }: { readonly candidate: Candidate; readonly isTaken: boolean }) {
  const { id, name, target, kind, file, cwd } = candidate;
  return (
    <GridListItem
      id={id}
      textValue={`${name}, ${target}`}
      className="row-press found"
      isDisabled={candidate.unusable || isTaken}
    >
      <Checkbox slot="selection" className="box">
        <span className="tick">
          <Icon name="check" />
        </span>
      </Checkbox>
      <Icon name={kind === 'stdio' ? 'terminal' : 'globe'} thin />
      <span className="grow name-over" title={[target, cwd, file].filter((line) => line !== undefined).join('\n')}>
        <b className="clip">{name}</b>
        <code className="clip">{target}</code>
      </span>
      <Marks candidate={candidate} isTaken={isTaken} />
    </GridListItem>
  );
}

interface Props {
  readonly found: CallResult<'candidates.list'> | undefined;
  /** In the order in which they were picked. */
  readonly picked: readonly string[];
  readonly onPick: (ids: string[]) => void;
  readonly taken?: readonly string[];
}

/** Servers that other apps on this machine have set up. Picking only marks them: nothing runs. */
export function ServerPicker({ found, picked, onPick, taken = [] }: Props) {
  const [search, setSearch] = useState('');
  if (!found)
    return (
      <p className="row-gap muted">
        <span className="spinner" /> {words.searching}
      </p>
    );
  const { servers, problems } = found;
  const shown = servers.filter((server) => fits(server, search));
  const choose = (selection: Selection): void => {
    const usable = shown.filter(({ id, unusable }) => !unusable && !taken.includes(id)).map(({ id }) => id);
    const now = selection === 'all' ? new Set([...picked, ...usable]) : selection;
    const kept = picked.filter((id) => now.has(id));
    onPick([...kept, ...[...now].map(String).filter((id) => !picked.includes(id))]);
  };
  return (
    <div className="stack">
      {problems.map((problem, index) => (
        <Note key={index} tone="warn" title={words.unreadable}>
          {describe(problem).cause} {describe(problem).next}
        </Note>
      ))}
      {servers.length === 0 ? (
        <Empty icon="search" title={words.none}>
          {words.noneSay}
        </Empty>
      ) : (
        <>
          {servers.length > many && (
            <Search label={words.search} placeholder={words.searchPlaceholder} value={search} onChange={setSearch} />
          )}
          <GridList
            aria-label={words.found}
            className="candidates"
            selectionMode="multiple"
            selectionBehavior="toggle"
            selectedKeys={picked}
            onSelectionChange={choose}
            renderEmptyState={() => <p className="muted no-match">{words.noMatch(search)}</p>}
          >
            {groupsOf(shown).map(({ key, source, file, servers: its }) => (
              <GridListSection key={key} id={key} aria-label={`${sourceNames[source]}, ${file}`}>
                <GridListHeader className="from">
                  <b>{sourceNames[source]}</b>
                  <span className="clip path" title={file}>
                    <bdi>{file}</bdi>
                  </span>
                </GridListHeader>
                {its.map((candidate) => (
                  <Row key={candidate.id} candidate={candidate} isTaken={taken.includes(candidate.id)} />
                ))}
              </GridListSection>
            ))}
          </GridList>
        </>
      )}
    </div>
  );
}
