import type { TraceEvent, TraceStatus } from './trace.ts';
import { isErrorStatus, isOpenStatus, traceStatuses } from './trace-status.ts';

/**
 * The language of the filter bar, for the store that searches and the page that colours it:
 * `tunnel:crm method:tools/call,ping -tool:export status:error duration:>50ms "free text"`. Terms are joined by *and*, values
 * behind a comma by *or*, `-` negates, quotes keep blanks together (`\"` inside). Words match parts of names, case aside; `*` is any run.
 */
export const filterFields = ['tunnel', 'channel', 'method', 'tool', 'status', 'duration', 'code', 'id'] as const;
export type FilterField = (typeof filterFields)[number];

const statusGroups: Readonly<Record<string, readonly TraceStatus[]>> = {
  ...Object.fromEntries(traceStatuses.map((status) => [status, [status]])),
  error: traceStatuses.filter(isErrorStatus),
  answered: ['ok', 'error', 'tool_error'],
  open: traceStatuses.filter(isOpenStatus),
};
export const statusWords = Object.keys(statusGroups);

export type Comparison = '>' | '>=' | '<' | '<=' | '=';

interface Span {
  /** Where the term stands in the query, for its colour. */
  readonly start: number;
  readonly end: number;
  readonly negated: boolean;
}
export type FilterTerm = Span &
  (
    | {
        readonly kind: 'name';
        readonly field: 'tunnel' | 'channel' | 'method' | 'tool';
        readonly values: readonly string[];
      }
    | { readonly kind: 'status'; readonly field: 'status'; readonly statuses: ReadonlySet<TraceStatus> }
    | { readonly kind: 'duration'; readonly field: 'duration'; readonly comparison: Comparison; readonly ms: number }
    | { readonly kind: 'exact'; readonly field: 'code' | 'id'; readonly values: readonly string[] }
    | { readonly kind: 'text'; readonly field: undefined; readonly text: string }
  );

export interface FilterProblem {
  readonly start: number;
  readonly end: number;
  readonly kind: 'unknown-status' | 'bad-duration' | 'empty-value';
}

export interface TraceFilter {
  readonly terms: readonly FilterTerm[];
  /** Terms that say nothing: they are left out of the search and marked in the bar. */
  readonly problems: readonly FilterProblem[];
}

interface Token {
  readonly start: number;
  readonly end: number;
  readonly negated: boolean;
  readonly field: FilterField | undefined;
  readonly value: string;
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t' || char === '\n';

/** Reads a run up to the next blank; quoted parts keep their blanks, an open quote reaches to the end. */
function readValue(query: string, from: number): { readonly value: string; readonly end: number } {
  let value = '';
  let at = from;
  let quoted = false;
  for (; at < query.length && (quoted || !isBlank(query[at])); at++) {
    const char = query.charAt(at);
    if (quoted && char === '\\' && at + 1 < query.length) value += query.charAt(++at);
    else if (char === '"') quoted = !quoted;
    else value += char;
  }
  return { value, end: at };
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    if (isBlank(query[at])) {
      at++;
      continue;
    }
    const start = at;
    const negated = query[at] === '-' && at + 1 < query.length && !isBlank(query[at + 1]);
    if (negated) at++;
    const field = filterFields.find((name) => query.slice(at, at + name.length + 1).toLowerCase() === `${name}:`);
    if (field) at += field.length + 1;
    const { value, end } = readValue(query, at);
    tokens.push({ start, end, negated, field, value });
    at = end;
  }
  return tokens;
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

function durationTerm(value: string): { readonly comparison: Comparison; readonly ms: number } | undefined {
  const [, sign = '', digits = '', unit = ''] =
    /^(>=|<=|>|<|=)?(\d+(?:\.\d+)?)(us|µs|ms|s|min|m|h)?$/.exec(value) ?? [];
  const factor = units[unit];
  if (digits === '' || factor === undefined) return undefined;
  return { comparison: sign === '' ? '>=' : (sign as Comparison), ms: Number(digits) * factor };
}

const split = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');

function termOf(token: Token): FilterTerm | FilterProblem['kind'] {
  const { start, end, negated, field, value } = token;
  const span = { start, end, negated };
  if (field === undefined)
    return value === '' ? 'empty-value' : { ...span, kind: 'text', field, text: value.toLowerCase() };
  const values = split(value);
  if (values.length === 0) return 'empty-value';
  switch (field) {
    case 'status': {
      const groups = values.map((word) => (Object.hasOwn(statusGroups, word) ? statusGroups[word] : undefined));
      if (groups.includes(undefined)) return 'unknown-status';
      return { ...span, kind: 'status', field, statuses: new Set(groups.flatMap((group) => group ?? [])) };
    }
    case 'duration': {
      const duration = durationTerm(value.replaceAll(' ', ''));
      return duration ? { ...span, kind: 'duration', field, ...duration } : 'bad-duration';
    }
    case 'code':
    case 'id':
      return { ...span, kind: 'exact', field, values };
    case 'tunnel':
    case 'channel':
    case 'method':
    case 'tool':
      return { ...span, kind: 'name', field, values };
  }
}

/** Never fails: what cannot be understood is listed and left out. */
export function parseFilter(query: string): TraceFilter {
  const terms: FilterTerm[] = [];
  const problems: FilterProblem[] = [];
  for (const token of tokensOf(query)) {
    const term = termOf(token);
    if (typeof term === 'string') problems.push({ start: token.start, end: token.end, kind: term });
    else terms.push(term);
  }
  return { terms, problems };
}

/** How long a call took, or has taken so far: milliseconds after the poll's headers. */
export function durationOf(call: TraceEvent, now: number): number {
  return (
    call.postedMs ??
    (isOpenStatus(call.status) ? Math.max(0, now - call.receivedAt) : (call.answeredMs ?? call.dispatchedMs ?? 0))
  );
}

export interface FilterContext {
  readonly tunnelName: string;
  /** Wall-clock milliseconds, for calls that still run. */
  readonly now: number;
  /** Whether a lower-case text occurs in what may be seen of the call's bodies: asked last, and only for free text. */
  readonly inBodies: (text: string) => boolean;
}

function nameMatches(name: string, wanted: string): boolean {
  const lower = name.toLowerCase();
  if (!wanted.includes('*')) return lower.includes(wanted);
  const parts = wanted.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop() ?? '';
  if (!lower.startsWith(first) || !lower.endsWith(last) || lower.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts) {
    const found = lower.indexOf(part, at);
    if (found < 0 || found + part.length > lower.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

function compare(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '=':
      return Math.round(value) === Math.round(limit);
  }
}

function holds(term: FilterTerm, call: TraceEvent, context: FilterContext): boolean {
  switch (term.kind) {
    case 'name': {
      const names = { tunnel: context.tunnelName, channel: call.channel, method: call.method, tool: call.target ?? '' };
      const name = names[term.field];
      return term.values.some(
        (wanted) => nameMatches(name, wanted) || (term.field === 'tunnel' && call.tunnel === wanted),
      );
    }
    case 'status':
      return term.statuses.has(call.status);
    case 'duration':
      return compare(durationOf(call, context.now), term.comparison, term.ms);
    case 'exact': {
      const known =
        term.field === 'id'
          ? [String(call.id), call.rpcId, call.requestId]
          : [call.rpcErrorCode, call.responseCode, call.error?.code];
      return known.some((value) => value !== undefined && term.values.includes(String(value).toLowerCase()));
    }
    case 'text': {
      const { text } = term;
      const inRow = [call.method, call.target, call.rpcId, call.channel, context.tunnelName, call.error?.code].some(
        (part) => part?.toLowerCase().includes(text) === true,
      );
      return inRow || context.inBodies(text);
    }
  }
}

/** The cheap terms of a filter first, so that bodies are only searched where nothing else speaks against the call. */
export function matchesFilter(filter: TraceFilter, call: TraceEvent, context: FilterContext): boolean {
  const fits = (term: FilterTerm): boolean => holds(term, call, context) !== term.negated;
  return (
    filter.terms.every((term) => term.kind === 'text' || fits(term)) &&
    filter.terms.every((term) => term.kind !== 'text' || fits(term))
  );
}

/** A value as a word of the language. */
export const quoteFilter = (value: string): string =>
  value === '' || /[\s"\\]/.test(value) || value.startsWith('-')
    ? `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
    : value;
