import { homedir } from 'node:os';
import { join } from 'node:path';
import { app, clipboard, session } from 'electron';
import type { Capabilities, Destination, TunnelView } from '../../shared/app.ts';
import { defaultCapture } from '../../shared/profile.ts';
import { BrowserTransport } from '../api/browser-transport.ts';
import { DraftStore } from '../drafts/draft-store.ts';
import { createEngine } from '../engine.ts';
import { runtimeFolder } from '../runtime/runtime-folder.ts';
import { savedHandshakes } from '../runtime/saved-handshakes.ts';
import { createHost, type Host } from '../host.ts';
import { desktopPath } from '../process/path.ts';
import { createLog } from '../observe/log.ts';
import { surviveFaults } from '../observe/survive-faults.ts';
import { appLimits, TraceStore } from '../observe/trace-store.ts';
import { configFolder } from '../settings/folders.ts';
import { createSecrets } from '../secrets/resolver.ts';
import { AppSettings } from '../settings/app-settings.ts';
import { openAppListener } from './app-listener.ts';
import { serveRenderer } from './app-protocol.ts';
import { hiddenFlag, startsAtLogin } from './autostart.ts';
import { deepLinkIn, parseDeepLink, type DeepLink } from './deep-link.ts';
import { eventChannel, WindowTransport } from './ipc.ts';
import { chooseSecretStore } from './key-store.ts';
import { MainWindow } from './main-window.ts';
import { Notifications } from './notifications.ts';
import { createDesktopPlatform } from './platform.ts';
import { watchPower } from './power.ts';
import { QuitGuard } from './quit-guard.ts';
import { appSettingsFile } from './settings-file.ts';
import { systemProxy } from './system-proxy.ts';
import { hasTrayHost } from './tray-host.ts';
import type { TrayAction, TrayModel } from './tray-model.ts';
import { TrayIcon } from './tray.ts';
import { windowFile } from './window-file.ts';

const pauseMinutes = 60;
/** Calls in flight get this long when the app is quit. */
const quitGraceMs = 5_000;

/** Servers that name no folder run in the current one: where a desktop happens to start its apps is no useful place. */
function goHome(): void {
  try {
    process.chdir(homedir());
  } catch {
    // an account without a home: then it is where it is, and consent says so
  }
}

/** The app, once Electron is ready: engine, window, tray and what joins them. */
export async function startApp(argv: readonly string[]): Promise<void> {
  const { env } = process;
  goHome();
  const folder = configFolder(env);
  const settings = new AppSettings(appSettingsFile(folder));
  const log = createLog(settings.values.logLevel, () => undefined);
  // Electron would show its own dialog, in English and with a stack
  surviveFaults(log);
  const drafts = new DraftStore();
  const keys = chooseSecretStore(join(folder, 'secrets.json'));
  const secrets = createSecrets({ env, store: () => drafts.over(keys.store) });
  const captureOf = (tunnel: string) => host.profiles.profiles.find(({ id }) => id === tunnel)?.capture;
  const traces = new TraceStore(
    { ...appLimits, bodyBudget: settings.values.traceBudgetMiB * 1024 * 1024 },
    (tunnel) => captureOf(tunnel) ?? defaultCapture,
  );
  const loginPath = desktopPath(env);
  const searchPath = loginPath.path;
  const listener = openAppListener(env, log);
  const children = {
    added: (pid: number) => listener.childAdded(pid),
    removed: (pid: number) => listener.childRemoved(pid),
  };
  const ofSystem = systemProxy(session.defaultSession);
  const manager = createEngine({
    secrets,
    env,
    log,
    traces,
    searchPath,
    children,
    handshakes: savedHandshakes(runtimeFolder(env)),
    systemProxy: ofSystem,
  });

  const trayHost = await hasTrayHost();
  const places = windowFile(folder);
  const window: MainWindow = new MainWindow({
    ...places,
    closeMinimises: () => !trayHost && !guard.isQuitting,
  });
  const platform = createDesktopPlatform({
    window: () => window.current,
    tray: (): Capabilities['tray'] => (trayHost ? 'shown' : 'no-host'),
    quit: () => void guard.quit(),
  });
  const host: Host = createHost({
    folder,
    env,
    manager,
    traces,
    log,
    settings,
    secrets,
    secretStore: keys.store,
    drafts,
    keychain: keys.capability,
    platform,
    instanceId: listener.instanceId,
    children,
    searchPath,
    loginPath,
    systemProxy: ofSystem,
    versions: { electron: process.versions.electron, chrome: process.versions.chrome },
    browser: listener.browser,
    locks: listener.locks,
    demoServer: [
      process.execPath,
      '--ozone-platform=headless',
      ...(app.isPackaged ? [] : [app.getAppPath()]),
      'demo-server',
    ],
  });
  settings.onChange(({ traceBudgetMiB }) =>
    traces.setLimits({ ...appLimits, bodyBudget: traceBudgetMiB * 1024 * 1024 }),
  );

  const guard: QuitGuard = new QuitGuard({
    callsInFlight: () => manager.snapshots().reduce((sum, { inFlight }) => sum + inFlight, 0),
    drain: async () => {
      await host.demo.stop();
      await manager.stopAll(quitGraceMs);
      tray?.destroy();
      notifications.close();
      stopPower();
      host.close();
      await listener.close();
    },
  });

  const rendererRoot = join(app.getAppPath(), 'out', 'renderer');
  serveRenderer(rendererRoot);
  new WindowTransport(host.dispatch);
  const browser = new BrowserTransport(rendererRoot, host.dispatch, host.callers);

  const navigate = (destination: Destination): void => {
    window.show((contents) => contents.send(eventChannel, 'app.navigate', destination));
  };
  const follow = (link: DeepLink): void => {
    if (link.page !== 'wizard') return navigate({ page: link.page });
    const draft = drafts.create();
    if (link.tunnelId !== undefined) drafts.update(draft.id, { tunnelId: link.tunnelId });
    navigate({ page: 'wizard', draft: draft.id });
  };
  const notifications = new Notifications(
    (tunnel) => navigate({ page: 'overview', tunnel }),
    () => settings.values.notifications,
  );

  const act = createTrayActions({ host, navigate, quit: () => void guard.quit() });
  const model = (tunnels: readonly TunnelView[]): TrayModel => toTrayModel(tunnels, host);
  const tray = trayHost ? new TrayIcon(model([]), act) : undefined;
  host.state.onTunnels((tunnels) => {
    const shown = tunnels.filter(({ draft }) => !draft);
    tray?.show(model(shown));
    notifications.update(shown);
  });
  const stopPower = watchPower((reason) => manager.nudge(reason));

  app.on('second-instance', (_event, otherArgv) => {
    const link = deepLinkIn(otherArgv);
    if (link) follow(link);
    else window.show();
  });
  app.on('open-url', (event, url) => {
    event.preventDefault();
    const link = parseDeepLink(url);
    if (link) follow(link);
  });
  app.on('activate', () => window.show());
  // the tunnels go on without a window
  app.on('window-all-closed', () => undefined);

  const link = deepLinkIn(argv);
  const hidden = argv.includes(hiddenFlag) || (settings.values.startHidden && trayHost);
  if (link) follow(link);
  else if (!hidden) window.show();
  await listener.open(browser);
  host.state.touch('capabilities');
  // the system's own settings may have been changed behind our back
  const atLogin = await startsAtLogin();
  if (atLogin !== settings.values.startAtLogin) settings.change({ startAtLogin: atLogin });
  await host.startWithApp();
  tray?.show(model(host.state.views().filter(({ draft }) => !draft)));
}

function toTrayModel(tunnels: readonly TunnelView[], host: Host): TrayModel {
  const known = new Set(tunnels.map(({ id }) => id));
  const paused = tunnels.flatMap(({ pausedUntil }) => pausedUntil ?? []);
  return {
    tunnels,
    idle: host.profiles.profiles
      .filter(({ id }) => !known.has(id))
      .map(({ id, name }) => ({ id, name, notStarted: host.control.failedStart(id)?.error })),
    ...(paused.length > 0 ? { pausedUntil: Math.min(...paused) } : {}),
  };
}

interface TrayActionParts {
  readonly host: Host;
  readonly navigate: (destination: Destination) => void;
  readonly quit: () => void;
}

/** What a click in the tray's menu does. What fails is shown in the window, where there is room for words. */
function createTrayActions({ host, navigate, quit }: TrayActionParts): (action: TrayAction) => void {
  const { control, state, profiles, demo } = host;
  const orShow = (work: Promise<unknown>, tunnel?: string): void => {
    work.catch(() => navigate({ page: 'overview', ...(tunnel === undefined ? {} : { tunnel }) }));
  };
  const start = (id: string): Promise<unknown> => (demo.isDemo(id) ? demo.start() : control.start(id));
  const stop = (id: string): Promise<unknown> => (demo.isDemo(id) ? demo.stop() : control.stop(id));
  const running = () => state.views().filter(({ snapshot }) => snapshot.state.kind !== 'stopped');
  return (action) => {
    switch (action.do) {
      case 'start':
        return orShow(start(action.id), action.id);
      case 'stop':
        return orShow(stop(action.id));
      case 'start-all':
        return orShow(control.startAll(profiles.profiles.map(({ id }) => id)));
      case 'stop-all':
        return orShow(Promise.all([demo.stop(), control.stopAll()]));
      case 'pause':
        return orShow(
          Promise.all(
            running()
              .filter(({ id }) => !demo.isDemo(id))
              .map(({ id }) => control.pause(id, pauseMinutes)),
          ),
        );
      case 'resume':
        return orShow(
          Promise.all(
            state
              .views()
              .filter(({ pausedUntil }) => pausedUntil !== undefined)
              .map(({ id }) => control.start(id)),
          ),
        );
      case 'copy':
        return void clipboard.writeText(action.text);
      case 'copy-diagnostics':
        return void clipboard.writeText(host.diagnostics());
      case 'open':
        return navigate({ page: action.page });
      case 'quit':
        return quit();
    }
  };
}
