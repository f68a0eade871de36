import { expect, it } from 'vitest';
import { ReadyConnections } from '../../src-main/control-plane/ready-connections.ts';
import { FakeClock } from '../support/fake-clock.ts';

function rig() {
  const clock = new FakeClock();
  const warmed: number[] = [];
  const ready = new ReadyConnections(clock, (count) => warmed.push(count));
  const use = (count: number): void => {
    for (let n = 0; n < count; n++) ready.taken();
    for (let n = 0; n < count; n++) ready.given();
  };
  return { clock, warmed, ready, use };
}

it('as many connections as were in use together are kept open for ten quiet minutes, four at most, and then none', () => {
  const { clock, warmed, use } = rig();
  use(2);
  clock.pass(60_000);
  expect(warmed).toEqual([2, 2, 2]);
  use(9);
  for (let minute = 0; minute < 9; minute++) clock.pass(60_000);
  expect(warmed.length).toBeGreaterThan(3 + 9);
  expect(warmed.slice(3).every((count) => count === 4)).toBe(true);
  clock.pass(120_000);
  const before = warmed.length;
  clock.pass(600_000);
  expect([warmed.length - before, clock.pending]).toEqual([0, 0]);
  use(1);
  clock.pass(20_000);
  expect(warmed.at(-1)).toBe(1);
});

it('nothing is opened while answers are on their way, nor after the end', () => {
  const { clock, warmed, ready, use } = rig();
  use(1);
  ready.taken();
  clock.pass(20_000);
  expect(warmed).toEqual([]);
  ready.given();
  clock.pass(20_000);
  expect(warmed).toEqual([1]);
  ready.close();
  use(1);
  expect(clock.pending).toBe(0);
});
