import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineReader } from '../../../src-main/mcp/stdio/line-reader.ts';

interface Seen {
  lines: string[];
  tooLong: [head: string, tail: string][];
}

/** Feeds bytes in chunks of the given sizes, then the rest. */
function read(bytes: Buffer, limit: number, sizes: readonly number[]): Seen {
  const seen: Seen = { lines: [], tooLong: [] };
  const reader = new LineReader(limit, {
    onLine: (line) => seen.lines.push(line.toString('latin1')),
    onTooLong: (head, tail) => seen.tooLong.push([head.toString('latin1'), tail.toString('latin1')]),
  });
  let at = 0;
  for (const size of sizes) {
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  reader.push(bytes.subarray(at));
  reader.end();
  return seen;
}

describe('lines', () => {
  test('are the same however the bytes arrive', () => {
    const piece = fc.constantFrom('a', 'é', '世', '\n', '\r\n', '\r', '🌍', '{}');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(9)), (pieces, sizes) => {
        const bytes = Buffer.from(pieces.join(''));
        const expected = bytes
          .toString('latin1')
          .split('\n')
          .map((line) => line.replace(/\r$/, ''))
          .filter((line) => line !== '');
        expect(read(bytes, 1_000, sizes)).toEqual({ lines: expected, tooLong: [] });
      }),
    );
  });

  test('beyond the limit are thrown away but for their ends, and the next ones are whole', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3_000 }));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 5_001, max: 20_000 }), (chunks, length) => {
        const long = Array.from({ length }, (_, index) => index % 10).join('');
        const bytes = Buffer.from(`before\n${long}\nafter\n`);
        const { lines, tooLong } = read(bytes, 5_000, chunks);
        expect(lines).toEqual(['before', 'after']);
        expect(tooLong).toHaveLength(1);
        const [head, tail] = tooLong[0]!;
        expect(long.startsWith(head)).toBe(true);
        expect(long.endsWith(tail)).toBe(true);
        expect(tail.length).toBeGreaterThan(1_000);
      }),
    );
  });
});
