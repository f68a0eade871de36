import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ago, bytes, duration } from '../../src-renderer/format.ts';
import { tintFilter } from '../../src-renderer/traces/filter-tint.ts';
import { hasTerm, suggest, toggleTerm, wordAt } from '../../src-renderer/traces/suggest.ts';
import { phasesOf } from '../../src-renderer/traces/trace-look.ts';
import type { TraceEvent } from '../../shared/trace.ts';

describe('figures on the pages', () => {
  it('say a span of time with one unit that fits', () => {
    expect([0, 0.4, 84, 999.6, 1234, 30_000, 59_600, 250_000, 7_200_000, 180_000_000].map(duration)).toEqual([
      '0 ms',
      '<1 ms',
      '84 ms',
      '1 s',
      '1.2 s',
      '30 s',
      '1 min',
      '4 min',
      '2 h',
      '2 days',
    ]);
    expect(ago(1000, 5900)).toBe('5 s ago');
    expect(ago(1000, 1400)).toBe('just now');
    expect(bytes(1536)).toBe('1.5 KiB');
  });

  it('cut a call into phases that add up to its whole', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), fc.nat(5000), fc.nat(5000), (held, queue, server, post) => {
        const call = {
          status: 'ok',
          receivedAt: 0,
          heldMs: held,
          dispatchedMs: held + queue,
          answeredMs: held + queue + server,
          postedMs: held + queue + server + post,
        } as TraceEvent;
        expect(phasesOf(call, 0)).toEqual({ held, queue, server, post, total: held + queue + server + post });
      }),
    );
  });
});

describe('the filter bar', () => {
  it('colours a query without changing it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (query) => {
        expect(
          tintFilter(query)
            .map(({ text }) => text)
            .join(''),
        ).toBe(query);
      }),
    );
    expect(tintFilter('-tool:"a b" x').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'field -tool:',
      'value "a b"',
      'blank  ',
      'text x',
    ]);
  });

  it('offers fields, then the values that were seen', () => {
    const known = { tunnels: ['CRM on this laptop'], channels: [], methods: ['tools/call', 'ping'], tools: [] };
    expect(suggest('du', known).map(({ insert }) => insert)).toEqual(['duration:']);
    expect(suggest('-method:to', known).map(({ insert }) => insert)).toEqual(['-method:tools/call ']);
    expect(suggest('tunnel:', known).map(({ insert }) => insert)).toEqual(['tunnel:"CRM on this laptop" ']);
    expect(wordAt('a tunnel:"CRM on', 16)).toEqual({ start: 2, word: 'tunnel:"CRM on' });
  });

  it('switches a term on and off without touching the rest', () => {
    expect(toggleTerm('tool:a', 'status:error')).toBe('tool:a status:error');
    expect(toggleTerm('tool:a status:error', 'status:error')).toBe('tool:a');
    expect(hasTerm('tool:a -status:error', 'status:error')).toBe(false);
  });
});
