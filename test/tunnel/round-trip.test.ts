import { expect, it } from 'vitest';
import { RoundTrip } from '../../src-main/tunnel/round-trip.ts';

it('knows nothing before the first answer, and after it was told to forget', () => {
  const trip = new RoundTrip();
  expect(trip.shortestMs).toBe(Infinity);
  trip.saw(4, 0);
  trip.forget();
  expect(trip.shortestMs).toBe(Infinity);
});

it('is the shortest, whatever load adds to the others', () => {
  const trip = new RoundTrip();
  for (const [at, ms] of [9, 0.4, 25, 300].entries()) trip.saw(ms, at * 1_000);
  expect(trip.shortestMs).toBe(0.4);
});

it('notices within a minute that the way became longer', () => {
  const trip = new RoundTrip();
  trip.saw(0.4, 0);
  for (let at = 1_000; at <= 62_000; at += 1_000) trip.saw(80, at);
  expect(trip.shortestMs).toBe(80);
});

it('keeps what it knew through a pause only until the next answer', () => {
  const trip = new RoundTrip();
  trip.saw(0.4, 0);
  trip.saw(80, 600_000);
  expect(trip.shortestMs).toBe(80);
});
