import { describe, expect, it } from 'vitest';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { describeVerdict } from '../../shared/verdict-words.ts';
import { attribute, isReady } from '../../src-main/diagnosis/attribution.ts';
import { channelIn, tunnelIn } from '../support/snapshots.ts';

const error = (code: TunnelErrorData['code'], leg: TunnelErrorData['leg']): TunnelErrorData => ({
  code,
  leg,
  params: {},
});
const waiting = (code: TunnelErrorData['code']) =>
  ({ kind: 'waiting', since: 5, error: error(code, 'control-plane'), attempt: 3, nextTryAt: 9 }) as const;
const exit = { at: 900, exitCode: 1, signal: null, stderr: ['starting', 'password authentication failed'] };
const proved = channelIn({ kind: 'ready', since: 1000, server: { protocolVersions: ['2025-11-25'], tools: ['add'] } });
const connected = { kind: 'connected', since: 1000 } as const;
const unusable = { kind: 'unusable', since: 5, error: error('connect_refused', 'mcp-server') } as const;
const degraded = (...names: string[]) =>
  tunnelIn(
    { kind: 'degraded', since: 5, channels: names },
    { channels: names.map((name) => channelIn(unusable, name)) },
  );

describe('attribution', () => {
  it('blames the network when the control plane cannot be reached', () => {
    expect(attribute(tunnelIn(waiting('dns_failed')), 2000)).toMatchObject({
      layer: 'network',
      reason: 'fault',
      nextTryAt: 9,
    });
  });

  it('blames the control plane when it answers 5xx', () => {
    expect(attribute(tunnelIn(waiting('control_plane_error')), 2000).layer).toBe('control-plane');
  });

  it('sends the person to this app when the key is refused', () => {
    const tunnel = tunnelIn({
      kind: 'unauthorised',
      since: 5,
      error: error('unauthorized', 'control-plane'),
      nextTryAt: 9,
    });
    expect(attribute(tunnel, 2000)).toMatchObject({ layer: 'app', error: { code: 'unauthorized' } });
  });

  it('blames the MCP server that keeps exiting, with what it last wrote', () => {
    const channel = channelIn({ kind: 'crash-loop', since: 5, exit, attempt: 5, nextTryAt: 9 });
    const tunnel = tunnelIn({ kind: 'degraded', since: 5, channels: ['main'] }, { channels: [channel] });
    expect(attribute(tunnel, 2000)).toMatchObject({
      layer: 'mcp-server',
      channel: 'main',
      error: {
        code: 'server_crash_loop',
        params: { stderr: 'password authentication failed', attempts: 5, exitCode: 1 },
      },
    });
  });

  it('speaks of main before any other broken channel', () => {
    expect(attribute(degraded('docs', 'main'), 2000).channel).toBe('main');
  });

  it('names the channel in the sentence only where there are several', () => {
    const state = { kind: 'crash-loop', since: 5, exit, attempt: 5, nextTryAt: 9 } as const;
    const title = (...names: string[]): string => {
      const channels = names.map((name) => channelIn(state, name));
      return describeVerdict(attribute(tunnelIn({ kind: 'degraded', since: 5, channels: names }, { channels }), 2000))
        .title;
    };
    expect(title('main')).toBe('The MCP server exits on start');
    expect(title('main', 'docs')).toBe('The MCP server of channel main exits on start');
    const own = { code: 'connect_refused', leg: 'mcp-server', params: { channel: 'main' } } as const;
    const away = tunnelIn(connected, { channels: [channelIn({ kind: 'unusable', since: 5, error: own })] });
    expect(attribute(away, 2000)).toMatchObject({ channel: 'main', error: { params: {} } });
    expect(attribute(away, 2000).error?.params).toEqual({});
  });

  it('names the calling product only when all else is proved, and says that nothing has arrived', () => {
    const tunnel = tunnelIn(connected, { channels: [proved] });
    expect(attribute(tunnel, 1000 + 119_000)).toMatchObject({ layer: 'none', reason: 'waiting-first-call' });
    expect(attribute(tunnel, 1000 + 121_000)).toMatchObject({ layer: 'calling-product', reason: 'nothing-arrived' });
    expect(attribute(tunnelIn(connected), 1000 + 121_000)).toMatchObject({ layer: 'unknown', reason: 'not-yet-known' });
  });

  it('blames no server for the way to it before a poll has shown whether the same proxy keeps the control plane away', () => {
    const signIn = channelIn({ kind: 'unusable', since: 5, error: error('proxy_auth', 'mcp-server') });
    const starting = { kind: 'starting', since: 5, step: 'first-poll' } as const;
    expect(attribute(tunnelIn(starting, { channels: [signIn] }), 2000)).toMatchObject({ reason: 'starting' });
    expect(attribute(tunnelIn(waiting('proxy_auth'), { channels: [signIn] }), 2000).layer).toBe('network');
    const degradedOnly = tunnelIn({ kind: 'degraded', since: 5, channels: ['main'] }, { channels: [signIn] });
    expect(attribute(degradedOnly, 2000)).toMatchObject({ layer: 'mcp-server', error: { code: 'proxy_auth' } });
    const crashed = channelIn({ kind: 'crash-loop', since: 5, exit, attempt: 5, nextTryAt: 9 });
    expect(attribute(tunnelIn(starting, { channels: [crashed] }), 2000).layer).toBe('mcp-server');
  });

  it('names the server that has had a call for long and says nothing, and stays ready', () => {
    const quietCall = { channel: 'main', since: 10_000, longAt: 40_000 };
    const rest = { lastCommandAt: 10_000, inFlight: 1, oldestCallAt: 10_000, quietCall };
    expect(attribute(tunnelIn(connected, rest), 39_999)).toMatchObject({ reason: 'ok' });
    const tunnel = tunnelIn(connected, rest);
    const verdict = attribute(tunnel, 40_000);
    expect(verdict).toEqual({ layer: 'mcp-server', reason: 'no-answer-yet', since: 10_000 });
    expect(describeVerdict(verdict).title).toBe('The MCP server has not answered yet');
    expect(isReady(tunnel, verdict)).toBe(true);
    const two = tunnelIn(connected, { ...rest, channels: [proved, channelIn({ kind: 'idle', since: 1 }, 'docs')] });
    expect(attribute(two, 40_000).channel).toBe('main');
  });

  it('names the server that gave no answer to the last calls, and is ready until that is plain', () => {
    const own = { code: 'http_status', leg: 'mcp-server', params: { status: 404, channel: 'main' } } as const;
    const failing = (calls: number) => ({ ...proved, failing: { since: 1500, calls, error: own } });
    const one = tunnelIn(connected, { lastCommandAt: 1600, channels: [failing(1)] });
    const verdict = attribute(one, 2000);
    expect(verdict).toMatchObject({
      layer: 'mcp-server',
      reason: 'calls-fail',
      since: 1500,
      channel: 'main',
      calls: 1,
    });
    expect(describeVerdict(verdict)).toEqual({
      title: 'The MCP server answers 404',
      cause: 'The last call got no answer. It answered 404 without a JSON-RPC answer.',
      next: expect.stringMatching(/^Check the path of its URL: most servers take MCP at \/mcp\./) as string,
    });
    expect(isReady(one, verdict)).toBe(true);
    const three = tunnelIn(connected, { lastCommandAt: 1600, channels: [failing(3)] });
    expect(describeVerdict(attribute(three, 2000)).cause).toMatch(/^The last 3 calls got no answer\./);
    expect(isReady(three, attribute(three, 2000))).toBe(false);
    const docs = { ...failing(3), name: 'docs' };
    const two = tunnelIn(connected, { lastCommandAt: 1600, channels: [proved, docs] });
    expect(attribute(two, 2000).channel).toBe('docs');
    expect(isReady(two, attribute(two, 2000))).toBe(true);
  });

  it('blames nobody once a call has come', () => {
    expect(attribute(tunnelIn(connected, { lastCommandAt: 1500 }), 9e9)).toMatchObject({ layer: 'none', reason: 'ok' });
  });
});

describe('readiness', () => {
  const ready = (tunnel: ReturnType<typeof tunnelIn>) => isReady(tunnel, attribute(tunnel, 2000));

  it('holds while polls succeed and nobody here is at fault', () => {
    expect(ready(tunnelIn(connected))).toBe(true);
    expect(ready(tunnelIn(connected, { channels: [proved] }))).toBe(true);
  });

  it('ends with a broken main server, but not with another broken channel', () => {
    expect(ready(degraded('main'))).toBe(false);
    expect(ready(degraded('docs'))).toBe(true);
  });

  it('needs a good poll', () => {
    expect(ready(tunnelIn({ kind: 'starting', since: 5, step: 'first-poll' }))).toBe(false);
    expect(ready(tunnelIn(waiting('timed_out')))).toBe(false);
  });
});
