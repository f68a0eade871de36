import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { clipboard, dialog, Notification, shell, type BrowserWindow } from 'electron';
import { links } from '../../shared/links.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { Capabilities } from '../../shared/app.ts';
import type { Platform } from '../base/platform.ts';
import { loginEntry, setStartAtLogin } from './autostart.ts';

const platforms: Readonly<Partial<Record<NodeJS.Platform, Capabilities['platform']>>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'win32',
};

/** A file that a person chooses is configuration; a longer one was a mistake. */
const longestImport = 1_048_576;

/** What Electron can do for the window. Dialogs belong to the window, so that they cannot be lost behind it. */
export function createDesktopPlatform(options: {
  readonly window: () => BrowserWindow | undefined;
  readonly tray: () => Capabilities['tray'];
  readonly quit: () => void;
}): Platform {
  const { window, tray, quit } = options;
  const open = (properties: ('openFile' | 'openDirectory')[]) => {
    const parent = window();
    return parent ? dialog.showOpenDialog(parent, { properties }) : dialog.showOpenDialog({ properties });
  };
  return {
    capabilities: () => ({
      platform: platforms[process.platform] ?? 'other',
      tray: tray(),
      startAtLogin: true,
      notifications: Notification.isSupported(),
      files: true,
      quit: true,
    }),
    open: (link) => shell.openExternal(links[link]),
    copy: (text) => void clipboard.writeText(text),
    async chooseFolder() {
      const { filePaths } = await open(['openDirectory']);
      return filePaths[0];
    },
    async chooseFile() {
      const { filePaths } = await open(['openFile']);
      const [path] = filePaths;
      if (path === undefined) return undefined;
      const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        throw new TunnelError('config_unreadable', 'local', { file: path }, { cause });
      });
      if (text.length > longestImport) throw new TunnelError('body_too_large', 'local', { bytes: text.length });
      return { name: basename(path).replace(/\.[^.]*$/, ''), text };
    },
    showFile: (path) => shell.showItemInFolder(path),
    async saveFile({ name, body }) {
      const parent = window();
      const options = { defaultPath: name };
      const { filePath } = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options));
      if (filePath === '') return { kind: 'cancelled' };
      await writeFile(filePath, body, { mode: 0o600 });
      return { kind: 'saved', path: filePath };
    },
    loginEntry,
    setStartAtLogin,
    quit,
  };
}
