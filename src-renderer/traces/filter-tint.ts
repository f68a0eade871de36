import { parseFilter } from '../../shared/trace-filter.ts';

export interface Tint {
  readonly text: string;
  readonly kind: 'field' | 'value' | 'text' | 'blank' | 'problem';
}

/** The query cut into coloured pieces which, put together, are the query again. */
export function tintFilter(query: string): readonly Tint[] {
  const { terms, problems } = parseFilter(query);
  const spans = [
    ...terms.map(({ start, end, field }) => ({ start, end, kind: field === undefined ? 'text' : 'term' }) as const),
    ...problems.map(({ start, end }) => ({ start, end, kind: 'problem' }) as const),
  ].sort((a, b) => a.start - b.start);
  const tints: Tint[] = [];
  let at = 0;
  const push = (end: number, kind: Tint['kind']): void => {
    if (end > at) tints.push({ text: query.slice(at, end), kind });
    at = Math.max(at, end);
  };
  for (const { start, end, kind } of spans) {
    push(start, 'blank');
    if (kind === 'term') {
      push(query.indexOf(':', start) + 1, 'field');
      push(end, 'value');
    } else push(end, kind);
  }
  push(query.length, 'blank');
  return tints;
}
