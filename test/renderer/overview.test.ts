import { describe, expect, it } from 'vitest';
import type { ProfileSummary, TunnelView } from '../../shared/app.ts';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { revealed } from '../../shared/printable.ts';
import { attribute } from '../../src-main/diagnosis/attribution.ts';
import { next, stoppedSince } from '../../src-main/tunnel/state.ts';
import { countNeeding, lookOf } from '../../src-renderer/overview/look.ts';
import { pipeOf } from '../../src-renderer/overview/pipe-model.ts';
import { sayOf } from '../../src-renderer/overview/say.ts';
import { t } from '../../src-renderer/strings.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { channelIn, tunnelIn } from '../support/snapshots.ts';

const now = 100_000;
const noRates = { perMinute: [], errorsPerMinute: [], calls: 0, errors: 0 };
const viewOf = (snapshot: TunnelSnapshot): TunnelView => ({
  id: snapshot.id,
  snapshot,
  verdict: attribute(snapshot, now),
  rates: noRates,
  certificates: [],
  draft: false,
  demo: false,
});

/** What the overview shows once the polls of a connected tunnel are answered so. */
function afterPolls(code: TunnelErrorData['code'], params: TunnelErrorData['params']): TunnelView {
  const error: TunnelErrorData = { code, leg: 'control-plane', params };
  const failed = { kind: 'poll-failed', at: 50_000, error, attempt: 2, refusals: 2, nextTryAt: now + 9_000 } as const;
  const started = next(stoppedSince(0), { kind: 'start', at: 1 });
  return viewOf(tunnelIn(next(next(started, { kind: 'polled', at: 2, unusable: [] }), failed)));
}

describe('the overview', () => {
  it('asks for a person, in red, when the control plane says that the tunnel is gone', () => {
    const view = afterPolls('tunnel_not_found', { status: 404, tunnelId: 'tunnel_x' });
    expect(lookOf(view)).toMatchObject({ key: 'attention', tone: 'fault', canRetry: true });
    expect(sayOf(view, false, now)).toBe('The tunnel does not exist');
    expect(pipeOf(view, now)).toMatchObject({
      controlPlane: { tone: 'ok', detail: 'knows no such tunnel' },
      app: { tone: 'fault' },
    });
  });

  it('says "no answer" of a control plane only when none came', () => {
    const detail = (view: TunnelView): string => pipeOf(view, now).controlPlane.detail;
    expect(detail(afterPolls('dns_failed', {}))).toBe('no answer');
    expect(detail(afterPolls('timed_out', {}))).toBe('no answer');
    expect(detail(afterPolls('proxy_refused', { status: 403 }))).toBe('no answer');
    expect(detail(afterPolls('control_plane_error', { status: 503 }))).toBe('answers 503');
    expect(detail(afterPolls('rate_limited', { status: 429 }))).toBe('answers 429');
    expect(detail(afterPolls('unauthorized', { status: 401 }))).toBe('refuses the key');
  });

  it('says for how long a call has been under way, and turns amber, with what to do, when its server stays silent', () => {
    const waitsFor = (ms: number, inFlight = 1): TunnelView => {
      const since = now - ms;
      const quietCall = { channel: 'main', since, longAt: since + 30_000 };
      const connected = { kind: 'connected', since: 1 } as const;
      return viewOf(tunnelIn(connected, { inFlight, lastCommandAt: since, oldestCallAt: since, quietCall }));
    };
    expect(sayOf(waitsFor(200), false, now)).toBe('Answering 1 call');
    expect(sayOf(waitsFor(12_000), false, now)).toBe('Answering 1 call for 12 s');
    expect(sayOf(waitsFor(12_000, 3), false, now)).toBe('Answering 3 calls, the oldest for 12 s');
    expect(lookOf(waitsFor(29_000))).toMatchObject({ key: 'busy', tone: 'busy' });
    expect(lookOf(waitsFor(31_000))).toMatchObject({ key: 'slow', tone: 'warn', word: 'Slow', up: true });
    expect(pipeOf(waitsFor(31_000), now).servers).toMatchObject([{ tone: 'warn', detail: 'silent for 31 s' }]);
  });

  it('turns amber, with the reason, when the last call got no answer', () => {
    const error = { code: 'closed_early', leg: 'mcp-server', params: {} } as const;
    const main = { ...channelIn({ kind: 'ready', since: 1 }), failing: { since: now - 5_000, calls: 2, error } };
    const view = viewOf(tunnelIn({ kind: 'connected', since: 1 }, { lastCommandAt: now, channels: [main] }));
    expect(lookOf(view)).toMatchObject({ key: 'degraded', tone: 'warn', up: true });
    expect(sayOf(view, false, now)).toBe('The MCP server closed the connection before its answer was complete');
    expect(pipeOf(view, now).servers).toMatchObject([{ tone: 'warn', detail: 'no answer to 2 calls' }]);
  });

  it('does not say that no call has come above the figures of calls that came before a restart', () => {
    const fresh = viewOf(tunnelIn({ kind: 'connected', since: now - 1 }));
    expect(sayOf(fresh, false, now)).toBe('No call has come yet');
    const restarted = { ...fresh, rates: { ...noRates, calls: 57_543 } };
    expect(sayOf(restarted, false, now)).toBe('No call since it was switched on');
  });

  it('counts who needs a person once, for the heading and the badge: faults, broken files, and starts that failed', () => {
    const error: TunnelErrorData = { code: 'tunnel_not_found', leg: 'control-plane', params: { tunnelId: 'tunnel_x' } };
    const fault = afterPolls('tunnel_not_found', { status: 404, tunnelId: 'tunnel_x' });
    const fine = { ...viewOf(tunnelIn({ kind: 'connected', since: 1 })), id: 'p2' };
    const profile = (id: string, rest: Partial<ProfileSummary> = {}): ProfileSummary => ({
      id,
      name: id,
      file: `/profiles/${id}.yaml`,
      format: 'culvert',
      tunnelId: 'tunnel_x',
      controlPlane: 'https://api.openai.com',
      channels: [],
      startWithApp: false,
      modifiedAt: 0,
      ...rest,
    });
    const profiles = [
      profile('p1', { problem: error }),
      profile('p2'),
      profile('off'),
      profile('broken', { problem: error }),
      profile('failed', { notStarted: error }),
    ];
    expect(countNeeding(profiles, [fault, fine, { ...fault, id: 'draft', draft: true }])).toBe(3);
  });

  it('says that all checks passed only where none was skipped', () => {
    const { done } = t.doctor.say;
    expect(done('all', 0, 0, 43, 0)).toBe('All 43 checks passed.');
    expect(done('all', 0, 0, 34, 9)).toBe('34 checks passed, 9 skipped.');
    expect(done('both', 1, 2, 34, 9)).toBe('1 finding, 2 warnings in 34 checks, 9 skipped.');
  });

  it('shows in a command to agree to what cannot be seen: a text that runs backwards, a blank that is none', () => {
    expect(revealed('node "my server.mjs" --größe 日本 👍')).toBe('node "my server.mjs" --größe 日本 👍');
    expect(revealed('safe\u202Ecod.sj')).toBe('safe<U+202E>cod.sj');
    expect(revealed('a\u200Bb\u00A0c\nd\u{E0041}')).toBe('a<U+200B>b<U+00A0>c<U+000A>d<U+E0041>');
  });
});
