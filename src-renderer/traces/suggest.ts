import { filterFields, quoteFilter, statusWords, type FilterField } from '../../shared/trace-filter.ts';
import { t } from '../strings.ts';

export interface Suggestion {
  readonly insert: string;
  readonly hint: string;
}

export interface KnownValues {
  readonly tunnels: readonly string[];
  readonly channels: readonly string[];
  readonly methods: readonly string[];
  readonly tools: readonly string[];
}

const durations = ['>100ms', '>500ms', '>2s', '<50ms'];

/** The word that the caret is in: from the last blank outside quotes. */
export function wordAt(query: string, caret: number): { readonly start: number; readonly word: string } {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < caret; at++) {
    if (query[at] === '"') quoted = !quoted;
    else if (query[at] === ' ' && !quoted) start = at + 1;
  }
  return { start, word: query.slice(start, caret) };
}

function valuesOf(field: FilterField, known: KnownValues): readonly string[] {
  switch (field) {
    case 'tunnel':
      return known.tunnels;
    case 'channel':
      return known.channels;
    case 'method':
      return known.methods;
    case 'tool':
      return known.tools;
    case 'status':
      return statusWords;
    case 'duration':
      return durations;
    case 'code':
    case 'id':
      return [];
  }
}

/** What could stand in place of the word at the caret. */
export function suggest(word: string, known: KnownValues): readonly Suggestion[] {
  const minus = word.startsWith('-') ? '-' : '';
  const bare = word.slice(minus.length);
  const colon = bare.indexOf(':');
  if (colon < 0) {
    if (bare === '' && minus === '') return [];
    return filterFields
      .filter((field) => field.startsWith(bare.toLowerCase()))
      .map((field) => ({ insert: `${minus}${field}:`, hint: t.traces.filter.fields[field] }));
  }
  const field = filterFields.find((name) => name === bare.slice(0, colon).toLowerCase());
  if (!field) return [];
  const typed = bare
    .slice(colon + 1)
    .replace(/^"/, '')
    .toLowerCase();
  return valuesOf(field, known)
    .filter((value) => value.toLowerCase().includes(typed) && value.toLowerCase() !== typed)
    .slice(0, 8)
    .map((value) => ({ insert: `${minus}${field}:${quoteFilter(value)} `, hint: '' }));
}

/** Whether a term is part of the query, and the query with or without it. */
export const hasTerm = (query: string, term: string): boolean => query.split(/\s+/).includes(term);

export function toggleTerm(query: string, term: string): string {
  const words = query.split(/\s+/).filter((word) => word !== '');
  return (hasTerm(query, term) ? words.filter((word) => word !== term) : [...words, term]).join(' ');
}
