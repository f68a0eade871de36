import { join } from 'node:path';
import type { Capabilities, TunnelView } from '../shared/app.ts';
import { TunnelError } from '../shared/errors.ts';
import type { Handlers } from '../shared/ipc.ts';
import type { Profile } from '../shared/profile.ts';
import { AppState } from './api/app-state.ts';
import { Callers } from './api/callers.ts';
import { createDiagnostics } from './api/diagnostics.ts';
import { createDispatch } from './api/dispatch.ts';
import type { DraftStore } from './drafts/draft-store.ts';
import { NewTunnels } from './drafts/new-tunnels.ts';
import { approvalHandlers } from './api/handlers/approvals.ts';
import { LastCallers } from './api/last-callers.ts';
import { demoHandlers, DemoControl } from './api/handlers/demo.ts';
import { doctorHandlers } from './api/handlers/doctor.ts';
import { draftHandlers } from './api/handlers/drafts.ts';
import { logHandlers } from './api/handlers/logs.ts';
import { managementHandlers } from './api/handlers/management.ts';
import { profileHandlers } from './api/handlers/profiles.ts';
import { secretHandlers } from './api/handlers/secrets.ts';
import { settingsHandlers } from './api/handlers/settings.ts';
import { systemHandlers } from './api/handlers/system.ts';
import { traceHandlers } from './api/handlers/traces.ts';
import { tunnelHandlers } from './api/handlers/tunnels.ts';
import type { Platform } from './base/platform.ts';
import { ProfileList } from './api/profiles/profile-list.ts';
import { UnsavedSecrets } from './api/profiles/unsaved-secrets.ts';
import { stderrOf } from './api/traces/stderr.ts';
import { TunnelControl, type ProfileLocks } from './api/tunnel-control.ts';
import { ApprovalStore } from './approvals/approval-store.ts';
import { Approvals } from './approvals/approvals.ts';
import { wireProtocolVersion, type ClientIdentity } from './control-plane/request-headers.ts';
import { createProbes } from './diagnosis/probes.ts';
import { Doctor } from './doctor/doctor.ts';
import { createCandidates } from './imports/candidates.ts';
import type { ChannelDeps } from './mcp/channels.ts';
import type { Environment } from './process/environment.ts';
import type { RememberedPath } from './process/path.ts';
import { createRoutes } from './network/profile-routes.ts';
import type { RouteDeps } from './network/routes.ts';
import type { Log } from './observe/log.ts';
import type { TraceStore } from './observe/trace-store.ts';
import { loadProfileFile, loadProfileText } from './profiles/load.ts';
import { ProfileStore } from './profiles/profile-store.ts';
import { runtimeFolder } from './runtime/runtime-folder.ts';
import { AdminKeys, withoutAdminKeys } from './secrets/admin-keys.ts';
import { createSecrets, type Secrets } from './secrets/resolver.ts';
import type { SecretResolver } from './secrets/secret-resolver.ts';
import type { SecretStore } from './secrets/secret-store.ts';
import type { AppSettings } from './settings/app-settings.ts';
import { systemClock, type Clock } from './base/clock.ts';
import type { TunnelManager } from './tunnel/tunnel-manager.ts';
import { readLicences } from './api/licences.ts';
import { version } from './base/version.ts';

export interface HostOptions {
  /** Culvert's own folder. */
  readonly folder: string;
  readonly env: Environment;
  readonly manager: TunnelManager;
  readonly traces: TraceStore;
  readonly log: Log;
  readonly settings: AppSettings;
  readonly secrets: Secrets;
  readonly secretStore: () => SecretStore;
  /** Drafts hold what was typed; the engine's secrets are resolved through them. */
  readonly drafts: DraftStore;
  readonly keychain: () => Capabilities['keychain'];
  readonly platform: Platform;
  /** This process, as probes and management name it to a control plane. */
  readonly instanceId: string;
  /** Told of the processes that probes start. */
  readonly children?: ChannelDeps['children'];
  /** The PATH that programs are looked up on. */
  readonly searchPath: () => Promise<string>;
  /** The app's: where that PATH comes from. */
  readonly loginPath?: Pick<RememberedPath, 'ask' | 'refresh'>;
  readonly versions: { readonly electron?: string; readonly chrome?: string };
  readonly browser: { address(): string | undefined; revoke(): void };
  /** Program and arguments that serve the demo's MCP server. */
  readonly demoServer: readonly string[];
  /** The app's: as the engine's routes have it. */
  readonly systemProxy?: RouteDeps['systemProxy'];
  /** Profiles that exist in this process only: of `culvert run` with flags. */
  readonly given?: readonly Profile[];
  /** Of the waits for what time may change. */
  readonly clock?: Clock;
  /** One profile runs in one process; without them nobody is asked. */
  readonly locks?: ProfileLocks;
}

/** The engine's process as windows, browsers and the tray see it. */
export interface Host {
  readonly callers: Callers;
  readonly state: AppState;
  readonly control: TunnelControl;
  readonly profiles: ProfileList;
  readonly dispatch: ReturnType<typeof createDispatch>;
  readonly demo: DemoControl;
  diagnostics(): string;
  /** Starts what is set to start with the app. What cannot start says so in the log; never rejects. */
  startWithApp(): Promise<void>;
  close(): void;
}

export function createHost(options: HostOptions): Host {
  const { folder, env, manager, traces, log, settings, secrets, drafts, platform, searchPath } = options;
  const secretStore = (): SecretStore => withoutAdminKeys(options.secretStore());
  const callers = new Callers();
  const store = new ProfileStore({ env });
  const profiles = new ProfileList(store, () => state.touch('profiles'));
  const approvals = new Approvals(new ApprovalStore(join(folder, 'approvals.json')), { env, searchPath });
  const given = new Map((options.given ?? []).map((profile) => [profile.id, profile]));
  const demo = new DemoControl({ manager, traces, server: options.demoServer, changed: (id) => state.touchTunnel(id) });

  const snapshotOf = (id: string) => manager.snapshots().find((snapshot) => snapshot.id === id);
  const isRunning = (id: string): boolean => (snapshotOf(id)?.state.kind ?? 'stopped') !== 'stopped';
  const nameOf = (id: string): string =>
    profiles.summaries.find((summary) => summary.id === id)?.name ?? snapshotOf(id)?.name ?? id;
  const mcpUrl = (id: string): string | undefined => (demo.isDemo(id) ? demo.mcpUrl : undefined);

  const load = async (id: string): Promise<Profile> => {
    const known = given.get(id);
    if (known) return known;
    const { file, profile, problems } = await store.get(id);
    if (profile) return loadProfileFile(file, env);
    const [problem] = problems;
    throw problem
      ? new TunnelError(problem.error.code, problem.error.leg, problem.error.params)
      : new TunnelError('profile_not_found', 'local', { name: id });
  };

  const control = new TunnelControl({
    manager,
    load,
    // what was given on the command line was agreed to by typing it
    requireApproval: (profile) => (given.has(profile.id) ? Promise.resolve() : approvals.require(profile)),
    changed: (id) => {
      state.touchTunnel(id);
      state.touch('profiles');
    },
    locks: options.locks,
    ownAnyway: (id) => given.has(id),
  });

  const lastCallers = new LastCallers(traces);
  const extras = (id: string): Partial<TunnelView> => {
    const pausedUntil = control.pausedUntil(id);
    const url = mcpUrl(id);
    const caller = lastCallers.of(id);
    return {
      draft: drafts.isDraft(id),
      demo: demo.isDemo(id),
      ...(pausedUntil === undefined ? {} : { pausedUntil }),
      ...(url === undefined ? {} : { mcpUrl: url }),
      ...(caller ? { caller } : {}),
    };
  };

  const state = new AppState({
    callers,
    versions: { app: version, wireProtocol: wireProtocolVersion, node: process.versions.node, ...options.versions },
    capabilities: () => ({
      ...platform.capabilities(),
      keychain: options.keychain(),
      demo: true,
      doctor: true,
      browserUi: options.browser.address() !== undefined,
      supportBundle: true,
    }),
    settings: () => settings.values,
    profiles: () =>
      profiles.summaries.map((summary) => {
        const failed = control.failedStart(summary.id);
        return failed && failed.at >= summary.modifiedAt ? { ...summary, notStarted: failed.error } : summary;
      }),
    traces: () => ({ count: traces.count, errors: traces.errors }),
    doctor: () => doctor.lastRun,
    extras,
  });
  const stopListening = [
    manager.onChange((snapshot) => state.tunnelChanged(snapshot)),
    manager.onChange((snapshot) => control.follow(snapshot)),
    settings.onChange((values) => {
      log.level = values.logLevel;
      state.touch('settings');
    }),
    manager.events.subscribe({ ended: (record) => state.callEnded(record) }),
    manager.events.subscribe({ ended: (record) => lastCallers.called(record) }),
    traces.onChange(() => state.touch('traces')),
  ];

  // what happened before anybody looked on
  for (const snapshot of manager.snapshots()) state.tunnelChanged(snapshot);
  for (let index = 0; index < traces.count; index++) {
    const record = traces.at(index);
    if (!record) continue;
    state.callEnded(record);
    lastCallers.called(record);
  }

  const diagnostics = createDiagnostics({ state, manager, profiles, settings, log, versions: options.versions });
  const clock = options.clock ?? systemClock;
  const unsavedSecrets = new UnsavedSecrets(secretStore);
  const ofSystem = options.systemProxy && { systemProxy: options.systemProxy };
  const routesOf = (profile: Profile, resolver: SecretResolver = secrets) =>
    createRoutes(profile, { secrets: resolver, env, ...ofSystem });
  const client: ClientIdentity = { name: 'culvert', version, instanceId: options.instanceId };
  const probes = createProbes({
    channelOf: (id, name) => manager.channel(id, name),
    clock: systemClock,
    env,
    secrets,
    log,
    searchPath,
    identity: client,
    ...ofSystem,
    ...(options.children && { children: options.children }),
  });
  const newTunnels = new NewTunnels(clock);
  const candidates = createCandidates({ env });
  const doctor = new Doctor({
    services: {
      env,
      secrets,
      secretStore,
      probes,
      manager,
      searchPath,
      ...(options.loginPath && { loginPath: options.loginPath }),
      ...ofSystem,
      store,
      approvals,
      folder,
      runtimeFolder: runtimeFolder(env),
      ...(platform.capabilities().startAtLogin
        ? {
            desktop: {
              tray: () => platform.capabilities().tray,
              startAtLogin: async () => ({
                wanted: settings.values.startAtLogin,
                entry: await platform.loginEntry?.(),
              }),
              setStartAtLogin: (wanted: boolean) => platform.setStartAtLogin(wanted),
            },
          }
        : {}),
    },
    changed: () => state.touch('doctor'),
  });

  const handlers: Handlers = {
    'candidates.list': () => candidates.list(),
    'app.snapshot': async (_args, caller) => {
      callers.add(caller);
      await profiles.refresh();
      return state.snapshot(caller.host);
    },
    'app.about': async () => ({ licences: [...(await readLicences(import.meta.url))] }),
    ...tunnelHandlers(control, () => [...profiles.profiles.map(({ id }) => id), ...given.keys()]),
    ...approvalHandlers(approvals, load),
    ...profileHandlers({
      store,
      list: profiles,
      platform,
      candidates,
      unsavedSecrets,
      loadText: async (id, text) => loadProfileText((await store.get(id)).file, text, env),
      routesOf,
      secretsOver: (over) => createSecrets({ env, store: () => over }),
      replaced: (ref) => secrets.replaced(ref),
      isRunning,
      restart: (id) => control.start(id),
      stop: (id) => control.stop(id),
    }),
    ...secretHandlers({ store: secretStore, secrets, drafts, unsaved: unsavedSecrets, load }),
    ...draftHandlers({
      drafts,
      approvals,
      probes,
      manager,
      store,
      list: profiles,
      secretStore,
      newTunnels,
      clock,
      candidates,
    }),
    ...managementHandlers({
      adminKeys: new AdminKeys(options.secretStore),
      newTunnels,
      ofDraft: (id) => drafts.get(id).controlPlane,
      load,
      routesOf,
      client,
    }),
    ...doctorHandlers({
      doctor,
      profiles,
      load,
      given: [...given.values()],
    }),
    ...demoHandlers(demo),
    ...traceHandlers({ store: traces, platform, tunnelName: nameOf, mcpUrl, stderr: stderrOf(log) }),
    ...logHandlers(log),
    ...settingsHandlers(settings, platform),
    ...systemHandlers({
      platform,
      profileFile: (id) => profiles.summaries.find((summary) => summary.id === id)?.file,
      diagnostics: diagnostics.text,
      supportBundle: () => Promise.resolve(JSON.stringify(diagnostics.bundle(), null, 2)),
      browser: options.browser,
    }),
  };

  return {
    callers,
    state,
    control,
    profiles,
    demo,
    dispatch: createDispatch(
      handlers,
      (name, cause) => {
        log.error('A call failed in a way nobody foresaw.', {
          call: name,
          error: cause instanceof Error ? cause.message : String(cause),
        });
      },
      () => state.flush(),
    ),
    diagnostics: diagnostics.text,
    async startWithApp() {
      await profiles.refresh();
      const wanted = profiles.profiles.filter(({ startWithApp }) => startWithApp);
      for (const { id, name } of wanted) {
        control.start(id).catch((error: unknown) => {
          log.error('A tunnel could not be started.', {
            profile: name,
            code: error instanceof TunnelError ? error.code : 'internal',
          });
        });
      }
    },
    close() {
      for (const stop of stopListening) stop();
      state.close();
      control.close();
    },
  };
}
