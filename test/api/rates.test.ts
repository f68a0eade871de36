import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../src-main/api/rates.ts';

const noon = 1_800_000_000_000;

describe('the last hour of a tunnel', () => {
  it('counts calls and errors by the minute, the current one last', () => {
    const meter = new RateMeter();
    meter.add({ status: 'ok', postedMs: 10 }, noon);
    meter.add({ status: 'failed', postedMs: 10 }, noon + 60_000);
    meter.add({ status: 'ok', postedMs: 10 }, noon + 60_000);
    const rates = meter.rates(noon + 61_000);
    expect(rates.perMinute.slice(-2)).toEqual([1, 2]);
    expect(rates.errorsPerMinute.slice(-2)).toEqual([0, 1]);
    expect(rates).toMatchObject({ calls: 3, errors: 1 });
  });

  it('forgets what is older than an hour', () => {
    const meter = new RateMeter();
    meter.add({ status: 'ok', postedMs: 10 }, noon);
    expect(meter.rates(noon + 59 * 60_000).calls).toBe(1);
    expect(meter.rates(noon + 60 * 60_000).calls).toBe(0);
  });

  it('gives percentiles to within 15 percent', () => {
    const meter = new RateMeter();
    for (let call = 1; call <= 100; call++) meter.add({ status: 'ok', postedMs: call }, noon);
    const { p50Ms, p95Ms } = meter.rates(noon);
    expect(p50Ms).toBeGreaterThanOrEqual(50);
    expect(p50Ms).toBeLessThanOrEqual(50 * 1.15);
    expect(p95Ms).toBeGreaterThanOrEqual(95);
    expect(p95Ms).toBeLessThanOrEqual(95 * 1.15);
  });

  it('has no percentile without an answer', () => {
    expect(new RateMeter().rates(noon)).not.toHaveProperty('p50Ms');
  });
});
