import { homeFolder } from '../base/home.ts';
import { join } from 'node:path';
import { app } from 'electron';
import type { LoginEntry } from '../base/platform.ts';
import { readDesktopEntry, writeDesktopEntry } from './desktop-entry.ts';

export const hiddenFlag = '--hidden';

const autostartFile = (): string =>
  join(process.env['XDG_CONFIG_HOME'] ?? join(homeFolder(), '.config'), 'autostart', 'culvert.desktop');

/** How this very app is started, hidden, by absolute paths: a login's environment has no PATH to speak of. */
function ownCommand(): readonly string[] {
  const program = process.env['APPIMAGE'] ?? process.execPath;
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), hiddenFlag];
}

/** What the system has been told about starting this app when the person logs in: read from the system, not from our settings. */
export async function loginEntry(): Promise<LoginEntry & { readonly command: string }> {
  const command = ownCommand();
  const ours = { command: command.join(' ') };
  if (process.platform === 'linux') return { ...(await readDesktopEntry(autostartFile(), command)), ...ours };
  const { openAtLogin, status } = app.getLoginItemSettings({ args: [hiddenFlag] });
  const place = process.platform === 'win32' ? 'the Run key of this user' : 'the login items of this user';
  if (status === 'requires-approval') return { state: 'off', place, ...ours };
  return { state: openAtLogin ? 'right' : 'absent', place, ...ours };
}

/** Whether the app, this one or one at another place, starts when the person logs in. */
export async function startsAtLogin(): Promise<boolean> {
  const { state } = await loginEntry();
  return state !== 'absent' && state !== 'off';
}

export async function setStartAtLogin(wanted: boolean): Promise<void> {
  if (process.platform === 'linux') await writeDesktopEntry(autostartFile(), wanted ? ownCommand() : undefined);
  else app.setLoginItemSettings({ openAtLogin: wanted, args: [hiddenFlag] });
}
