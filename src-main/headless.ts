import { randomUUID } from 'node:crypto';
import type { Profile } from '../shared/profile.ts';
import { mountHealth } from './admin/health-details.ts';
import { createHttpListener, type HttpListener } from './admin/http-listener.ts';
import { mountLogLevel } from './admin/log-level.ts';
import { allReady, mountProbes } from './admin/probes.ts';
import { systemClock } from './base/clock.ts';
import { mountReferenceApi } from './admin/reference-api.ts';
import type { DiscoveryResult } from './oauth/discovery.ts';
import { createEngine } from './engine.ts';
import { Exclusive } from './exclusive/exclusive.ts';
import type { Log } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { headlessLimits, TraceStore } from './observe/trace-store.ts';
import { endOrphans } from './runtime/orphans.ts';
import { RuntimeFile } from './runtime/runtime-file.ts';
import { runtimeFolder } from './runtime/runtime-folder.ts';
import { savedHandshakes } from './runtime/saved-handshakes.ts';
import type { Secrets } from './secrets/resolver.ts';
import type { Env } from './settings/layers.ts';
import type { ProcessSettings } from './settings/process-settings.ts';
import type { ProfileLocks } from './api/tunnel-control.ts';
import type { TunnelManager } from './tunnel/tunnel-manager.ts';
import { version } from './base/version.ts';

export interface HeadlessOptions {
  readonly settings: ProcessSettings;
  readonly profiles: readonly Profile[];
  readonly env: Env;
  readonly log: Log;
  readonly secrets: Secrets;
}

/** Tunnels of one process with their listener: what `culvert run` is. */
export interface Headless {
  readonly manager: TunnelManager;
  readonly listener: HttpListener;
  readonly traces: TraceStore;
  /** What else this process runs is taken from the others here. */
  readonly locks: ProfileLocks;
  /** Locks the profiles and listens; nothing is polled yet. Rejects with `profile_running`, `port_in_use`, `listen_failed`. */
  open(): Promise<void>;
  /** Starts every tunnel. Rejects with what can never work. */
  start(): Promise<void>;
  /** Drains within `graceMs`; a second call forces. */
  stop(graceMs: number): Promise<void>;
  /** Gives back port, lock and files. */
  close(): Promise<void>;
}

export function createHeadless(options: HeadlessOptions): Headless {
  const { settings, profiles, env, log, secrets } = options;
  const startedAt = Date.now();
  const captures = new Map(profiles.map(({ id, capture }) => [id, capture]));
  const traces = new TraceStore(headlessLimits, (tunnel) => captures.get(tunnel));
  const discoveries = new Map<string, DiscoveryResult>();
  const instanceId = randomUUID();
  let runtime: RuntimeFile | undefined;
  let draining = false;
  const manager = createEngine({
    secrets,
    env,
    log,
    traces,
    children: { added: (pid) => runtime?.added(pid), removed: (pid) => runtime?.removed(pid) },
    handshakes: savedHandshakes(runtimeFolder(env)),
    onDiscovery: (id, found) => discoveries.set(id, found),
  });
  const source = {
    get size() {
      return manager.size;
    },
    snapshots: () => manager.snapshots(),
    isReady: () => allReady(manager),
  };
  const metrics = createMetrics(source);
  const tunnelIds = new Map(profiles.map(({ id, controlPlane }) => [id, controlPlane.tunnelId]));
  manager.events.subscribe({
    ended({ tunnel, status, origin, receivedAt, postedMs, answeredMs }) {
      if (origin !== undefined) return;
      const ms = postedMs ?? answeredMs ?? Date.now() - receivedAt;
      metrics.record(tunnelIds.get(tunnel) ?? tunnel, status, ms / 1_000);
    },
  });
  const listener = createHttpListener({
    address: settings.listen.address,
    unixSocket: settings.listen.unixSocket,
    allowRemoteUi: settings.ui.allowRemote,
    onFault: (error, path) =>
      log.error('A request to the listener failed.', {
        path,
        error: error instanceof Error ? error.message : String(error),
      }),
  });
  /** Another process of this account that has just given the lease back may still be about to end. */
  const lockSoon = async ({ id, name }: Profile): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await runtime?.lockProfile(id, name);
        return;
      } catch (error) {
        if (tries >= 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  };
  const cease = async ({ id }: Profile): Promise<void> => {
    await manager.stop(id, 0);
    await runtime?.unlockProfile(id);
  };
  const exclusive = new Exclusive({
    env,
    clock: systemClock,
    log,
    serve: async (profile, isWanted) => {
      await lockSoon(profile);
      if (isWanted()) await manager.start(profile);
      // lost while it was being started
      if (!isWanted()) await cease(profile);
    },
    cease,
  });
  mountProbes(listener, { ...source, isStandingBy: () => exclusive.isStandingBy }, metrics);
  mountHealth(listener, {
    ...source,
    instanceId,
    version,
    startedAt,
    isDraining: () => draining,
    showDetails: settings.listen.showDetails,
  });
  mountLogLevel(listener, log);
  mountReferenceApi(listener, {
    snapshots: () => manager.snapshots(),
    profiles,
    discovery: (id) => discoveries.get(id),
    instanceId,
    version,
    startedAt,
    log,
    metrics,
  });

  return {
    manager,
    listener,
    traces,
    locks: {
      lockProfile: async (id, name) => runtime?.lockProfile(id, name),
      unlockProfile: async (id) => runtime?.unlockProfile(id),
    },
    async open() {
      runtime = await openRuntime(env, log, 'run');
      for (const { id, name, exclusive: isShared } of profiles)
        if (isShared === undefined) await runtime?.lockProfile(id, name);
      await listener.listen();
      if (listener.address !== undefined) await runtime?.setEndpoint(listener.address, listener.instanceToken);
    },
    async start() {
      for (const profile of profiles) if (profile.exclusive !== undefined) exclusive.start(profile);
      await Promise.all(
        profiles.filter((profile) => profile.exclusive === undefined).map((profile) => manager.start(profile)),
      );
    },
    async stop(graceMs) {
      draining = true;
      await manager.stopAll(graceMs);
      await exclusive.stop();
    },
    async close() {
      await listener.close();
      await runtime?.close();
    },
  };
}

/** Without a folder to write to (a read-only container) there is neither lock nor memory of children, and all else works. */
export async function openRuntime(env: Env, log: Log, kind: 'run' | 'demo'): Promise<RuntimeFile | undefined> {
  const folder = runtimeFolder(env);
  try {
    const runtime = await RuntimeFile.open(folder, kind);
    void endOrphans(folder).then((pids) => {
      if (pids.length > 0) log.warn('Ended what an earlier Culvert left running.', { pids: pids.join(' ') });
    });
    return runtime;
  } catch (error) {
    log.debug('There is no folder for the runtime file.', { folder, error: (error as NodeJS.ErrnoException).code });
    return undefined;
  }
}
