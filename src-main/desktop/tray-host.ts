import { execFile } from 'node:child_process';

const watcher = 'org.kde.StatusNotifierWatcher';

/** Asks the session bus. `undefined` = the answer is an error, or nothing that can ask is installed. */
function ask(destination: string, path: string, method: string, ...args: string[]): Promise<string | undefined> {
  const command = [
    'call',
    '--session',
    `--dest=${destination}`,
    `--object-path=${path}`,
    `--method=${method}`,
    ...args,
  ];
  return new Promise((resolve) => {
    execFile('gdbus', command, { timeout: 3_000 }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}

/**
 * Whether this desktop shows tray icons at all. On Linux that takes a watcher with a host on the session bus, which GNOME
 * without its extension has not; Electron does not say. Where nothing can be asked the icon is tried.
 */
export async function hasTrayHost(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const owned = await ask(
    'org.freedesktop.DBus',
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    watcher,
  );
  if (owned?.includes('false') === true) return false;
  // some panels have no such property: then the watcher is the host
  const hosted = await ask(
    watcher,
    '/StatusNotifierWatcher',
    'org.freedesktop.DBus.Properties.Get',
    watcher,
    'IsStatusNotifierHostRegistered',
  );
  return hosted?.includes('false') !== true;
}
