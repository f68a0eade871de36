import type { Verdict } from '../../shared/evidence.ts';
import { describe } from '../../shared/messages.ts';
import { hourMinute, pausedWords, stateKey, stateWords, type StateKey } from '../../shared/state-words.ts';
import type { TunnelErrorData, TunnelSnapshot } from '../../shared/tunnel.ts';
import { describeVerdict } from '../../shared/verdict-words.ts';
import type { TrayState } from './tray-icon.ts';

export interface TrayTunnel {
  readonly snapshot: TunnelSnapshot;
  readonly verdict: Verdict;
  /** Wall-clock milliseconds at which its pause ends. */
  readonly pausedUntil?: number | undefined;
  /** Where an MCP client can reach it, when the control plane is a relay that says so. */
  readonly mcpUrl?: string | undefined;
}

export interface IdleProfile {
  readonly id: string;
  readonly name: string;
  /** Why its last start failed. */
  readonly notStarted?: TunnelErrorData | undefined;
}

export interface TrayModel {
  /** Tunnels that run or were started in this process, and profiles that were not. */
  readonly tunnels: readonly TrayTunnel[];
  readonly idle: readonly IdleProfile[];
  /** Wall-clock milliseconds until which everything is paused. */
  readonly pausedUntil?: number;
}

export type TrayAction =
  | { readonly do: 'start' | 'stop'; readonly id: string }
  | { readonly do: 'copy'; readonly text: string }
  | { readonly do: 'open'; readonly page: 'overview' | 'settings' }
  | { readonly do: 'start-all' | 'stop-all' | 'pause' | 'resume' | 'copy-diagnostics' | 'quit' };

export type TrayItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  | { readonly kind: 'switch'; readonly label: string; readonly on: boolean; readonly action: TrayAction }
  | { readonly kind: 'menu'; readonly label: string; readonly items: readonly TrayItem[] };

const isOn = (snapshot: TunnelSnapshot): boolean =>
  snapshot.state.kind !== 'stopped' && snapshot.state.kind !== 'stopping';

const icons: Readonly<Record<StateKey, TrayState>> = {
  stopped: 'stopped',
  paused: 'stopped',
  starting: 'starting',
  stopping: 'starting',
  connected: 'connected',
  busy: 'busy',
  slow: 'degraded',
  degraded: 'degraded',
  waiting: 'degraded',
  attention: 'attention',
};

const worstFirst: readonly TrayState[] = ['attention', 'degraded', 'starting', 'busy', 'connected'];

/** One icon for all tunnels: the worst state wins, then work in progress, then peace. */
export function trayState(tunnels: readonly TrayTunnel[], idle: readonly IdleProfile[] = []): TrayState {
  const shown = new Set(tunnels.map((tunnel) => icons[stateKey(tunnel)]));
  if (idle.some(({ notStarted }) => notStarted)) shown.add('attention');
  return worstFirst.find((state) => shown.has(state)) ?? 'stopped';
}

/** The badge's word; of a pause its end as well. Busy comes and goes with every call: an open menu would not stay. */
function stateOf(tunnel: TrayTunnel): string {
  const key = stateKey(tunnel);
  if (key === 'busy') return stateWords.connected;
  return key === 'paused' && tunnel.pausedUntil !== undefined ? pausedWords(tunnel.pausedUntil) : stateWords[key];
}

/** The tunnel that speaks for all: one with a fault, else the first that is on. */
function spokesman(tunnels: readonly TrayTunnel[]): TrayTunnel | undefined {
  return tunnels.find(({ verdict }) => verdict.error) ?? tunnels.find(({ snapshot }) => isOn(snapshot));
}

/** The first profile that was to start and did not, and why. */
function notStartedOf(idle: readonly IdleProfile[]): string | undefined {
  const [first] = idle.flatMap(({ name, notStarted }) =>
    notStarted ? [`${name}: ${describe(notStarted).title}`] : [],
  );
  return first;
}

/** The state in words, short enough for a tooltip. */
export function trayTooltip({ tunnels, idle, pausedUntil }: TrayModel): string {
  const on = tunnels.filter(({ snapshot }) => isOn(snapshot));
  const off = notStartedOf(idle);
  if (on.length === 0 && off !== undefined) return `Culvert: ${off}`;
  if (on.length === 0 && pausedUntil !== undefined) return `Culvert: paused until ${hourMinute(pausedUntil)}`;
  if (on.length === 0) return 'Culvert: no tunnel is on';
  const calls = on.reduce((sum, { snapshot }) => sum + snapshot.inFlight, 0);
  const speaker = spokesman(tunnels);
  const rest = on.length > 1 ? `, ${on.length} tunnels on` : '';
  const busy = calls > 0 ? `, ${calls} ${calls === 1 ? 'call' : 'calls'} in flight` : '';
  if (!speaker) return 'Culvert';
  return `Culvert: ${speaker.snapshot.name}: ${describeVerdict(speaker.verdict).title}${busy}${rest}`;
}

const separator: TrayItem = { kind: 'separator' };

function tunnelMenu(tunnel: TrayTunnel): TrayItem {
  const { snapshot, verdict, mcpUrl } = tunnel;
  const on = isOn(snapshot);
  const items: TrayItem[] = [
    { kind: 'switch', label: 'On', on, action: { do: on ? 'stop' : 'start', id: snapshot.id } },
    { kind: 'text', label: stateKey(tunnel) === 'paused' ? stateOf(tunnel) : describeVerdict(verdict).title },
    separator,
    { kind: 'action', label: 'Copy tunnel id', action: { do: 'copy', text: snapshot.tunnelId } },
  ];
  if (mcpUrl !== undefined) items.push({ kind: 'action', label: 'Copy MCP URL', action: { do: 'copy', text: mcpUrl } });
  return { kind: 'menu', label: `${snapshot.name}: ${stateOf(tunnel)}`, items };
}

/** The tray's whole menu as data. Everything that a click on the icon does is in it too: some hosts have no clicks. */
export function trayMenu(model: TrayModel): readonly TrayItem[] {
  const { tunnels, idle, pausedUntil } = model;
  const items: TrayItem[] = [
    { kind: 'action', label: 'Open Culvert', action: { do: 'open', page: 'overview' } },
    separator,
  ];
  for (const tunnel of tunnels) items.push(tunnelMenu(tunnel));
  for (const { id, name, notStarted } of idle) {
    const entries: TrayItem[] = [{ kind: 'switch', label: 'On', on: false, action: { do: 'start', id } }];
    if (notStarted) entries.push({ kind: 'text', label: describe(notStarted).title });
    const state = notStarted ? stateWords.attention : stateWords.stopped;
    items.push({ kind: 'menu', label: `${name}: ${state}`, items: entries });
  }
  if (tunnels.length + idle.length === 0) {
    items.push(
      { kind: 'text', label: 'No tunnel yet' },
      { kind: 'action', label: 'Try the demo', action: { do: 'start', id: 'demo' } },
    );
  }
  const fault = tunnels.find(({ verdict }) => verdict.error);
  const trouble = fault ? `${fault.snapshot.name}: ${describeVerdict(fault.verdict).title}` : notStartedOf(idle);
  if (trouble !== undefined) items.push(separator, { kind: 'text', label: trouble });
  const anyOn = tunnels.some(({ snapshot }) => isOn(snapshot));
  const anyOff = idle.length > 0 || tunnels.some(({ snapshot }) => !isOn(snapshot));
  items.push(separator);
  if (anyOff) items.push({ kind: 'action', label: 'Start all', action: { do: 'start-all' } });
  if (anyOn) items.push({ kind: 'action', label: 'Stop all', action: { do: 'stop-all' } });
  if (pausedUntil !== undefined) {
    items.push({ kind: 'action', label: `Resume (paused until ${hourMinute(pausedUntil)})`, action: { do: 'resume' } });
  } else if (anyOn) {
    items.push({ kind: 'action', label: 'Pause for an hour', action: { do: 'pause' } });
  }
  items.push(
    separator,
    { kind: 'action', label: 'Copy diagnostics', action: { do: 'copy-diagnostics' } },
    { kind: 'action', label: 'Settings', action: { do: 'open', page: 'settings' } },
    { kind: 'action', label: 'Quit Culvert', action: { do: 'quit' } },
  );
  return items;
}
