import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoDuration, parseResponseTimeout } from '../../src-main/json/duration.ts';

const nanoseconds = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 10n ** 9n, m: 6n * 10n ** 10n, h: 36n * 10n ** 11n };
const unit = fc.constantFrom(...(Object.keys(nanoseconds) as (keyof typeof nanoseconds)[]));
const limit = 2n ** 63n - 1n;

describe('a response timeout', () => {
  it('is one unsigned integer and one unit, in milliseconds', () => {
    expect(parseResponseTimeout('30s')).toBe(30_000);
    expect(parseResponseTimeout('4500ms')).toBe(4_500);
    expect(parseResponseTimeout('0s')).toBe(0);
    expect(parseResponseTimeout('007m')).toBe(420_000);
    expect(parseResponseTimeout('1500us')).toBe(1.5);
    expect(parseResponseTimeout('250ns')).toBe(0.00025);
    expect(parseResponseTimeout(`${'0'.repeat(40)}1h`)).toBe(3_600_000);
  });

  it('has a value for every integer and unit up to 64-bit nanoseconds, and none beyond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 66n }), unit, (count, name) => {
        const exact = count * nanoseconds[name];
        const parsed = parseResponseTimeout(`${count}${name}`);
        if (exact > limit) expect(parsed).toBeUndefined();
        else expect(parsed).toBe(Number(exact) / 1e6);
      }),
    );
    expect(parseResponseTimeout('9223372036854775807ns')).toBeDefined();
    expect(parseResponseTimeout('9223372036854775808ns')).toBeUndefined();
    expect(parseResponseTimeout(`${'9'.repeat(1_000_000)}h`)).toBeUndefined();
  });

  it('means nothing when it is anything else', () => {
    for (const text of [
      '',
      's',
      '30',
      '4.5s',
      '-1s',
      '+1s',
      '1m30s',
      ' 1s',
      '1s ',
      '1s\n',
      '1e3s',
      '30d',
      '1µs',
      '1S',
      '٣s',
    ])
      expect(parseResponseTimeout(text), JSON.stringify(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseResponseTimeout(text) === undefined).toBe(!/^[0-9]{1,12}(ns|us|ms|s|m|h)$/.test(text));
      }),
    );
  });
});

describe('a duration in configuration', () => {
  it('is read as Go reads it', () => {
    const cases: [string, number | undefined][] = [
      ['0', 0],
      ['-0', 0],
      ['1m0s', 60_000],
      ['250ms', 250],
      ['1.5h', 5_400_000],
      ['-1.5h', -5_400_000],
      ['+5s', 5_000],
      ['.5s', 500],
      ['5.s', 5_000],
      ['1h15m30.918273645s', 4_530_918.273645],
      ['3µs', 0.003],
      ['3μs', 0.003],
      ['0.3333333333333333333h', 1_199_999.999999],
      ['-9223372036854775808ns', -Number(2n ** 63n) / 1e6],
      ['9223372036854775808ns', undefined],
      ['3000000h', undefined],
      ['', undefined],
      ['3', undefined],
      ['-', undefined],
      ['s', undefined],
      ['.', undefined],
      ['.s', undefined],
      ['1m 0s', undefined],
      ['1d', undefined],
      ['1s2', undefined],
      ['--1s', undefined],
      ['1s\n', undefined],
    ];
    for (const [text, expected] of cases)
      if (expected === undefined) expect(parseGoDuration(text), text).toBeUndefined();
      else expect(parseGoDuration(text), text).toBeCloseTo(expected, 6);
  });

  it('is the sum of its components', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 99_999 }), unit), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (parts, minus) => {
          const sum = parts.reduce((total, [count, name]) => total + BigInt(count) * nanoseconds[name], 0n);
          const text = (minus ? '-' : '') + parts.map(([count, name]) => `${count}${name}`).join('');
          expect(parseGoDuration(text)).toBeCloseTo(((minus ? -1 : 1) * Number(sum)) / 1e6, 6);
        },
      ),
    );
  });

  it('never throws', () => {
    const odd = fc
      .array(fc.constantFrom(...'0123456789.+-'.split(''), 'ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'e', ' '))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(odd, (text) => void parseGoDuration(text)),
      { numRuns: 5_000 },
    );
  });
});
