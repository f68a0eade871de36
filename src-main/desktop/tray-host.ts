import { execFile } from 'node:child_process';

/**
 * Whether this desktop shows tray icons at all. On Linux that takes a host on the session bus, which GNOME without its
 * extension has not; Electron itself does not say.
 */
export function hasTrayHost(): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(true);
  return new Promise((resolve) => {
    const ask = [
      'call',
      '--session',
      '--dest=org.kde.StatusNotifierWatcher',
      '--object-path=/StatusNotifierWatcher',
      '--method=org.freedesktop.DBus.Properties.Get',
      'org.kde.StatusNotifierWatcher',
      'IsStatusNotifierHostRegistered',
    ];
    execFile('gdbus', ask, { timeout: 3_000 }, (error, stdout) => {
      // without the tool nothing is known: then the icon is tried
      if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') resolve(true);
      else resolve(!error && stdout.includes('true'));
    });
  });
}
