import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import { Command } from '../../src-main/call/command.ts';
import { systemClock } from '../../src-main/base/clock.ts';
import { CutDetector } from '../../src-main/tunnel/cut-detector.ts';
import { CommandQueue } from '../../src-main/tunnel/queue.ts';

const commandOn = (channel: string, id: string): Command =>
  new Command(
    {
      kind: 'jsonrpc',
      requestId: id,
      requestIdJson: JSON.stringify(id),
      shardToken: 's',
      channel,
      headers: [],
      timeoutMs: undefined,
      bytes: Buffer.alloc(0),
      message: { kind: 'request', ids: [], method: 'm', isError: false },
    },
    { now: 0, wall: 0 },
  );

describe('the queue', () => {
  it('lets one channel hold no more than half of the room while another is configured', () => {
    const queue = new CommandQueue(20, 2);
    for (let n = 0; n < 15; n++) queue.push(commandOn('hung', `${n}`));
    expect(queue.free).toBe(10);
    const alone = new CommandQueue(20, 1);
    for (let n = 0; n < 15; n++) alone.push(commandOn('main', `${n}`));
    expect(alone.free).toBe(5);
  });

  it('loses nothing, keeps each channel’s order, and never asks for more than its bounds allow', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), channel: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('shift' as const), channel: fc.constantFrom('a', 'b', 'c', 'none') }),
      fc.record({ do: fc.constant('remove' as const), pick: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (steps, capacity) => {
        const queue = new CommandQueue(capacity, 3);
        const model = new Map<string, Command[]>();
        const all = (): Command[] => [...model.values()].flat();
        let serial = 0;
        for (const one of steps) {
          if (one.do === 'push') {
            const command = commandOn(one.channel, `${serial++}`);
            queue.push(command);
            model.set(one.channel, [...(model.get(one.channel) ?? []), command]);
          } else if (one.do === 'shift') {
            expect(queue.shift(one.channel)).toBe(model.get(one.channel)?.shift());
          } else {
            const command = all()[one.pick % Math.max(1, all().length)];
            if (!command) continue;
            expect(queue.remove(command)).toBe(true);
            expect(queue.remove(command)).toBe(false);
            model.set(
              command.channel,
              model.get(command.channel)!.filter((other) => other !== command),
            );
          }
          expect(queue.depth).toBe(all().length);
          expect(new Set(queue)).toEqual(new Set(all()));
          expect(queue.free).toBeGreaterThanOrEqual(0);
          expect(queue.free).toBeLessThanOrEqual(capacity);
          expect(queue.depth + queue.free <= 2 * capacity || queue.free === 0).toBe(true);
          // a channel of three that has nothing waiting is always still polled for, unless the bound is reached
          const waiting = [...model.values()].filter((commands) => commands.length > 0).length;
          if (capacity > 1 && waiting <= 1 && queue.depth < 2 * capacity) expect(queue.free).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('the detector of cut connections', () => {
  const closed = new TunnelError('closed_early', 'control-plane');

  it('never shortens the wait below a second, nor lengthens it, and needs two polls one after the other', () => {
    const ages = fc.array(fc.record({ age: fc.integer({ min: 0, max: 40_000 }), survived: fc.boolean() }));
    fc.assert(
      fc.property(ages, (polls) => {
        const cuts = new CutDetector(30_000);
        let now = 0;
        let closedBefore = 0;
        for (const { age, survived } of polls) {
          now += age;
          const before = cuts.waitMs;
          if (survived) cuts.survived(age);
          else {
            const cut = cuts.closed(closed, age, now);
            if (typeof cut === 'object') {
              expect(closedBefore).toBeGreaterThan(0);
              expect(cut.waitMs).toBeLessThan(cut.cutAfterMs);
            }
            closedBefore++;
          }
          expect(cuts.waitMs).toBeGreaterThanOrEqual(1_000);
          expect(cuts.waitMs).toBeLessThanOrEqual(before);
        }
      }),
    );
  });

  it.each([
    ['control_plane_error', 504],
    ['unexpected_status', 408],
  ] as const)('takes a gateway’s %s %i after a quiet wait for a cut, and one at once for none', (code, status) => {
    const cuts = new CutDetector(30_000);
    const failure = new TunnelError(code, 'control-plane', { status });
    expect(cuts.closed(failure, 300, 300)).toBeUndefined();
    expect(cuts.closed(failure, 20_000, 20_300)).toBe('again');
    expect(cuts.closed(failure, 20_000, 40_300)).toEqual({ cutAfterMs: 20_000, waitMs: 16_000 });
  });

  it('takes no other failure for a cut', () => {
    const cuts = new CutDetector(30_000);
    for (const code of ['timed_out', 'dns_failed', 'control_plane_error'] as const)
      expect(cuts.closed(new TunnelError(code, 'control-plane'), 10_000, 10_000)).toBeUndefined();
  });
});

describe('the clock', () => {
  it('waits for longer than Node’s timers can, and can be told not to', () => {
    vi.useFakeTimers();
    try {
      const ran: string[] = [];
      const days = (n: number): number => n * 86_400_000;
      systemClock.after(days(60), () => ran.push('sixty days'));
      const cancel = systemClock.after(days(60), () => ran.push('cancelled'));
      vi.advanceTimersByTime(days(59));
      expect(ran).toEqual([]);
      cancel();
      vi.advanceTimersByTime(days(1));
      expect(ran).toEqual(['sixty days']);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
