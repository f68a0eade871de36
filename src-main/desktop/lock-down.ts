import { app, session, shell } from 'electron';
import { appOrigin } from './app-protocol.ts';

/** Pages that the UI may open in the person's browser; everything else is refused. */
const allowedOrigins: ReadonlySet<string> = new Set([
  'https://platform.openai.com',
  'https://chatgpt.com',
  'https://developers.openai.com',
  'https://modelcontextprotocol.io',
  'https://github.com',
]);

/** Opens `address` in the person's browser when its origin is on the list. Returns whether it did. */
export async function openExternal(address: string): Promise<boolean> {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (!allowedOrigins.has(url.origin) || url.username !== '' || url.password !== '') return false;
  await shell.openExternal(url.href);
  return true;
}

/** Electron's security checklist, for every web contents there will ever be: no navigation, no new windows, no webviews, no permissions. */
export function lockDown(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      if (!event.url.startsWith(`${appOrigin}/`)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      void openExternal(url);
      return { action: 'deny' };
    });
  });
  void app.whenReady().then(() => {
    session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
    session.defaultSession.setPermissionCheckHandler(() => false);
    session.defaultSession.setDevicePermissionHandler(() => false);
  });
}
