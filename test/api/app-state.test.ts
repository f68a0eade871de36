import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppDelta } from '../../shared/app.ts';
import { settingsSchema } from '../../shared/settings.ts';
import type { Caller } from '../../shared/ipc.ts';
import { AppState } from '../../src-main/api/app-state.ts';
import { Callers } from '../../src-main/api/callers.ts';
import { tunnelIn } from '../support/snapshots.ts';

const connected = { kind: 'connected', since: 1000 } as const;

function setUp() {
  const callers = new Callers();
  const state = new AppState({
    callers,
    versions: { app: '1.0.0', wireProtocol: '2026-08-25', node: '20' },
    capabilities: () => ({
      platform: 'linux',
      keychain: { backend: 'none' },
      tray: 'none',
      startAtLogin: false,
      notifications: false,
      files: false,
      quit: false,
      demo: true,
      doctor: false,
      browserUi: false,
      supportBundle: false,
    }),
    settings: () => settingsSchema.parse({}),
    profiles: () => [],
    traces: () => ({ count: 0, errors: 0 }),
    doctor: () => undefined,
    extras: () => ({}),
  });
  const deltas: AppDelta[] = [];
  const cleanUps: (() => void)[] = [];
  const caller: Caller = {
    id: 'w',
    host: 'window',
    send: (event, payload) => {
      if (event === 'app.delta') deltas.push(payload as AppDelta);
    },
    onGone: (cleanUp) => void cleanUps.push(cleanUp),
  };
  return { callers, state, deltas, caller, leave: () => cleanUps.forEach((cleanUp) => cleanUp()) };
}

describe('what windows are told', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is one delta for a thousand changes within a tenth of a second, with the last state', () => {
    const { callers, state, deltas, caller } = setUp();
    callers.add(caller);
    for (let inFlight = 1; inFlight <= 1000; inFlight++) state.tunnelChanged(tunnelIn(connected, { inFlight }));
    vi.advanceTimersByTime(100);
    expect(deltas).toHaveLength(1);
    expect(deltas[0]?.tunnels?.[0]?.snapshot.inFlight).toBe(1000);
    state.close();
  });

  it('tells at once what a call changed, before its answer', () => {
    const { callers, state, deltas, caller } = setUp();
    callers.add(caller);
    state.tunnelChanged(tunnelIn(connected, { inFlight: 1 }));
    state.flush();
    expect(deltas).toHaveLength(1);
    state.flush();
    vi.advanceTimersByTime(100);
    expect(deltas).toHaveLength(1);
    state.close();
  });

  it('has a call that waits for long at that very moment, though nothing else happens', () => {
    const { callers, state, deltas, caller } = setUp();
    callers.add(caller);
    const now = Date.now();
    const quietCall = { channel: 'main', since: now, longAt: now + 5_000 };
    state.tunnelChanged(tunnelIn(connected, { inFlight: 1, lastCommandAt: now, oldestCallAt: now, quietCall }));
    vi.advanceTimersByTime(4_900);
    expect(deltas.at(-1)?.tunnels?.[0]?.verdict.reason).toBe('ok');
    vi.advanceTimersByTime(300);
    expect(deltas.at(-1)?.tunnels?.[0]?.verdict).toMatchObject({ reason: 'no-answer-yet', layer: 'mcp-server' });
    state.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on from the snapshot without a gap', () => {
    const { callers, state, deltas, caller } = setUp();
    callers.add(caller);
    state.tunnelChanged(tunnelIn(connected));
    vi.advanceTimersByTime(100);
    const { seq } = state.snapshot('window');
    state.touch('settings');
    vi.advanceTimersByTime(100);
    expect(deltas.at(-1)).toMatchObject({ seq: seq + 1, settings: { theme: 'system' } });
    state.close();
  });

  it('is nothing when nobody looks on, while the tray still hears', () => {
    const { callers, state, deltas, caller, leave } = setUp();
    callers.add(caller);
    leave();
    const heard: number[] = [];
    state.onTunnels((tunnels) => heard.push(tunnels.length));
    state.tunnelChanged(tunnelIn(connected));
    vi.advanceTimersByTime(100);
    expect([deltas.length, heard]).toEqual([0, [1]]);
    state.close();
  });

  it('says which tunnels are gone', () => {
    const { callers, state, deltas, caller } = setUp();
    callers.add(caller);
    state.tunnelChanged(tunnelIn(connected));
    vi.advanceTimersByTime(100);
    state.tunnelRemoved('p1');
    vi.advanceTimersByTime(100);
    expect(deltas.at(-1)).toMatchObject({ removedTunnels: ['p1'] });
    expect(state.snapshot('window').tunnels).toEqual([]);
    state.close();
  });
});
