import type { Caller, HandlerArgs, Handlers } from '../../../shared/ipc.ts';
import { matchesFilter, parseFilter } from '../../../shared/trace-filter.ts';
import { hiddenValue, type TraceBody, type TraceRow, type TraceWindow } from '../../../shared/trace-view.ts';
import { isErrorStatus, type TraceBodyPart, type TraceStatus } from '../../../shared/trace.ts';
import { ids } from './tunnels.ts';

type WindowRequest = HandlerArgs<'traces.window'>['window'];

const kinds: readonly (readonly [string, string | undefined, number])[] = [
  ['tools/call', 'search_contract', 71],
  ['tools/call', 'get_customer', 44],
  ['tools/call', 'export_ledger', 29_990],
  ['resources/read', 'file://terms.md', 18],
  ['tools/list', undefined, 22],
  ['server/discover', undefined, 10],
  ['tools/call', 'rebuild_index', 9000],
  ['prompts/get', 'weekly_report', 30],
  ['ping', undefined, 6],
];

function rowAt(id: number, newest: number, now: number): TraceRow {
  const [method, target, serverMs] = kinds[(id * 5 + (id >> 3)) % kinds.length]!;
  const failing = target === 'export_ledger';
  const running = target === 'rebuild_index' && id > newest - 12;
  const status: TraceStatus = running ? 'running' : failing ? (id % 2 ? 'failed' : 'error') : 'ok';
  const queue = 3 + (id % 5);
  const server = failing || running ? serverMs : serverMs + ((id * 13) % 40);
  const post = 8 + (id % 7);
  return {
    id,
    tunnel: id % 4 === 0 ? ids.staging : ids.crm,
    channel: id % 6 === 0 ? 'docs' : 'main',
    requestId: `req_${id.toString(36).padStart(8, '0')}`,
    kind: 'request',
    method,
    ...(target === undefined ? {} : { target }),
    rpcId: String(id % 97),
    receivedAt: now - (newest - id) * 1370,
    status,
    dispatchedMs: queue,
    ...(running ? {} : { answeredMs: queue + server, postedMs: queue + server + post, responseCode: 200 }),
    deadlineMs: 30_000,
    deadlineOwn: false,
    ...(status === 'error' ? { rpcErrorCode: -32_000 } : {}),
    ...(status === 'failed'
      ? { error: { code: 'timed_out', leg: 'mcp-server', params: { seconds: 30 } } as const }
      : {}),
    attempts: running ? [] : [{ at: queue + server, ms: post, status: 200 }],
    notifications: target === 'search_contract' ? 2 : 0,
    request: { size: 184 + (id % 40), kept: 'kept' },
    ...(running ? {} : { response: { size: 1210 + (id % 400), kept: id < newest - 60_000 ? 'dropped' : 'kept' } }),
    pinned: false,
  };
}

const request = (row: TraceRow): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: Number(row.rpcId),
    method: row.method,
    params: { name: row.target, arguments: { client: 12_345, query: 'open contracts', token: hiddenValue } },
  });

/** As a server might send it: an integer that no double can hold, and a key twice. */
const response = (row: TraceRow): string =>
  row.status === 'error'
    ? `{"jsonrpc":"2.0","id":${row.rpcId ?? 'null'},"error":{"code":-32000,"message":"ledger is locked"}}`
    : `{"jsonrpc":"2.0","id":${row.rpcId ?? 'null'},"result":{"content":[{"type":"text","text":"3 contracts for client 12345"}],"structuredContent":{"total":3,"cursor":12345678901234567890,"client":{"name":"Aurelia SAS","email":"${hiddenValue}"},"contracts":[{"id":"c-1","title":"Framework agreement","value":184000.50,"open":true},{"id":"c-2","title":"Maintenance 2026","value":12000,"open":true},{"id":"c-3","title":"Hosting","value":9600,"open":false}],"next":null}}}`;

export class FakeTraces {
  rows: TraceRow[];
  /** What the last query found: a list that is scrolled asks for the same one again and again. */
  #last:
    | {
        readonly query: string;
        readonly rows: readonly TraceRow[];
        readonly amount: number;
        readonly found: TraceRow[];
      }
    | undefined;
  /** Bodies in lower case; those of a kind differ in their ids alone. */
  readonly #texts = new Map<string, string>();
  readonly #subscriptions = new Map<number, { caller: Caller; query: string; window: WindowRequest }>();
  #next = 1;

  constructor(amount: number) {
    const now = Date.now() - 4000;
    this.rows = Array.from({ length: amount }, (_, i) => rowAt(i + 1, amount, now));
  }

  get counts(): { count: number; errors: number } {
    return { count: this.rows.length, errors: this.rows.filter(({ status }) => isErrorStatus(status)).length };
  }

  /** A call arrives; subscribers see it. */
  add(rest: Partial<TraceRow> = {}): TraceRow {
    const id = (this.rows.at(-1)?.id ?? 0) + 1;
    const row = { ...rowAt(id, id, Date.now()), ...rest };
    this.rows.push(row);
    for (const [subscription, { caller, query, window }] of this.#subscriptions)
      caller.send('traces.delta', { subscription, window: this.#read(query, window) });
    return row;
  }

  #text(row: TraceRow): string {
    const kind = `${row.target ?? ''} ${row.status}`;
    const text = this.#texts.get(kind) ?? (request(row) + response(row)).toLowerCase();
    this.#texts.set(kind, text);
    return text;
  }

  #found(query: string): TraceRow[] {
    const { rows } = this;
    if (this.#last?.query === query && this.#last.rows === rows && this.#last.amount === rows.length)
      return this.#last.found;
    const found = this.#search(query);
    this.#last = { query, rows, amount: rows.length, found };
    return found;
  }

  #search(query: string): TraceRow[] {
    const filter = parseFilter(query);
    const now = Date.now();
    return this.rows.filter((row) =>
      matchesFilter(filter, row, {
        tunnelName: row.tunnel === ids.crm ? 'CRM on this laptop' : 'Staging database',
        now,
        inBodies: (text) => this.#text(row).includes(text),
      }),
    );
  }

  #read(query: string, { version, from, count, upTo }: WindowRequest): TraceWindow {
    const all = this.#found(query);
    const shown = upTo === undefined ? all : all.filter(({ id }) => id <= upTo);
    const end = shown.length - from;
    return {
      version,
      total: shown.length,
      newer: all.length - shown.length,
      kept: this.rows.length,
      from,
      rows: shown.slice(Math.max(0, end - count), Math.max(0, end)).reverse(),
    };
  }

  #body(row: TraceRow, part: TraceBodyPart): TraceBody {
    if (part === 'request')
      return { ref: row.request!, text: request(row), encoding: 'utf8', hidden: ['/params/arguments/token'] };
    if (part === 'response') {
      const ref = row.response ?? ({ size: 0, kept: 'off' } as const);
      if (ref.kept !== 'kept') return { ref, encoding: 'utf8', hidden: [] };
      const hidden = row.status === 'error' ? [] : ['/result/structuredContent/client/email'];
      return { ref, text: response(row), encoding: 'utf8', hidden };
    }
    const text = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":${part + 1},"total":2}}`;
    return { ref: { size: text.length, kept: 'kept' }, text, encoding: 'utf8', hidden: [] };
  }

  readonly #row = (id: number): TraceRow | undefined => this.rows.find((row) => row.id === id);

  readonly handlers = {
    'traces.subscribe': ({ query, window }, caller) => {
      const subscription = this.#next++;
      this.#subscriptions.set(subscription, { caller, query, window });
      return { subscription, window: this.#read(query, window) };
    },
    'traces.window': ({ subscription, window }) => {
      const known = this.#subscriptions.get(subscription)!;
      known.window = window;
      return this.#read(known.query, window);
    },
    'traces.unsubscribe': ({ subscription }) => void this.#subscriptions.delete(subscription),
    'traces.get': ({ id }) => {
      const row = this.#row(id);
      if (!row) return undefined;
      return {
        row,
        requestHeaders: [
          ['content-type', 'application/json'],
          ['mcp-session-id', hiddenValue],
          ['mcp-protocol-version', '2025-11-25'],
          ['authorization', hiddenValue],
        ],
        responseHeaders: [['content-type', 'application/json']],
        notifications: Array.from({ length: row.notifications }, (_, i) => ({
          at: 20 + i * 15,
          size: 86,
          dropped: false,
          body: { size: 86, kept: 'kept' as const },
        })),
        stderr:
          row.status === 'failed'
            ? [
                { at: row.receivedAt + 12_000, text: 'export: still writing page 140' },
                { at: row.receivedAt + 29_000, text: 'export: lock wait timeout' },
              ]
            : [],
      };
    },
    'traces.body': ({ id, part }) => this.#body(this.#row(id)!, part),
    'traces.reveal': ({ place }) => ({
      value: typeof place.part === 'string' && place.part.endsWith('headers') ? 'sess_41d0' : '"m.aurel@example.com"',
    }),
    'traces.pin': ({ ids: wanted, pinned }) => {
      this.rows = this.rows.map((row) => (wanted.includes(row.id) ? { ...row, pinned } : row));
    },
    'traces.clear': () => {
      const before = this.rows.length;
      this.rows = this.rows.filter(({ pinned }) => pinned);
      for (const [subscription, { caller, query, window }] of this.#subscriptions)
        caller.send('traces.delta', { subscription, window: this.#read(query, window) });
      return { cleared: before - this.rows.length };
    },
    'traces.export': () => ({ kind: 'cancelled' as const }),
    'traces.copyAs': ({ id, format }) => ({
      text: format === 'curl' ? `curl -H "Authorization: Bearer $KEY" …` : request(this.#row(id)!),
    }),
    'traces.values': () => ({
      tunnels: ['CRM on this laptop', 'Staging database'],
      channels: ['main', 'docs'],
      methods: [...new Set(kinds.map(([method]) => method))],
      tools: kinds.flatMap(([, tool]) => (tool === undefined ? [] : [tool])),
    }),
  } satisfies Partial<Handlers>;
}
