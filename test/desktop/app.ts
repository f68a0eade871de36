import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { patienceMs } from '../support/patience.ts';

const run = promisify(execFile);

const electronFolder = (): string => process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? 'node_modules/electron/dist';
export const electronBinary = (): string => join(electronFolder(), 'electron');

export interface RunningApp {
  readonly app: ElectronApplication;
  /** The app's own home: configuration, keys, everything that it writes. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  page(): Promise<Page>;
  close(): Promise<void>;
}

/** Starts the built app with its sandbox on, in a home of its own. */
export function startApp(...args: string[]): Promise<RunningApp> {
  return startAppIn(() => Promise.resolve({}), ...args);
}

/** The same, with what `prepare` puts into its home and its environment before. */
export async function startAppIn(
  prepare: (home: string) => Promise<Readonly<Record<string, string>>>,
  ...args: string[]
): Promise<RunningApp> {
  const home = await mkdtemp(join(tmpdir(), 'culvert-app-'));
  const more = await prepare(home);
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('npm_'),
  );
  const env = {
    ...Object.fromEntries(inherited),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_RUNTIME_DIR: await runtimeDir(home),
    ...more,
  };
  const app = await _electron.launch({
    executablePath: electronBinary(),
    args: ['.', ...args],
    chromiumSandbox: true,
    env,
  });
  return {
    app,
    home,
    env,
    page: () => app.firstWindow(),
    async close() {
      await app.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The session's own, so that the keyring and the bus are found. */
const runtimeDir = (home: string): Promise<string> => Promise.resolve(process.env['XDG_RUNTIME_DIR'] ?? home);

async function gdbus(destination: string, path: string, method: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('gdbus', ['call', '--session', '-d', destination, '-o', path, '-m', method, ...args]);
  return stdout;
}

/** The app's item in the tray, as a panel sees it. */
export interface TrayItem {
  tooltip(): Promise<string>;
  /** The icon's pixels, to be compared. */
  icon(): Promise<string>;
  labels(): Promise<string[]>;
  click(label: string): Promise<void>;
}

const property = (bus: string, name: string) =>
  gdbus(bus, '/StatusNotifierItem', 'org.freedesktop.DBus.Properties.Get', 'org.kde.StatusNotifierItem', name);

const menuPath = '/com/canonical/dbusmenu';

/** Every item of the menu with its id: they are new after each change, so they are asked for every time. */
async function layout(bus: string): Promise<{ id: string; label: string }[]> {
  const text = await gdbus(bus, menuPath, 'com.canonical.dbusmenu.GetLayout', '0', '--', '-1', '@as []');
  return [...text.matchAll(/\((\d+), \{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/g)].flatMap(([, id = '', properties = '']) => {
    const label =
      /'label': <'((?:[^'\\]|\\.)*)'>/.exec(properties)?.[1] ?? /'label': <"((?:[^"\\]|\\.)*)">/.exec(properties)?.[1];
    return label === undefined ? [] : [{ id, label: label.replaceAll('__', '_') }];
  });
}

/** Waits for the item of a process to be on the panel. */
export async function trayOf(pid: number): Promise<TrayItem> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    const text = await gdbus(
      'org.kde.StatusNotifierWatcher',
      '/StatusNotifierWatcher',
      'org.freedesktop.DBus.Properties.Get',
      'org.kde.StatusNotifierWatcher',
      'RegisteredStatusNotifierItems',
    );
    for (const [, bus = ''] of text.matchAll(/'(:[\d.]+)\//g)) {
      const owner = await gdbus(
        'org.freedesktop.DBus',
        '/',
        'org.freedesktop.DBus.GetConnectionUnixProcessID',
        bus,
      ).catch(() => ''); // an app that has just ended stays listed for a moment
      if (owner.includes(` ${pid},`)) return itemAt(bus);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the app put no icon into the tray');
}

const itemAt = (bus: string): TrayItem => ({
  tooltip: async () => (await property(bus, 'ToolTip')).replace(/\s+/g, ' '),
  icon: () => property(bus, 'IconPixmap'),
  labels: async () => (await layout(bus)).map(({ label }) => label),
  async click(label) {
    const found = (await layout(bus)).find((item) => item.label === label);
    if (!found) throw new Error(`the tray's menu has no ${label}`);
    // an app that ends because of the click does not answer any more
    await gdbus(bus, menuPath, 'com.canonical.dbusmenu.Event', found.id, 'clicked', '<0>', '0').catch(
      (error: unknown) => {
        if (!String(error).includes('NoReply')) throw error;
      },
    );
  },
});
