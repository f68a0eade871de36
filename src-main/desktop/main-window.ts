import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen, type Rectangle, type WebContents } from 'electron';
import { appOrigin } from './app-protocol.ts';

export interface WindowState {
  readonly bounds?: Rectangle;
  readonly maximized: boolean;
}

export interface MainWindowOptions {
  /** Where the window was last time. */
  load(): WindowState;
  save(state: WindowState): void;
  /** Where there is no tray to come back from, closing minimises. */
  readonly closeMinimises: () => boolean;
}

const least = { width: 760, height: 480 };

/** Bounds from last time, unless no screen shows them any more. */
function visibleBounds(bounds: Rectangle | undefined): Partial<Rectangle> {
  if (!bounds) return { width: 1180, height: 760 };
  const { workArea } = screen.getDisplayMatching(bounds);
  const visible =
    bounds.x < workArea.x + workArea.width - 80 &&
    bounds.x + bounds.width > workArea.x + 80 &&
    bounds.y >= workArea.y - 10 &&
    bounds.y < workArea.y + workArea.height - 80;
  return visible ? bounds : { width: bounds.width, height: bounds.height };
}

/**
 * The one window. It is made when first shown and destroyed when closed, so that an app in the tray has no renderer;
 * a renderer that crashed or hangs is replaced.
 */
export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | undefined;

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  get current(): BrowserWindow | undefined {
    return this.#window;
  }

  get isVisible(): boolean {
    return this.#window?.isVisible() === true && !this.#window.isMinimized();
  }

  /** Shows the window; `then` runs once its page can hear. */
  show(then?: (contents: WebContents) => void): void {
    const window = this.#window ?? this.#create();
    if (window.isMinimized()) window.restore();
    if (window.isVisible()) window.focus();
    else if (!window.webContents.isLoading()) window.show();
    if (!then) return;
    if (window.webContents.isLoading()) window.webContents.once('did-finish-load', () => then(window.webContents));
    else then(window.webContents);
  }

  close(): void {
    this.#window?.close();
  }

  #create(): BrowserWindow {
    const { maximized, bounds } = this.#options.load();
    const window = new BrowserWindow({
      ...visibleBounds(bounds),
      minWidth: least.width,
      minHeight: least.height,
      show: false,
      title: 'Culvert',
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#111416' : '#f4f5f6',
      autoHideMenuBar: true,
      icon: join(app.getAppPath(), 'assets', 'icon.png'),
      webPreferences: {
        preload: join(app.getAppPath(), 'out', 'preload', 'preload.cjs'),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        spellcheck: false,
        devTools: !app.isPackaged,
        safeDialogs: true,
        navigateOnDragDrop: false,
      },
    });
    this.#window = window;
    window.once('ready-to-show', () => {
      if (maximized) window.maximize();
      window.show();
    });
    window.on('close', (event) => {
      if (this.#options.closeMinimises()) {
        event.preventDefault();
        window.minimize();
      }
      this.#options.save({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    });
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined;
    });
    this.#survive(window);
    void window.loadURL(`${appOrigin}/index.html`);
    return window;
  }

  /** A crash or a hang of the renderer costs the window's contents, never the tunnels. Three in a minute and it stays closed. */
  #survive(window: BrowserWindow): void {
    const crashes: number[] = [];
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason === 'clean-exit' || window.isDestroyed()) return;
      const now = Date.now();
      crashes.push(now);
      if (crashes.filter((at) => now - at < 60_000).length > 3) window.destroy();
      else window.webContents.reload();
    });
    let hanging: NodeJS.Timeout | undefined;
    window.on('unresponsive', () => {
      hanging ??= setTimeout(() => {
        if (!window.isDestroyed()) window.webContents.forcefullyCrashRenderer();
      }, 10_000);
    });
    window.on('responsive', () => {
      clearTimeout(hanging);
      hanging = undefined;
    });
    window.on('closed', () => clearTimeout(hanging));
  }
}
