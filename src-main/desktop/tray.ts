import { Menu, nativeImage, nativeTheme, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron';
import { paintTrayIcon, toBitmap, type TrayState } from './tray-icon.ts';
import { trayMenu, trayState, trayTooltip, type TrayAction, type TrayItem, type TrayModel } from './tray-model.ts';

const light = [0xf0, 0xf2, 0xf4] as const;
const dark = [0x20, 0x24, 0x28] as const;
const black = [0, 0, 0] as const;

/** Logical size of the icon: the macOS menu bar and Windows take 16 at each scale, Linux panels 22. */
const size = process.platform === 'linux' ? 22 : 16;

/** Windows says what its taskbar is; GNOME's top bar is always dark; other panels follow the theme of windows. */
function isPanelDark(): boolean {
  if (process.platform === 'win32') return nativeTheme.shouldUseDarkColorsForSystemIntegratedUI;
  return /GNOME|Unity/i.test(process.env['XDG_CURRENT_DESKTOP'] ?? '') || nativeTheme.shouldUseDarkColors;
}

function icon(state: TrayState): NativeImage {
  const template = process.platform === 'darwin';
  const onDark = isPanelDark();
  const ink = template ? black : onDark ? light : dark;
  const image = nativeImage.createEmpty();
  for (const scaleFactor of process.platform === 'linux' ? [1] : [1, 1.5, 2, 3]) {
    const pixels = Math.round(size * scaleFactor);
    const bitmap = toBitmap(paintTrayIcon(state, pixels, ink, !template));
    image.addRepresentation({
      scaleFactor,
      width: pixels,
      height: pixels,
      buffer: nativeImage.createFromBitmap(bitmap, { width: pixels, height: pixels }).toPNG(),
    });
  }
  image.setTemplateImage(template);
  return image;
}

function toTemplate(items: readonly TrayItem[], act: (action: TrayAction) => void): MenuItemConstructorOptions[] {
  return items.map((item): MenuItemConstructorOptions => {
    switch (item.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'text':
        return { label: item.label, enabled: false };
      case 'action':
        return { label: item.label, click: () => act(item.action) };
      case 'switch':
        return { type: 'checkbox', label: item.label, checked: item.on, click: () => act(item.action) };
      case 'menu':
        return { label: item.label, submenu: toTemplate(item.items, act) };
    }
  });
}

/** The icon in the tray. What it shows is decided in tray-model.ts; this only puts it there, and only when it changed. */
export class TrayIcon {
  readonly #tray: Tray;
  readonly #act: (action: TrayAction) => void;
  #shown = { icon: '' as TrayState | '', tooltip: '', menu: '' };
  #model: TrayModel;

  constructor(model: TrayModel, act: (action: TrayAction) => void) {
    this.#act = act;
    this.#model = model;
    this.#tray = new Tray(icon(trayState(model.tunnels, model.idle)));
    this.#tray.on('click', () => act({ do: 'open', page: 'overview' }));
    nativeTheme.on('updated', () => {
      this.#shown = { ...this.#shown, icon: '' };
      this.show(this.#model);
    });
    this.show(model);
  }

  show(model: TrayModel): void {
    this.#model = model;
    const state = trayState(model.tunnels, model.idle);
    const tooltip = trayTooltip(model);
    const items = trayMenu(model);
    const menu = JSON.stringify(items);
    if (state !== this.#shown.icon) this.#tray.setImage(icon(state));
    if (tooltip !== this.#shown.tooltip) this.#tray.setToolTip(tooltip);
    if (menu !== this.#shown.menu) this.#tray.setContextMenu(Menu.buildFromTemplate(toTemplate(items, this.#act)));
    this.#shown = { icon: state, tooltip, menu };
  }

  destroy(): void {
    this.#tray.destroy();
  }
}
