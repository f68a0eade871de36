import { describe, expect, it } from 'vitest';
import { trayMenu, trayState, trayTooltip, type TrayItem, type TrayTunnel } from '../../src-main/desktop/tray-model.ts';
import { attribute } from '../../src-main/diagnosis/attribution.ts';
import type { TunnelState } from '../../shared/tunnel.ts';
import { stateWord } from '../../shared/state-words.ts';
import { channelIn, tunnelIn } from '../support/snapshots.ts';

const tray = (...args: Parameters<typeof tunnelIn>): TrayTunnel => {
  const snapshot = tunnelIn(...args);
  return { snapshot, verdict: attribute(snapshot, 2000) };
};
const refused = { code: 'unauthorized', leg: 'control-plane', params: {} } as const;
const away = { code: 'dns_failed', leg: 'control-plane', params: { host: 'api.openai.com' } } as const;
const exit = { at: 1, exitCode: 1, signal: null, stderr: [] };
const connected = { kind: 'connected', since: 1000 } as const;
const waiting = { kind: 'waiting', since: 1, error: away, attempt: 1, nextTryAt: 2 } as const;

const labels = (items: readonly TrayItem[]): string[] =>
  items.flatMap((item) =>
    item.kind === 'separator' ? [] : item.kind === 'menu' ? [item.label, ...labels(item.items)] : [item.label],
  );

describe('tray', () => {
  it('shows one state for all tunnels, the worst first', () => {
    expect(trayState([])).toBe('stopped');
    expect(trayState([tray(connected)])).toBe('connected');
    expect(trayState([tray(connected, { inFlight: 2 })])).toBe('busy');
    expect(trayState([tray(connected), tray({ kind: 'stopping', since: 1, inFlight: 1, forced: false })])).toBe(
      'starting',
    );
    expect(trayState([tray(connected), tray(waiting)])).toBe('degraded');
    expect(trayState([tray(waiting), tray({ kind: 'unauthorised', since: 1, error: refused, nextTryAt: 2 })])).toBe(
      'attention',
    );
    const crashing = channelIn({ kind: 'crash-loop', since: 1, exit, attempt: 5, nextTryAt: 2 });
    expect(trayState([tray({ kind: 'degraded', since: 1, channels: ['main'] }, { channels: [crashing] })])).toBe(
      'attention',
    );
  });

  it('says the state in words', () => {
    expect(trayTooltip({ tunnels: [], idle: [] })).toBe('Culvert: no tunnel is on');
    expect(trayTooltip({ tunnels: [tray(waiting)], idle: [] })).toContain('The control plane has no address');
    expect(trayTooltip({ tunnels: [tray(connected, { inFlight: 1, lastCommandAt: 1 })], idle: [] })).toContain(
      '1 call in flight',
    );
  });

  it('says of a profile that was to start why it did not', () => {
    const notStarted = { code: 'command_not_approved', leg: 'mcp-server', params: {} } as const;
    const idle = [{ id: 'p2', name: 'Docs', notStarted }];
    expect(trayState([tray(connected)], idle)).toBe('attention');
    expect(trayTooltip({ tunnels: [], idle })).toBe('Culvert: Docs: This command waits for your consent');
    const all = labels(trayMenu({ tunnels: [], idle }));
    expect(all).toContain('Docs: Needs attention');
    expect(all).toContain('Docs: This command waits for your consent');
  });

  it('gives every tunnel its own switch and offers only what would do something', () => {
    const menu = trayMenu({ tunnels: [tray(connected)], idle: [{ id: 'p2', name: 'Docs' }] });
    const all = labels(menu);
    expect(all).toEqual(
      expect.arrayContaining([
        'CRM: Connected',
        'Docs: Stopped',
        'Start all',
        'Stop all',
        'Pause for an hour',
        'Copy tunnel id',
      ]),
    );
    const docs = menu.find((item) => item.kind === 'menu' && item.label.startsWith('Docs'));
    expect(docs).toMatchObject({ items: [{ kind: 'switch', on: false, action: { do: 'start', id: 'p2' } }] });
    expect(labels(trayMenu({ tunnels: [], idle: [] }))).not.toContain('Stop all');
  });

  it('tells the last fault in one line', () => {
    expect(labels(trayMenu({ tunnels: [tray(waiting)], idle: [] }))).toContain('CRM: The control plane has no address');
  });

  it('calls a state what the pages call it', () => {
    const crashing = channelIn({ kind: 'crash-loop', since: 1, exit, attempt: 5, nextTryAt: 2 });
    const unusable = channelIn({ kind: 'unusable', since: 1, error: { ...away, leg: 'mcp-server' } });
    const degraded: TunnelState = { kind: 'degraded', since: 1, channels: ['main'] };
    const all: readonly TrayTunnel[] = [
      tray(connected),
      tray(waiting),
      tray(degraded, { channels: [crashing] }),
      tray(degraded, { channels: [unusable] }),
      tray({ kind: 'stopped', since: 1, error: refused }),
    ];
    const states = all.map((tunnel) => [labels(trayMenu({ tunnels: [tunnel], idle: [] }))[1], trayState([tunnel])]);
    expect(states).toEqual([
      ['CRM: Connected', 'connected'],
      ['CRM: Waiting', 'degraded'],
      ['CRM: Needs attention', 'attention'],
      ['CRM: Needs attention', 'attention'],
      ['CRM: Needs attention', 'attention'],
    ]);
    expect(labels(trayMenu({ tunnels: [tray(connected, { inFlight: 1 })], idle: [] }))[1]).toBe('CRM: Connected');
    expect(all.map(stateWord)).toEqual(states.map(([label]) => label?.replace('CRM: ', '')));
  });

  it('says until when a tunnel is paused, in 24 hours, and hides no other tunnel behind it', () => {
    const pausedUntil = new Date(2026, 1, 3, 14, 5).getTime();
    const paused = { ...tray({ kind: 'stopped', since: 1 }), pausedUntil };
    const menu = labels(trayMenu({ tunnels: [paused], idle: [], pausedUntil }));
    expect(menu).toEqual(expect.arrayContaining(['CRM: Paused until 14:05', 'Resume (paused until 14:05)']));
    expect(menu.join()).not.toContain('Stopped');
    expect(trayTooltip({ tunnels: [paused], idle: [], pausedUntil })).toBe('Culvert: paused until 14:05');
    expect(trayTooltip({ tunnels: [paused, tray(waiting)], idle: [], pausedUntil })).toContain('has no address');
  });
});
