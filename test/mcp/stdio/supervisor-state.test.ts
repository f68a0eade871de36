import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  channelState,
  next,
  supervision,
  type SupervisorEvent,
  type SupervisorState,
} from '../../../src-main/mcp/stdio/supervisor-state.ts';

const at = (now: number, random = 0.5): { now: number; wall: number; random: number } => ({
  now,
  wall: 1_000_000 + now,
  random,
});
const exit: SupervisorEvent = {
  kind: 'failed',
  failure: { kind: 'exit', exit: { at: 0, exitCode: 1, signal: null, stderr: ['why'] } },
};
const idle: SupervisorState = { phase: 'idle', since: 0 };

/** Starts and opens a child at `now`. */
function opened(state: SupervisorState, now: number): SupervisorState {
  const starting =
    state.phase === 'idle' ? next(state, { kind: 'start' }, at(now)) : next(state, { kind: 'tick' }, at(now));
  return next(next(starting, { kind: 'spawned', pid: 42 }, at(now)), { kind: 'opened' }, at(now));
}

/** So many lives of `livedMs` each, one after the other. */
function lives(count: number, livedMs: number): SupervisorState {
  let state = idle;
  let now = 0;
  for (let life = 0; life < count; life++) {
    state = opened(state, now);
    now += livedMs;
    state = next(state, exit, at(now));
  }
  return state;
}

const delayOf = (state: SupervisorState): number =>
  state.phase === 'waiting' ? state.nextTryAt - state.since : Number.NaN;

describe('a supervised child', () => {
  test('is ready once it is spawned: a server says nothing by itself', () => {
    expect(channelState(opened(idle, 5))).toEqual({ kind: 'ready', since: 1_000_005, pid: 42 });
  });

  test('that ends fast waits longer each time, up to a limit, and is a crash loop after five', () => {
    const delays = [1, 2, 3, 4].map((count) => delayOf(lives(count, 100)));
    expect(delays).toEqual([150, 300, 600, 1_200]);
    expect(channelState(lives(4, 100)).kind).toBe('restarting');
    const loop = lives(5, 100);
    expect(channelState(loop)).toMatchObject({ kind: 'crash-loop', attempt: 5, exit: { stderr: ['why'] } });
    expect(delayOf(loop)).toBeGreaterThanOrEqual(supervision.slowDelayMs);
  });

  test('that lives for a while each time is no crash loop', () => {
    expect(channelState(lives(20, supervision.fastExitMs)).kind).toBe('restarting');
  });

  test('that was healthy for a minute starts afresh', () => {
    let state = lives(4, 100);
    state = opened(state, 1_000);
    state = next(state, exit, at(1_000 + supervision.healthyMs));
    expect(channelState(state)).toMatchObject({ kind: 'restarting', attempt: 1 });
  });

  test('that follows a bad end looks ready only when it has lived a moment, or answered', () => {
    const state = opened(lives(1, 100), 500);
    expect(channelState(state).kind).toBe('starting');
    expect(channelState(next(state, { kind: 'tick' }, at(1_500))).kind).toBe('ready');
    expect(channelState(next(state, { kind: 'answered' }, at(600))).kind).toBe('ready');
  });

  test('that cannot be started is unusable, with the reason, and tried again slowly', () => {
    const starting = next(idle, { kind: 'start' }, at(0));
    const error = { code: 'command_not_found', leg: 'mcp-server', params: { program: 'x' } } as const;
    const state = next(starting, { kind: 'failed', failure: { kind: 'error', error } }, at(1));
    expect(channelState(state)).toMatchObject({ kind: 'unusable', error });
    expect(delayOf(state)).toBeGreaterThanOrEqual(supervision.unusableDelayMs);
    expect(next(state, { kind: 'nudge' }, at(2)).phase).toBe('starting');
  });
});

test('whatever happens, a waiting child has a next try in the future, and a stopped one stays stopped', () => {
  const event = fc.constantFrom<SupervisorEvent>(
    { kind: 'start' },
    { kind: 'spawned', pid: 7 },
    { kind: 'opened' },
    { kind: 'answered' },
    { kind: 'tick' },
    { kind: 'nudge' },
    exit,
    { kind: 'failed', failure: { kind: 'error', error: { code: 'spawn_failed', leg: 'mcp-server', params: {} } } },
    { kind: 'stop' },
  );
  const steps = fc.array(fc.tuple(event, fc.nat(100_000), fc.double({ min: 0, max: 0.999, noNaN: true })));
  fc.assert(
    fc.property(steps, (events) => {
      let state: SupervisorState = idle;
      let now = 0;
      for (const [step, passed, random] of events) {
        now += passed;
        const before = state;
        state = next(state, step, at(now, random));
        if (before.phase === 'stopped') expect(state).toBe(before);
        if (state.phase === 'waiting' && before.phase !== 'waiting') {
          expect(state.wakeAt).toBeGreaterThan(now);
          expect(state.wakeAt - now).toBeLessThanOrEqual(supervision.slowDelayMs * 1.2);
          expect(state.failures).toBeGreaterThan(0);
        }
        if (step.kind === 'stop') expect(state.phase).toBe('stopped');
        expect(channelState(state).since).toBeLessThanOrEqual(1_000_000 + now);
      }
    }),
  );
});
