import { useState, type ReactNode } from 'react';
import type { ManagedTunnel } from '../../shared/managed-tunnel.ts';
import { t } from '../strings.ts';
import { Search } from '../ui/search.tsx';
import { matches } from './tunnel-words.ts';

const words = t.tunnels;
/** Rows that are drawn at most: beyond that nobody reads, everybody searches. */
const mostRows = 250;

interface Props {
  readonly tunnels: readonly ManagedTunnel[];
  readonly autoFocus?: boolean;
  readonly row: (tunnel: ManagedTunnel) => ReactNode;
}

/** A list of tunnels that can be searched. */
export function FilteredTunnels({ tunnels, autoFocus = false, row }: Props) {
  const [query, setQuery] = useState('');
  const found = query.trim() === '' ? tunnels : tunnels.filter((tunnel) => matches(tunnel, query.trim()));
  const shown = found.slice(0, mostRows);
  return (
    <>
      <div className="tunnel-filter">
        <Search
          label={words.filterLabel}
          placeholder={words.filter}
          value={query}
          onChange={setQuery}
          autoFocus={autoFocus}
        />
        <span className="faint small num" role="status">
          {query.trim() === '' ? words.count(tunnels.length) : words.found(found.length, tunnels.length)}
        </span>
      </div>
      {found.length === 0 ? (
        <p className="tunnel-none muted">{words.noMatch}</p>
      ) : (
        <ul className="list" aria-label={words.list}>
          {shown.map((tunnel) => row(tunnel))}
        </ul>
      )}
      {found.length > shown.length && <p className="tunnel-none muted">{words.more(found.length - shown.length)}</p>}
    </>
  );
}
