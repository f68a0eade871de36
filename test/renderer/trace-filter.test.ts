import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesFilter, parseFilter, quoteFilter, type FilterContext } from '../../shared/trace-filter.ts';
import type { TraceEvent } from '../../shared/trace.ts';

const callWith = (rest: Partial<TraceEvent> = {}): TraceEvent => ({
  id: 7,
  tunnel: 'p1',
  channel: 'main',
  requestId: 'req_1',
  kind: 'request',
  method: 'tools/call',
  target: 'search_contract',
  rpcId: '41',
  receivedAt: 1000,
  status: 'ok',
  dispatchedMs: 4,
  answeredMs: 75,
  postedMs: 88,
  attempts: [],
  notifications: 0,
  ...rest,
});
const context: FilterContext = { tunnelName: 'CRM on this laptop', now: 5000, inBodies: () => false };
const finds = (query: string, call = callWith(), rest: Partial<FilterContext> = {}): boolean =>
  matchesFilter(parseFilter(query), call, { ...context, ...rest });

describe('the filter of the trace list', () => {
  it('finds everything when it is empty', () => {
    expect(finds('')).toBe(true);
    expect(finds('   ')).toBe(true);
  });

  it('matches parts of names whatever their case, and any of several values', () => {
    expect(finds('tunnel:crm method:TOOLS/call tool:search')).toBe(true);
    expect(finds('tool:get,search')).toBe(true);
    expect(finds('tool:get,put')).toBe(false);
    expect(finds('tool:search_*')).toBe(true);
    expect(finds('tool:*_con*act')).toBe(true);
    expect(finds('tool:*_con*actor')).toBe(false);
    expect(finds('tunnel:"on this laptop"')).toBe(true);
  });

  it('takes every way of not reaching the caller with a good answer for an error', () => {
    for (const status of ['error', 'tool_error', 'failed', 'expired', 'undelivered'] as const)
      expect(finds('status:error', callWith({ status }))).toBe(true);
    expect(finds('status:error')).toBe(false);
    expect(finds('status:failed', callWith({ status: 'error' }))).toBe(false);
    expect(finds('status:error', callWith({ status: 'refused' }))).toBe(false);
    expect(finds('status:tool_error,refused', callWith({ status: 'refused' }))).toBe(true);
    for (const status of ['held', 'queued', 'running'] as const)
      expect(finds('status:open', callWith({ status }))).toBe(true);
  });

  it('compares durations in any unit', () => {
    expect(finds('duration:>50ms')).toBe(true);
    expect(finds('duration:>0.1s')).toBe(false);
    expect(finds('duration:<=88')).toBe(true);
    expect(finds('duration:=88ms')).toBe(true);
  });

  it('lets a call that still runs grow into a duration', () => {
    const rest = callWith({ status: 'running' });
    delete (rest as { postedMs?: number }).postedMs;
    expect(finds('duration:>3s', rest)).toBe(true);
    expect(finds('duration:>5s', rest)).toBe(false);
  });

  it('negates any term with a minus', () => {
    expect(finds('-tool:search')).toBe(false);
    expect(finds('-status:error -tool:export')).toBe(true);
  });

  it('asks the bodies for free text only when nothing else speaks against the call', () => {
    const asked: string[] = [];
    const inBodies = (text: string): boolean => {
      asked.push(text);
      return text === 'aurelia sas';
    };
    expect(finds('"Aurelia SAS"', callWith(), { inBodies })).toBe(true);
    expect(finds('status:error Aurelia', callWith(), { inBodies })).toBe(false);
    expect(finds('contract', callWith(), { inBodies })).toBe(true);
    expect(asked).toEqual(['aurelia sas']);
  });

  it('marks what it cannot understand and searches with the rest', () => {
    const { terms, problems } = parseFilter('status:broken duration:fast tool: method:ping');
    expect(problems).toEqual([
      { start: 0, end: 13, kind: 'unknown-status' },
      { start: 14, end: 27, kind: 'bad-duration' },
      { start: 28, end: 33, kind: 'empty-value' },
    ]);
    expect(terms.map(({ field }) => field)).toEqual(['method']);
    expect(parseFilter('status:constructor').problems).toHaveLength(1);
  });

  it('reads any query without failing, and its spans cover all that is not blank', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (query) => {
        const { terms, problems } = parseFilter(query);
        const spans = [...terms, ...problems].sort((a, b) => a.start - b.start);
        let at = 0;
        for (const { start, end } of spans) {
          expect(query.slice(at, start)).toMatch(/^[ \t\n]*$/);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(query.slice(at)).toMatch(/^[ \t\n]*$/);
      }),
    );
  });

  it('finds a name by the name itself, quoted', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30 }), (name) => {
        fc.pre(name.trim() !== '' && !/[,*]/.test(name));
        expect(finds(`tunnel:${quoteFilter(name.trim())}`, callWith(), { tunnelName: name.trim() })).toBe(true);
      }),
    );
  });

  it('is the opposite of its negation', () => {
    const query = fc.constantFrom('tool:search', 'status:ok', 'duration:>50ms', 'contract', 'id:41', 'code:200');
    fc.assert(fc.property(query, (term) => finds(term) !== finds(`-${term}`)));
  });
});
