import { expect, it } from 'vitest';
import type { Clock } from '../../src-main/base/clock.ts';
import { StallTimer } from '../../src-main/tunnel/stall-timer.ts';

class FakeClock implements Clock {
  time = 0;
  timers = new Map<() => void, number>();
  now = () => this.time;
  wall = () => this.time;
  random = () => 0;
  after = (ms: number, run: () => void) => {
    this.timers.set(run, this.time + ms);
    return () => void this.timers.delete(run);
  };
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, at]) => at <= end).sort((a, b) => a[1] - b[1])[0];
      if (!due) break;
      this.time = due[1];
      this.timers.delete(due[0]);
      due[0]();
    }
    this.time = end;
  }
}

it('a stall is told once, its time after the last move', () => {
  const clock = new FakeClock();
  const stalls: number[] = [];
  const timer = new StallTimer(clock, 100, () => void stalls.push(clock.time));
  clock.advance(90);
  timer.moved();
  clock.advance(90);
  timer.moved();
  clock.advance(500);
  expect(stalls).toEqual([280]);
  expect(clock.timers.size).toBe(0);
});

it('a stopped timer tells nothing and leaves nothing behind, before or after it was moved', () => {
  const clock = new FakeClock();
  const timer = new StallTimer(clock, 100, () => expect.fail('stopped'));
  clock.advance(60);
  timer.moved();
  clock.advance(60);
  timer.stop();
  expect(clock.timers.size).toBe(0);
  clock.advance(500);
});
