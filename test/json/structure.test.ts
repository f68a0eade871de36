import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWellFormed } from '../../src-main/json/structure.ts';

const accepts = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Pieces from which JSON and things next to JSON are made. */
const pieces = [
  ...['{', '}', '[', ']', ':', ',', '"', '\\'],
  ...['""', '"a"', '"k":', '"\\u00e9"', '"\\u12"', '"\\x"', '"\\"', '\\"', '\\\\', '"\n"', '"\t"', '"\u007f"'],
  ...['0', '-0', '-', '01', '1.', '.5', '1.5', '1e5', '1E+5', '1e', '1e-', '12345678901234567890', '+1', 'NaN'],
  ...['true', 'false', 'null', 'tru', 'nul', 'True', 'Infinity'],
  ...[' ', '\n', '\r', '\t', '\v', '\f', '\u00a0', '\ufeff', '\u2028', '\0', '/', 'é', '日本', '😀', 'x'.repeat(70)],
];

describe('a structural check of JSON', () => {
  it('accepts and rejects exactly what JSON.parse does, for sequences of tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }), (parts) => {
        const text = parts.join('');
        expect(isWellFormed(Buffer.from(text)), text).toBe(accepts(text));
      }),
      { numRuns: 20_000 },
    );
  });

  it('accepts every JSON document, however it is spaced', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('', ' ', '\n\t', '\r\n  '), (text, space) => {
        expect(isWellFormed(Buffer.from(JSON.stringify(JSON.parse(text), null, space)))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with JSON.parse on a document in which one byte was changed, removed or doubled', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.nat({ max: 127 }),
        fc.nat({ max: 2 }),
        (text, at, byte, how) => {
          const index = at % text.length;
          const middle = [String.fromCharCode(byte), '', text[index]! + text[index]!][how]!;
          const changed = text.slice(0, index) + middle + text.slice(index + 1);
          expect(isWellFormed(Buffer.from(changed)), changed).toBe(accepts(changed));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('agrees with JSON.parse inside long strings', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 300 }),
        fc.constantFrom('\\"', '\\', '\n', '\\u00e9', '\\u00', '\\q', '\0', 'é', '\x1f', '"', '\\\\', '\\\\\\"'),
        fc.nat({ max: 300 }),
        fc.nat({ max: 3 }),
        (before, odd, after, alignment) => {
          const text = `["${'a'.repeat(before)}${odd}${'b'.repeat(after)}"]`;
          const bytes = Buffer.from('x'.repeat(alignment) + text).subarray(alignment);
          expect(isWellFormed(bytes), text).toBe(accepts(text));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('rejects what is not UTF-8, inside strings as well', () => {
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
      expect(isWellFormed(Buffer.concat([Buffer.from('"'), Buffer.from(bytes), Buffer.from('"')]))).toBe(false);
  });

  it('rejects a body that would end its envelope early', () => {
    for (const text of ['{}},"resp_code":200,"x":{', '{},{}', '{"a":1}}', '{} {}', '', ' '])
      expect(isWellFormed(Buffer.from(text)), text).toBe(false);
  });

  it('is not overturned by deep nesting', () => {
    const depth = 500_000;
    expect(isWellFormed(Buffer.from('['.repeat(depth) + ']'.repeat(depth)))).toBe(true);
    expect(isWellFormed(Buffer.from('{"a":'.repeat(depth)))).toBe(false);
  });
});
