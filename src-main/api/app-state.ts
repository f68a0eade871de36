import type { AppDelta, AppSnapshot, Capabilities, ProfileSummary, Rates, TunnelView } from '../../shared/app.ts';
import type { DoctorRun } from '../../shared/doctor.ts';
import { layerOf } from '../../shared/error-layer.ts';
import type { Verdict } from '../../shared/evidence.ts';
import type { Settings } from '../../shared/settings.ts';
import type { TraceEvent } from '../../shared/trace.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { attribute } from '../diagnosis/attribution.ts';
import type { Callers } from './callers.ts';
import { RateMeter } from './rates.ts';

/** Deltas go out at most ten times a second, whatever the tunnels carry; and before each answer to a page's call. */
const coalesceMs = 100;
/** Verdicts change with time alone (nothing has arrived for two minutes), and so does the last hour. */
const refreshMs = 15_000;

export interface AppStateSources {
  readonly callers: Callers;
  readonly versions: AppSnapshot['versions'];
  readonly capabilities: () => Omit<Capabilities, 'host'>;
  readonly settings: () => Settings;
  readonly profiles: () => readonly ProfileSummary[];
  readonly traces: () => AppSnapshot['traces'];
  readonly doctor: () => DoctorRun | undefined;
  /** What only the app knows of a tunnel: pause, draft, demo, certificates, the caller's name for itself. */
  extras(
    id: string,
  ): Partial<Pick<TunnelView, 'caller' | 'certificates' | 'pausedUntil' | 'draft' | 'demo' | 'mcpUrl'>>;
}

type Part = 'profiles' | 'settings' | 'capabilities' | 'traces' | 'doctor';

/**
 * What windows, browsers and the tray show: one snapshot, then deltas. The engine tells of changes; they are gathered
 * here and sent together. With nobody looking on, only the tray's views are made, and only when something changed.
 */
export class AppState {
  readonly #sources: AppStateSources;
  readonly #snapshots = new Map<string, TunnelSnapshot>();
  readonly #meters = new Map<string, RateMeter>();
  readonly #dirtyTunnels = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #dirtyParts = new Set<Part>();
  readonly #listeners = new Set<(tunnels: readonly TunnelView[]) => void>();
  readonly #refresh: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #seq = 0;

  constructor(sources: AppStateSources) {
    this.#sources = sources;
    this.#refresh = setInterval(() => {
      for (const [id, { state }] of this.#snapshots) if (state.kind !== 'stopped') this.#dirtyTunnels.add(id);
      if (this.#dirtyTunnels.size > 0) this.#schedule();
    }, refreshMs).unref();
  }

  /** The engine has a new snapshot of a tunnel. */
  tunnelChanged(snapshot: TunnelSnapshot): void {
    this.#snapshots.set(snapshot.id, snapshot);
    this.#removed.delete(snapshot.id);
    this.touchTunnel(snapshot.id);
  }

  /** Something that `extras` tells of a tunnel changed. */
  touchTunnel(id: string): void {
    this.#dirtyTunnels.add(id);
    this.#schedule();
  }

  tunnelRemoved(id: string): void {
    if (!this.#snapshots.delete(id)) return;
    this.#meters.delete(id);
    this.#dirtyTunnels.delete(id);
    this.#removed.add(id);
    this.#schedule();
  }

  /** A call is over. Those of the pages themselves do not count. */
  callEnded(call: TraceEvent): void {
    if (call.origin !== undefined) return;
    let meter = this.#meters.get(call.tunnel);
    if (!meter) this.#meters.set(call.tunnel, (meter = new RateMeter()));
    meter.add(call, call.receivedAt);
  }

  touch(part: Part): void {
    this.#dirtyParts.add(part);
    if (part === 'profiles') for (const id of this.#snapshots.keys()) this.#dirtyTunnels.add(id);
    this.#schedule();
  }

  /** For the tray and notifications: all tunnels, whenever one changed. */
  onTunnels(listener: (tunnels: readonly TunnelView[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  views(): readonly TunnelView[] {
    return [...this.#snapshots.values()].map((snapshot) => this.#view(snapshot));
  }

  snapshot(host: Capabilities['host']): AppSnapshot {
    const { versions, capabilities, settings, profiles, traces, doctor } = this.#sources;
    const run = doctor();
    return {
      seq: this.#seq,
      tunnels: [...this.views()],
      profiles: [...profiles()],
      settings: settings(),
      capabilities: { ...capabilities(), host },
      versions,
      traces: traces(),
      ...(run ? { doctor: run } : {}),
    };
  }

  /** Tells now what waits to be told: a page must not have the answer to its call before what the call has changed. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#send();
  }

  close(): void {
    clearInterval(this.#refresh);
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
  }

  /** The profile's name as it is now: a draft gets one when it is saved, and a rename restarts nothing. */
  #named(snapshot: TunnelSnapshot): TunnelSnapshot {
    const name = this.#sources.profiles().find(({ id }) => id === snapshot.id)?.name ?? snapshot.name;
    return name === snapshot.name ? snapshot : { ...snapshot, name };
  }

  #view(told: TunnelSnapshot): TunnelView {
    const snapshot = this.#named(told);
    const now = Date.now();
    const rates: Rates = (this.#meters.get(snapshot.id) ?? new RateMeter()).rates(now);
    const notStarted = this.#sources.profiles().find(({ id }) => id === snapshot.id)?.notStarted;
    const verdict: Verdict =
      notStarted && snapshot.state.kind === 'stopped'
        ? { layer: layerOf(notStarted), reason: 'fault', error: notStarted }
        : attribute(snapshot, now);
    return {
      id: snapshot.id,
      snapshot,
      verdict,
      rates,
      certificates: [...(snapshot.certificates ?? [])],
      draft: false,
      demo: false,
      ...this.#sources.extras(snapshot.id),
    };
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#send(), coalesceMs);
  }

  #send(): void {
    this.#timer = undefined;
    this.#watchQuiet();
    if (this.#dirtyTunnels.size + this.#removed.size > 0 && this.#listeners.size > 0) {
      const views = this.views();
      for (const listener of this.#listeners) listener(views);
    }
    if (this.#sources.callers.size > 0) this.#sendDelta();
    this.#dirtyTunnels.clear();
    this.#removed.clear();
    this.#dirtyParts.clear();
  }

  /** Tells again of a tunnel at the moment at which its call has waited long: nothing else happens then. */
  #watchQuiet(): void {
    clearTimeout(this.#quiet);
    const now = Date.now();
    let next: { readonly id: string; readonly at: number } | undefined;
    for (const [id, { quietCall }] of this.#snapshots) {
      if (quietCall && quietCall.longAt > now && (next === undefined || quietCall.longAt < next.at))
        next = { id, at: quietCall.longAt };
    }
    if (next === undefined) return;
    const { id, at } = next;
    this.#quiet = setTimeout(() => this.touchTunnel(id), at - now + 1).unref();
  }

  #sendDelta(): void {
    const { callers, settings, profiles, traces, doctor } = this.#sources;
    const dirty = this.#dirtyParts;
    const tunnels = [...this.#dirtyTunnels].flatMap((id) => {
      const snapshot = this.#snapshots.get(id);
      return snapshot ? [this.#view(snapshot)] : [];
    });
    const run = dirty.has('doctor') ? doctor() : undefined;
    this.#seq++;
    const delta: AppDelta = {
      seq: this.#seq,
      ...(tunnels.length > 0 ? { tunnels } : {}),
      ...(this.#removed.size > 0 ? { removedTunnels: [...this.#removed] } : {}),
      ...(dirty.has('profiles') ? { profiles: [...profiles()] } : {}),
      ...(dirty.has('settings') ? { settings: settings() } : {}),
      ...(dirty.has('traces') ? { traces: traces() } : {}),
      ...(run ? { doctor: run } : {}),
    };
    const capabilities = dirty.has('capabilities') ? this.#sources.capabilities() : undefined;
    callers.broadcast('app.delta', (caller) =>
      capabilities ? { ...delta, capabilities: { ...capabilities, host: caller.host } } : delta,
    );
  }
}
