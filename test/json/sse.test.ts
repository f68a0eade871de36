import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseReader, type SseEvent } from '../../src-main/json/sse.ts';
import { chunksOf } from './chunks.ts';

const readAll = (chunks: readonly Buffer[], cap = 1_000_000) => {
  const events: SseEvent[] = [];
  const reader = createSseReader(cap, (event) => void events.push(event));
  const open = chunks.map((chunk) => reader.push(chunk));
  return { events: events.map(({ event, id, data }) => ({ event, id, data: data.toString() })), open, raw: events };
};
const read = (text: string) => readAll([Buffer.from(text)]).events;

describe('an event stream', () => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const plain = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text.replaceAll(/[\r\n\0]/g, '.')).toString());
  const field = fc.oneof(
    fc.tuple(fc.constant('data'), plain),
    fc.tuple(fc.constant('event'), plain),
    fc.tuple(fc.constant('id'), plain),
    fc.tuple(fc.constant('comment'), plain),
    fc.tuple(fc.constant('bare data'), fc.constant('')),
    fc.tuple(fc.constant('unknown'), plain),
  );

  it('gives the same events however its bytes were cut and whichever line ends it uses', () => {
    fc.assert(
      fc.property(fc.array(fc.array(field)), lineEnd, fc.boolean(), fc.array(fc.nat()), (blocks, end, bom, cuts) => {
        const write = ([name, value]: readonly [string, string]): string =>
          name === 'comment' ? `:${value}` : name === 'bare data' ? 'data' : `${name}: ${value}`;
        const text = blocks.map((block) => block.map((part) => write(part) + end).join('') + end).join('');
        const expected = blocks
          .map((block) => {
            const last = (name: string): string | undefined => block.findLast((part) => part[0] === name)?.[1];
            const data = block.filter(([name]) => name === 'data' || name === 'bare data').map(([, value]) => value);
            return { event: last('event') || undefined, id: last('id'), data: data.join('\n'), has: data.length > 0 };
          })
          .filter(({ has }) => has)
          .map(({ event, id, data }) => ({ event, id, data }));
        expect(readAll(chunksOf(Buffer.from((bom ? '\ufeff' : '') + text), cuts)).events).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('carries any bytes but line ends unchanged, valid UTF-8 or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat()), (any, cuts) => {
        const data = Buffer.from(any.filter((byte) => byte !== 0x0a && byte !== 0x0d));
        const bytes = Buffer.concat([Buffer.from('data: '), data, Buffer.from('\n\n')]);
        expect(readAll(chunksOf(bytes, cuts)).raw[0]!.data.equals(data)).toBe(true);
      }),
    );
  });

  it('hands out an event as soon as its last line end is there, a lone CR included', () => {
    const events: SseEvent[] = [];
    const reader = createSseReader(1000, (event) => void events.push(event));
    reader.push(Buffer.from('data: 1\r\r'));
    expect(events).toHaveLength(1);
    reader.push(Buffer.from('data: 2\r\n\r'));
    expect(events).toHaveLength(2);
    reader.push(Buffer.from('\ndata: 3\n'));
    reader.push(Buffer.from('\n'));
    expect(events.map(({ data }) => String(data))).toEqual(['1', '2', '3']);
  });

  it('knows comments, fields without a colon, empty and repeated data', () => {
    expect(read(': hello\ndata\ndata:  x\nfoo\n\n')).toEqual([{ event: undefined, id: undefined, data: '\n x' }]);
    expect(read('event: ping\n\ndata: 1\n\n')).toEqual([{ event: undefined, id: undefined, data: '1' }]);
    expect(read('data: cut off\n')).toEqual([]);
    expect(read('id: 7\nevent: message\ndata: {}\n\n')).toEqual([{ event: 'message', id: '7', data: '{}' }]);
  });

  it('stops at an event beyond its cap, whether in one line or in many', () => {
    const long = Buffer.from(`data: ${'x'.repeat(60)}`);
    expect(readAll([long, long], 100)).toMatchObject({ open: [true, false], events: [] });
    const lines = Buffer.from('data: 0123456789\n');
    const result = readAll(
      Array.from({ length: 20 }, () => lines),
      100,
    );
    expect(result.open.at(-1)).toBe(false);
    expect(result.events).toEqual([]);
  });
});
