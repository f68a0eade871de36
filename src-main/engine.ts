import { randomUUID } from 'node:crypto';
import { TunnelError } from '../shared/errors.ts';
import { sentence } from '../shared/messages.ts';
import type { Profile } from '../shared/profile.ts';
import type { TunnelSnapshot } from '../shared/tunnel.ts';
import type { ClientIdentity } from './control-plane/request-headers.ts';
import type { Channel } from './call/channel.ts';
import { AddressRules } from './harpoon/address-rules.ts';
import { createHarpoon, offerDiscovered, ownHosts, type Harpoon } from './harpoon/harpoon.ts';
import { createChannels, type ChannelDeps } from './mcp/channels.ts';
import { createRouteWatch } from './network/route-watch.ts';
import { ProxySignIns } from './network/proxy-sign-in.ts';
import { createRoutes } from './network/profile-routes.ts';
import type { RouteDeps, Routes } from './network/routes.ts';
import { createOAuthDiscovery, type DiscoveryResult, type OAuthDiscovery } from './oauth/discovery.ts';
import { lookUntilKnown } from './oauth/look.ts';
import { discoveryNotes } from './oauth/discovery-notes.ts';
import type { Log } from './observe/log.ts';
import { CallEvents, type CallObserver } from './call/events.ts';
import type { Stage } from './call/stage.ts';
import type { SecretResolver } from './secrets/secret-resolver.ts';
import { Cancellation } from './base/cancellation.ts';
import { systemClock, type Clock } from './base/clock.ts';
import type { LocalAnswer, LocalCallOptions } from './tunnel/local-calls.ts';
import { Tunnel } from './tunnel/tunnel.ts';
import type { NudgeReason, TunnelManager } from './tunnel/tunnel-manager.ts';
import { version } from './base/version.ts';

export interface EngineOptions extends Pick<ChannelDeps, 'children' | 'handshakes' | 'searchPath' | 'env'> {
  readonly secrets: SecretResolver;
  readonly log: Log;
  /** Hears of every call from the start; others subscribe to `TunnelManager.events`. */
  readonly traces: CallObserver;
  /** What the calls of a channel pass before they are queued; none when absent. */
  readonly stages?: (profile: Profile, channel: Channel) => readonly Stage[];
  readonly clock?: Clock;
  /** A library's: servers in this process, besides those of the profile. */
  readonly ownChannels?: (profile: Profile) => readonly Channel[];
  /** The app's: what the system, or its PAC file, names as proxy for a URL. */
  readonly systemProxy?: RouteDeps['systemProxy'];
  /** What the look at start found of the main server's OAuth sign-in. */
  readonly onDiscovery?: (id: string, found: DiscoveryResult) => void;
}

/** Calls in flight get this long when a tunnel is stopped, in milliseconds. */
const defaultGraceMs = 7_000;
/** Snapshots are shown to people: a burst of changes is told once. */
const coalesceMs = 40;
/** How often the two clocks are compared: the monotonic one stands still in suspend on Linux. */
const sleepCheckMs = 5_000;
const sleptMs = 10_000;

/** The composition: tunnels of one process with all that they need. Both entries, app and command line, start it. */
export function createEngine(options: EngineOptions): TunnelManager {
  return new Engine(options);
}

class Engine implements TunnelManager {
  readonly events: CallEvents;
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #identity: ClientIdentity = { name: 'culvert', version, instanceId: randomUUID() };
  readonly #tunnels = new Map<string, Tunnel>();
  /** Tunnels that finish their calls while a changed one already polls in their place. */
  readonly #replaced = new Map<Tunnel, Promise<void>>();
  readonly #listeners = new Set<(snapshot: TunnelSnapshot) => void>();
  readonly #changed = new Set<Tunnel>();
  readonly #proxySignIns = new ProxySignIns();
  #sleepCheck: NodeJS.Timeout | undefined;
  /** When the two clocks were last compared, and when a wake was last acted on. */
  #compared: { wall: number; now: number };
  #wokeAt = -Infinity;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.events = new CallEvents((error) =>
      options.log.error('An observer of calls failed.', {
        error: error instanceof Error ? error.message : String(error),
      }),
    );
    this.events.subscribe(options.traces);
    this.#clock = options.clock ?? systemClock;
    this.#compared = { wall: this.#clock.wall(), now: this.#clock.now() };
  }

  async start(profile: Profile): Promise<void> {
    const own = this.#options.ownChannels?.(profile) ?? [];
    const hasMain = [...profile.channels, ...own].some(({ name }) => name === 'main');
    if (!hasMain && !profile.controlPlane.pollChannels) {
      throw new TunnelError('config_invalid', 'local', {
        field: 'mcp',
        problem: 'there is no server for the channel main',
      });
    }
    const addresses = new AddressRules(profile.harpoon, ownHosts(profile));
    const routes = createRoutes(profile, {
      secrets: this.#options.secrets,
      env: this.#options.env,
      allowsAddress: (url, address) => addresses.allows(url, address),
      proxySignIns: this.#proxySignIns,
      ...(this.#options.systemProxy && { systemProxy: this.#options.systemProxy }),
      onProblem: (problem) => {
        if (problem)
          this.#options.log.warn(
            'A changed file cannot be used; what was read before stays in use.',
            { ...problem.params, code: problem.code },
            { tunnel: profile.id },
          );
      },
    });
    let tunnel: Tunnel;
    try {
      // Half a certificate pair, a CA bundle that is none, a proxy that is no address: refused here, not at the first call.
      await routes.check();
      tunnel = this.#create(profile, routes, own);
    } catch (error) {
      await routes.close();
      throw error;
    }
    const before = this.#tunnels.get(profile.id);
    this.#tunnels.set(profile.id, tunnel);
    // what is in flight on the old one finishes there, while the new one already polls
    if (before && isOn(before)) this.#retire(before);
    this.#watchSleep();
    this.#tell(tunnel);
    await tunnel.start();
  }

  async stop(id: string, graceMs = defaultGraceMs): Promise<void> {
    const tunnel = this.#tunnels.get(id);
    const forced = tunnel?.state.kind === 'stopping';
    const replaced = [...this.#replaced.keys()].filter(({ profile }) => profile.id === id);
    await Promise.all([tunnel?.stop(graceMs), ...replaced.map((old) => this.#end(old, forced ? 0 : graceMs))]);
  }

  async stopAll(graceMs = defaultGraceMs): Promise<void> {
    const ids = [...this.#tunnels.values()].filter(isOn).map(({ profile }) => profile.id);
    const replaced = [...this.#replaced.keys()].map(({ profile }) => profile.id);
    await Promise.all([...new Set([...ids, ...replaced])].map((id) => this.stop(id, graceMs)));
  }

  nudge(reason: NudgeReason, id?: string): void {
    if (reason === 'wake') {
      // the system's word and our own clocks tell of the same wake, in either order: one of them is enough
      const now = this.#clock.now();
      const sleptAgain = this.#sleptMs() > sleptMs;
      if (!sleptAgain && now - this.#wokeAt < 2 * sleepCheckMs) return;
      this.#wokeAt = now;
    }
    for (const tunnel of this.#tunnels.values()) if (id === undefined || tunnel.profile.id === id) tunnel.nudge(reason);
  }

  get size(): number {
    return this.#tunnels.size;
  }

  snapshots(): readonly TunnelSnapshot[] {
    return [...this.#tunnels.values()].map((tunnel) => tunnel.snapshot());
  }

  channel(id: string, name: string): Channel | undefined {
    const tunnel = this.#tunnels.get(id);
    return tunnel && isOn(tunnel) ? tunnel.channel(name) : undefined;
  }

  call(id: string, channel: string, bytes: Buffer, options: LocalCallOptions): Promise<LocalAnswer> {
    const tunnel = this.#tunnels.get(id);
    return tunnel && isOn(tunnel)
      ? tunnel.call(channel, bytes, options)
      : Promise.reject(new TunnelError('tunnel_not_running', 'local'));
  }

  instance(id: string): object | undefined {
    return this.#tunnels.get(id);
  }

  onChange(listener: (snapshot: TunnelSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #retire(tunnel: Tunnel): void {
    const ended = tunnel.stop(defaultGraceMs).finally(() => this.#replaced.delete(tunnel));
    this.#replaced.set(tunnel, ended);
  }

  /** Waits for a tunnel that was replaced; after `graceMs` its calls in flight are answered in their place. */
  async #end(replaced: Tunnel, graceMs: number): Promise<void> {
    const cancel = this.#clock.after(graceMs, () => void replaced.stop(0));
    await this.#replaced.get(replaced);
    cancel();
  }

  #create(profile: Profile, routes: Routes, own: readonly Channel[]): Tunnel {
    const { secrets, log, stages } = this.#options;
    const clock = this.#clock;
    const harpoon = createHarpoon(profile.harpoon, { routes, secrets, clock });
    // what is not polled for gets no calls: its server is neither started nor asked anything
    const served = profile.channels.filter(({ name }) => profile.controlPlane.pollChannels?.includes(name) !== false);
    const channels = [
      ...createChannels({ ...profile, channels: served }, { ...this.#options, routes, clock }),
      ...own,
      harpoon.channel,
    ];
    const main = served.find(({ name }) => name === 'main');
    const discovery =
      main?.kind === 'http' ? createOAuthDiscovery(main, profile.mcp, { routes, secrets, clock }) : undefined;
    const tunnel: Tunnel = new Tunnel(profile, {
      clock,
      secrets,
      routes,
      channels,
      identity: this.#identity,
      events: this.events,
      ...(stages && { stages: (channel) => stages(profile, channel) }),
      log,
      discover: discovery && ((cancellation) => discovery.answer(cancellation)),
      ways: createRouteWatch(
        profile,
        routes,
        clock,
        () => this.#tell(tunnel),
        (warning) => log.warn(sentence(warning), { ...warning.params, code: warning.code }, { tunnel: profile.id }),
      ),
      changed: () => this.#tell(tunnel),
    });
    if (discovery) this.#discover(profile.id, channels, discovery, harpoon);
    else this.#options.onDiscovery?.(profile.id, { kind: 'none' });
    return tunnel;
  }

  /** As soon as the server is there: what it says of its sign-in; what of it callers cannot reach, Harpoon offers them. */
  #discover(id: string, channels: readonly Channel[], discovery: OAuthDiscovery, harpoon: Harpoon): void {
    const { log, onDiscovery } = this.#options;
    const cancellation = new Cancellation();
    let begun = false;
    const told = (found: DiscoveryResult): void => {
      if (found.kind === 'found') {
        const offered = offerDiscovered(harpoon, found.urls);
        for (const [text, facts] of discoveryNotes(found, offered))
          log.info(text, facts, { tunnel: id, channel: 'main' });
      }
      onDiscovery?.(id, found);
    };
    channels
      .find(({ name }) => name === 'main')
      ?.onState(({ kind }) => {
        if (kind === 'stopped') cancellation.cancel('shutdown');
        if (kind !== 'ready' || begun) return;
        begun = true;
        void lookUntilKnown(discovery, this.#clock, cancellation, told);
      });
  }

  #tell(tunnel: Tunnel): void {
    if (this.#listeners.size === 0) return;
    if (this.#changed.size === 0) setTimeout(() => this.#tellNow(), coalesceMs);
    this.#changed.add(tunnel);
  }

  #tellNow(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const tunnel of changed) {
      // one that was replaced has nothing more to say
      if (this.#tunnels.get(tunnel.profile.id) !== tunnel) continue;
      const snapshot = tunnel.snapshot();
      for (const listener of this.#listeners) listener(snapshot);
    }
  }

  #watchSleep(): void {
    if (this.#sleepCheck) return;
    this.#sleptMs();
    this.#sleepCheck = setInterval(() => {
      if (this.#sleptMs() > sleptMs) {
        this.#wokeAt = -Infinity;
        this.nudge('wake');
      }
      if (![...this.#tunnels.values()].some(isOn)) {
        clearInterval(this.#sleepCheck);
        this.#sleepCheck = undefined;
      }
    }, sleepCheckMs);
    this.#sleepCheck.unref();
  }

  /** For how long the machine slept since this was asked last, as far as the clocks tell. */
  #sleptMs(): number {
    const { wall, now } = this.#compared;
    this.#compared = { wall: this.#clock.wall(), now: this.#clock.now() };
    return this.#compared.wall - wall - (this.#compared.now - now);
  }
}

const isOn = (tunnel: Tunnel): boolean => tunnel.state.kind !== 'stopped';
