import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { app } from 'electron';

export const hiddenFlag = '--hidden';

const autostartFile = (): string =>
  join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'autostart', 'culvert.desktop');

/** An argument of an `Exec` key, quoted as the desktop entry specification asks. */
const execArgument = (text: string): string =>
  `"${text
    .replace(/["`$\\]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}"`;

/** How this very app is started, by absolute paths: a login's environment has no PATH to speak of. */
function ownCommand(): readonly string[] {
  const program = process.env['APPIMAGE'] ?? process.execPath;
  return app.isPackaged ? [program] : [program, app.getAppPath()];
}

/** Whether the app starts, hidden, when the person logs in. */
export async function startsAtLogin(): Promise<boolean> {
  if (process.platform !== 'linux') return app.getLoginItemSettings({ args: [hiddenFlag] }).openAtLogin;
  const text = await readFile(autostartFile(), 'utf8').catch(() => '');
  return text.includes('[Desktop Entry]') && !/^Hidden=true$/m.test(text);
}

export async function setStartAtLogin(wanted: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: wanted, args: [hiddenFlag] });
    return;
  }
  const file = autostartFile();
  if (!wanted) {
    await rm(file, { force: true });
    return;
  }
  const command = [...ownCommand().map(execArgument), hiddenFlag].join(' ');
  const entry = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Culvert',
    'Comment=Connects private MCP servers through Secure MCP Tunnel',
    `Exec=${command}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, entry);
}
