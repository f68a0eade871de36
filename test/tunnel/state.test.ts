import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { tunnelStateSchema, type TunnelState } from '../../shared/tunnel.ts';
import { next, stoppedSince, type TunnelEvent } from '../../src-main/tunnel/state.ts';

const error = (code: TunnelErrorData['code']): TunnelErrorData => ({ code, leg: 'control-plane', params: {} });
const play = (...events: TunnelEvent[]): TunnelState => events.reduce(next, stoppedSince(0));
const start: TunnelEvent = { kind: 'start', at: 1 };
const polled = (at: number, ...unusable: string[]): TunnelEvent => ({ kind: 'polled', at, unusable });
const failed = (at: number, code: TunnelErrorData['code'] = 'dns_failed', refusals = 0): TunnelEvent => ({
  kind: 'poll-failed',
  at,
  error: error(code),
  attempt: 1,
  refusals,
  nextTryAt: at + 5,
});

describe('the state of a tunnel', () => {
  it('is connected from the first good poll, and since then', () => {
    expect(play(start, polled(5), polled(9))).toEqual({ kind: 'connected', since: 5 });
  });

  it('is degraded while a channel is not usable', () => {
    expect(play(start, polled(5), { kind: 'channels', at: 7, unusable: ['docs', 'crm'] })).toEqual({
      kind: 'degraded',
      since: 7,
      channels: ['crm', 'docs'],
    });
    expect(play(start, polled(5, 'main'), { kind: 'channels', at: 8, unusable: [] }).kind).toBe('connected');
  });

  it('is waiting, with the reason and the next try, while no poll succeeds', () => {
    expect(play(start, polled(2), failed(5), failed(8))).toMatchObject({ kind: 'waiting', since: 5, nextTryAt: 13 });
    expect(play(start, failed(5), polled(9)).kind).toBe('connected');
  });

  it('asks for a person when the key is refused twice in a row, and is only waiting after the first time', () => {
    for (const code of ['unauthorized', 'forbidden', 'tunnel_not_found'] as const) {
      expect(play(start, failed(5, code, 1))).toMatchObject({ kind: 'waiting', error: { code }, nextTryAt: 10 });
      expect(play(start, failed(5, code, 1), failed(7, code, 2)).kind).toBe('unauthorised');
    }
    expect(play(start, failed(5, 'unexpected_status', 0)).kind).toBe('waiting');
  });

  it('asks for a person when the tunnel is gone from the control plane, until it is there again', () => {
    expect(play(start, polled(2), failed(5, 'tunnel_not_found', 2), failed(8, 'tunnel_not_found', 3))).toMatchObject({
      kind: 'unauthorised',
      since: 5,
      error: { code: 'tunnel_not_found' },
      nextTryAt: 13,
    });
    expect(play(start, failed(5, 'tunnel_not_found', 2), polled(9)).kind).toBe('connected');
  });

  it('is stopping until everything has ended, whatever comes in between', () => {
    const stop: TunnelEvent = { kind: 'stop', at: 9, inFlight: 2, forced: false };
    expect(play(start, polled(5), stop, polled(10), failed(11))).toMatchObject({ kind: 'stopping', since: 9 });
    expect(play(start, stop, { ...stop, forced: true }, stop)).toMatchObject({ kind: 'stopping', forced: true });
    expect(play(start, stop, { kind: 'stopped', at: 12 })).toEqual({ kind: 'stopped', since: 12 });
  });

  it('is always one of the contract, and only a start leaves stopped', () => {
    const at = fc.nat();
    const channels = fc.array(fc.constantFrom('main', 'docs'));
    const event: fc.Arbitrary<TunnelEvent> = fc.oneof(
      fc.record({ kind: fc.constant('start' as const), at }),
      fc.record({ kind: fc.constant('polled' as const), at, unusable: channels }),
      fc.record({ kind: fc.constant('channels' as const), at, unusable: channels }),
      at.map((time) => failed(time)),
      fc.record({ kind: fc.constant('stop' as const), at, inFlight: fc.nat(), forced: fc.boolean() }),
      fc.record({ kind: fc.constant('stopped' as const), at }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let state = stoppedSince(0);
        for (const step of events) {
          const before = state;
          state = next(state, step);
          tunnelStateSchema.parse(state);
          if (before.kind === 'stopped' && state.kind !== 'stopped') expect(step.kind).toBe('start');
        }
      }),
    );
  });
});
