import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../src-main/json/lines.ts';
import { chunksOf } from './chunks.ts';

const split = (chunks: readonly Buffer[], maxBytes = 1_000_000) => {
  const lines: Buffer[] = [];
  const overlong: Buffer[] = [];
  const tails: Buffer[] = [];
  const splitter = new LineSplitter(maxBytes, {
    onLine: (line) => void lines.push(line),
    onOverlong: (head) => void overlong.push(head),
    onOverlongEnd: (tail) => void tails.push(Buffer.from(tail)),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, overlong, tails, texts: lines.map(String) };
};

describe('newline-delimited framing', () => {
  const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, '.'));

  it('gives every line whole, however the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n'))), fc.array(fc.nat()), (parts, cuts) => {
        const bytes = Buffer.from(parts.map(([text, end]) => text + end).join(''));
        const expected = parts.map(([text]) => Buffer.from(text).toString()).filter((text) => text !== '');
        expect(split(chunksOf(bytes, cuts)).texts).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes what is left at the end for a line', () => {
    expect(split([Buffer.from('a\nb')]).texts).toEqual(['a', 'b']);
    expect(split([Buffer.from('a\n\r\n')]).texts).toEqual(['a']);
    expect(split([]).texts).toEqual([]);
  });

  it('does not copy a line that lies within one chunk', () => {
    const chunk = Buffer.from('first\nsecond\r\nrest');
    const { lines } = split([chunk]);
    expect(lines.every((line) => line.buffer === chunk.buffer)).toBe(true);
  });

  it('reports an overlong line once, with its beginning, and goes on with the next', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat({ max: 60 })),
        fc.array(fc.nat()),
        fc.constantFrom('\n', '\r\n'),
        (cap, sizes, cuts, end) => {
          const bytes = Buffer.from(sizes.map((size, index) => String(index % 10).repeat(size) + end).join(''));
          const { texts, overlong } = split(chunksOf(bytes, cuts), cap);
          const expected = sizes.map((size, index) => [size, String(index % 10)] as const);
          expect(texts).toEqual(
            expected.filter(([size]) => size > 0 && size <= cap).map(([size, digit]) => digit.repeat(size)),
          );
          expect(overlong.map((head) => head.toString()[0])).toEqual(
            expected.filter(([size]) => size > cap).map(([, digit]) => digit),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('keeps the last kilobyte of an overlong line, however the bytes were cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_001, max: 9_000 }), fc.array(fc.nat()), (length, cuts) => {
        const long = Array.from({ length }, (_, index) => index % 10).join('');
        const { texts, tails } = split(chunksOf(Buffer.from(`before\n${long}\nafter\n`), cuts), 2_000);
        expect(texts).toEqual(['before', 'after']);
        expect(tails.map(String).map((tail) => tail.trimEnd())).toEqual([long.slice(-1024)]);
      }),
    );
  });

  it('reports an overlong line before it ends, so that nobody waits for it', () => {
    const heads: number[] = [];
    const splitter = new LineSplitter(100, {
      onLine: () => undefined,
      onOverlong: (head) => void heads.push(head.length),
    });
    splitter.push(Buffer.alloc(90, 0x61));
    expect(heads).toEqual([]);
    splitter.push(Buffer.alloc(90, 0x61));
    splitter.push(Buffer.alloc(90, 0x61));
    expect(heads).toEqual([180]);
  });
});
