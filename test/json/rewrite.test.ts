import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src-main/json/message.ts';
import { asOneLine, rewrite } from '../../src-main/json/rewrite.ts';

describe('replacing spans', () => {
  it('changes the id alone, and gives the very bytes back when it is undone', () => {
    const ids = fc.constantFrom('12345678901234567890', '"a\\u0062"', 'null', '{"x":[1]}', '1.0');
    fc.assert(
      fc.property(ids, ids, fc.string(), fc.boolean(), (id, second, text, twice) => {
        const bytes = Buffer.from(
          `{ "z":${JSON.stringify(text)}, "id" : ${id} ,"method":"m"${twice ? `,"id":${second}` : ''}, "params":{"b":1,"a":2,"b":3}}`,
        );
        const replaced = rewrite(
          bytes,
          readMessage(bytes).ids.map((span) => ({ span, bytes: Buffer.from('"private-1"') })),
        );
        const found = readMessage(replaced).ids;
        expect(found.map((span) => replaced.toString('latin1', span.start, span.end))).toEqual(
          found.map(() => '"private-1"'),
        );
        const original = readMessage(bytes).ids;
        const back = rewrite(
          replaced,
          found.map((span, index) => ({ span, bytes: bytes.subarray(original[index]!.start, original[index]!.end) })),
        );
        expect(back.equals(bytes)).toBe(true);
      }),
    );
  });

  it('takes replacements in any order and refuses those that overlap or lie outside', () => {
    const bytes = Buffer.from('abcdef');
    const put = (start: number, end: number, text: string) => ({ span: { start, end }, bytes: Buffer.from(text) });
    expect(rewrite(bytes, [put(4, 6, ''), put(0, 1, 'XYZ'), put(2, 2, '-')]).toString()).toBe('XYZb-cd');
    expect(rewrite(bytes, []).toString()).toBe('abcdef');
    expect(() => rewrite(bytes, [put(0, 3, ''), put(2, 4, '')])).toThrow(RangeError);
    expect(() => rewrite(bytes, [put(5, 7, '')])).toThrow(RangeError);
  });
});

describe('a message as one line', () => {
  it('has spaces where its line ends were and the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = Buffer.from(JSON.stringify(value, null, '\r\n'.slice(0, 1) + '\n '));
        const line = asOneLine(bytes);
        expect(line.length).toBe(bytes.length);
        expect(line.toString()).not.toMatch(/[\r\n]/);
        expect(JSON.parse(line.toString())).toEqual(JSON.parse(bytes.toString()));
      }),
    );
  });

  it('is the same buffer when there is nothing to do', () => {
    const bytes = Buffer.from('{"a":"\\n"}');
    expect(asOneLine(bytes)).toBe(bytes);
  });
});
