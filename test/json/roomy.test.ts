import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allocateMessage, wrap } from '../../src-main/json/roomy.ts';

const message = (size: number): Buffer => {
  const bytes = allocateMessage(size);
  for (let at = 0; at < size; at++) bytes[at] = at * 31;
  return bytes;
};

it('a wrapped message is what a copy would be, whatever its size and wherever it lies', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 1000, 65_535, 65_536, 200_000),
      fc.string({ maxLength: 3000, unit: 'grapheme' }),
      fc.string({ maxLength: 6000, unit: 'grapheme' }),
      fc.nat(100),
      (size, before, after, cut) => {
        const whole = message(size);
        const kept = Buffer.from(whole);
        const plain = (bytes: Buffer, [start, end]: [string, string]): Buffer =>
          Buffer.concat([Buffer.from(start), bytes, Buffer.from(end)]);
        const part = whole.subarray(Math.min(cut, size), size);
        expect(wrap(before, part, after).equals(plain(part, [before, after]))).toBe(true);
        expect(wrap(before, whole, after).equals(plain(kept, [before, after]))).toBe(true);
        // again with another end, as for another try
        expect(wrap(after, whole, before).equals(plain(kept, [after, before]))).toBe(true);
        expect(whole.equals(kept)).toBe(true);
      },
    ),
  );
});
