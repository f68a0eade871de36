import { TunnelError } from '../../../shared/errors.ts';
import { durationOf, parseFilter, statusWords, type FilterProblem } from '../../../shared/trace-filter.ts';
import type { TraceRow, TraceWindow } from '../../../shared/trace-view.ts';
import { clean } from '../../observe/log-format.ts';
import type { Env } from '../../settings/layers.ts';
import { exitCodes } from '../exit.ts';
import { untilGone } from './follow.ts';
import { onlyProcess } from './processes.ts';

export interface TracesRequest {
  readonly query: string;
  readonly follow: boolean;
  readonly json: boolean;
  readonly count: number;
  readonly pid: number | undefined;
}

/** How far back an ended call may lie behind newer ones and still be seen while following. */
const windowRows = 500;

const problems: Readonly<Record<FilterProblem['kind'], { problem: string; allowed?: string }>> = {
  'unknown-status': { problem: 'there is no such status', allowed: statusWords.join(', ') },
  'bad-duration': { problem: 'it is not a duration', allowed: 'such as >500ms or <=2s' },
  'empty-value': { problem: 'it has no value' },
};

/** Throws `bad_request` for the first term that says nothing. */
function checkQuery(query: string): void {
  const [problem] = parseFilter(query).problems;
  if (!problem) return;
  const field = `The term ${query.slice(problem.start, problem.end)}`;
  throw new TunnelError('bad_request', 'local', { field, ...problems[problem.kind] });
}

const two = (value: number): string => String(value).padStart(2, '0');

function rowLine(row: TraceRow, name: string): string {
  const at = new Date(row.receivedAt);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const what = row.target === undefined ? row.method : `${row.method} ${row.target}`;
  const ms = `${durationOf(row, Date.now()).toFixed(1)} ms`;
  const why = row.error?.code ?? (row.rpcErrorCode === undefined ? '' : String(row.rpcErrorCode));
  const place = `${name}/${row.channel}`;
  return clean(
    `${time}  ${row.status.padEnd(11)}  ${ms.padStart(11)}  ${place}  ${what}${why === '' ? '' : `  ${why}`}`,
  );
}

/** Calls that came through, oldest first, then those that end, as they end. */
export async function showTraces(env: Env, { query, follow, json, count, pid }: TracesRequest): Promise<number> {
  checkQuery(query);
  const { client } = await onlyProcess(env, 'The traces', pid);
  const names = new Map<string, string>();
  const printed = new Set<number>();
  const print = (row: TraceRow): void => {
    if (printed.has(row.id)) return;
    printed.add(row.id);
    const name = names.get(row.tunnel) ?? row.tunnel;
    process.stdout.write(`${json ? JSON.stringify({ ...row, profile: name }) : rowLine(row, name)}\n`);
  };
  let show: (window: TraceWindow) => void = () => undefined;
  const stream = await client.events({ 'traces.delta': ({ window }) => show(window) });
  try {
    const { tunnels } = await client.call('app.snapshot', undefined);
    for (const { id, snapshot } of tunnels) names.set(id, snapshot.name);
    // the search goes on in slices: the first window is whole when nothing is left to search
    const whole = new Promise<TraceWindow>((resolve) => {
      show = (window) => {
        if (window.searched === undefined) resolve(window);
      };
    });
    const asked = { version: 1, from: 0, count: windowRows };
    const { window } = await client.call('traces.subscribe', {
      query: follow ? `${query} -status:open` : query,
      window: asked,
    });
    const first = window.searched === undefined ? window : await Promise.race([whole, stream.ended]);
    const rows = (first ? [...first.rows] : []).reverse();
    for (const { id } of rows.slice(0, Math.max(0, rows.length - count))) printed.add(id);
    rows.forEach(print);
    if (!follow) return exitCodes.done;
    show = ({ rows: latest }) => [...latest].reverse().forEach(print);
    await untilGone(stream);
    return exitCodes.done;
  } finally {
    stream.close();
  }
}
