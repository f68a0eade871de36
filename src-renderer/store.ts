import { useSyncExternalStore } from 'react';
import type { AppDelta, AppSnapshot, TunnelView } from '../shared/app.ts';
import { call, on, transport } from './api.ts';

export interface AppState {
  /** The other side is there. */
  readonly connected: boolean;
  readonly app: AppSnapshot | undefined;
}

let state: AppState = { connected: true, app: undefined };
const listeners = new Set<() => void>();

function set(next: AppState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** The snapshot with a delta's changes; parts that did not change keep their identity. */
export function applyDelta(app: AppSnapshot, delta: AppDelta): AppSnapshot {
  const { tunnels: changed, removedTunnels, ...parts } = delta;
  let tunnels: TunnelView[] = app.tunnels;
  if (removedTunnels) tunnels = tunnels.filter(({ id }) => !removedTunnels.includes(id));
  if (changed) {
    const byId = new Map(changed.map((view) => [view.id, view]));
    const known = new Set(tunnels.map(({ id }) => id));
    tunnels = [...tunnels.map((view) => byId.get(view.id) ?? view), ...changed.filter(({ id }) => !known.has(id))];
  }
  return {
    seq: parts.seq,
    tunnels,
    profiles: parts.profiles ?? app.profiles,
    settings: parts.settings ?? app.settings,
    capabilities: parts.capabilities ?? app.capabilities,
    versions: app.versions,
    traces: parts.traces ?? app.traces,
    ...((parts.doctor ?? app.doctor) ? { doctor: parts.doctor ?? app.doctor } : {}),
  };
}

let fetching: Promise<void> | undefined;

/** One fetch at a time; a gap in the deltas or a new connection asks for it again. */
export function refresh(): Promise<void> {
  fetching ??= call('app.snapshot').then((reply) => {
    fetching = undefined;
    set(reply.ok ? { connected: true, app: reply.value } : { ...state, connected: false });
  });
  return fetching;
}

export function connect(): void {
  on('app.delta', (delta) => {
    if (!state.app || delta.seq <= state.app.seq) return;
    if (delta.seq === state.app.seq + 1) set({ ...state, app: applyDelta(state.app, delta) });
    else void refresh();
  });
  transport.onConnection?.((up) => {
    if (up) void refresh();
    else set({ ...state, connected: false });
  });
  void refresh();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const getState = (): AppState => state;
export const onState = subscribe;

export function useAppState(): AppState {
  return useSyncExternalStore(subscribe, getState);
}

/** A part of the snapshot; only pages below the shell use it, which shows them once there is one. */
export function useApp<T>(select: (app: AppSnapshot) => T): T {
  return useSyncExternalStore(subscribe, () => {
    if (!state.app) throw new Error('a page was drawn before the snapshot came');
    return select(state.app);
  });
}
