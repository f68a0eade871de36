import { describe, expect, it } from 'vitest';
import {
  isWanted,
  watch,
  type Notice,
  type NoticeKind,
  type NoticeState,
} from '../../src-main/desktop/notification-rules.ts';
import { attribute } from '../../src-main/diagnosis/attribution.ts';
import type { TunnelState } from '../../shared/tunnel.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { tunnelIn } from '../support/snapshots.ts';

const connected: TunnelState = { kind: 'connected', since: 0 };
const waiting: TunnelState = {
  kind: 'waiting',
  since: 0,
  error: { code: 'dns_failed', leg: 'control-plane', params: {} },
  attempt: 1,
  nextTryAt: 0,
};
const refused: TunnelState = {
  kind: 'unauthorised',
  since: 0,
  error: { code: 'unauthorized', leg: 'control-plane', params: {} },
  nextTryAt: 0,
};
const stopped: TunnelState = { kind: 'stopped', since: 0 };

/** Plays states at seconds and returns what was told when. */
function play(steps: readonly (readonly [number, TunnelState])[]): string[] {
  let state: NoticeState = {};
  return steps.flatMap(([seconds, tunnelState]) => {
    const snapshot = tunnelIn(tunnelState);
    const step = watch(state, [{ snapshot, verdict: attribute(snapshot, seconds * 1000) }], seconds * 1000);
    state = step.state;
    return step.notices.map((notice) => `${seconds}: ${notice.kind}`);
  });
}

describe('notifications', () => {
  it('tell of a lost connection only after a grace time, and once', () => {
    expect(
      play([
        [0, connected],
        [1, waiting],
        [20, waiting],
        [31, waiting],
        [60, waiting],
      ]),
    ).toEqual(['31: lost']);
    expect(
      play([
        [0, connected],
        [1, waiting],
        [20, connected],
      ]),
    ).toEqual([]);
  });

  it('tell of a refused key at once and of its recovery', () => {
    expect(
      play([
        [0, connected],
        [1, refused],
        [2, refused],
        [9, connected],
      ]),
    ).toEqual(['1: refused', '9: recovered']);
  });

  it('do not disturb again within five minutes', () => {
    expect(
      play([
        [0, refused],
        [1, connected],
        [2, refused],
        [3, connected],
        [301, refused],
      ]),
    ).toEqual(['0: refused', '1: recovered', '301: refused']);
  });

  it('do not tell of a recovery when a person stopped the tunnel', () => {
    expect(
      play([
        [0, refused],
        [1, stopped],
      ]),
    ).toEqual(['0: refused']);
  });

  it('tell of a certificate at 30, 7 and 1 days, once each, and again of its successor', () => {
    const day = 86_400_000;
    const told: string[] = [];
    let state: NoticeState = {};
    const look = (atDay: number, endDay: number): void => {
      const certificate = { of: 'client' as const, subject: 'CN=me', notAfter: endDay * day };
      const snapshot = { ...tunnelIn(connected), certificates: [certificate] };
      const step = watch(state, [{ snapshot, verdict: attribute(snapshot, atDay * day) }], atDay * day);
      state = step.state;
      for (const { kind, verdict } of step.notices)
        told.push(`${atDay}: ${kind} ${verdict.error?.params['when'] ?? ''}`);
    };
    for (const atDay of [0, 10, 11, 33, 34, 39.5, 39.7]) look(atDay, 40);
    look(39.8, 50);
    expect(told).toEqual([
      '10: certificate within 30 days',
      '33: certificate within 7 days',
      '39.5: certificate within a day',
      '39.8: certificate within 10 days',
    ]);
  });

  it('have a switch for each kind, and no other is turned off by it', () => {
    const all = settingsSchema.parse({}).notifications;
    const kinds: readonly NoticeKind[] = ['lost', 'refused', 'crash-loop', 'recovered', 'certificate'];
    const told = (wanted: typeof all): NoticeKind[] => kinds.filter((kind) => isWanted({ kind } as Notice, wanted));
    expect(told(all)).toEqual(kinds);
    expect(told({ ...all, certificate: false })).toEqual(['lost', 'refused', 'crash-loop', 'recovered']);
    expect(told({ ...all, keyRefused: false })).toEqual(['lost', 'crash-loop', 'recovered', 'certificate']);
  });
});
