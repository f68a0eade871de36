/** What the tray shows, told apart by shape first and colour second. */
export const trayStates = ['stopped', 'starting', 'connected', 'busy', 'degraded', 'attention'] as const;
export type TrayState = (typeof trayStates)[number];

type Rgb = readonly [number, number, number];

const amber: Rgb = [0xe2, 0x8f, 0x1b];
const red: Rgb = [0xe0, 0x43, 0x3a];

interface Arch {
  readonly radius: number;
  /** Height of the springing line: above it a half circle, below it two legs. */
  readonly spring: number;
  readonly stroke: number;
}

const base = 0.94;
const outer: Arch = { radius: 0.39, spring: 0.46, stroke: 0.125 };
const thin: Arch = { radius: 0.41, spring: 0.47, stroke: 0.07 };
const inner: Arch = { radius: 0.165, spring: 0.6, stroke: 0.125 };
const badge = { x: 0.76, y: 0.76, radius: 0.22, gap: 0.08 };

const samples = 4;

function onArch(arch: Arch, x: number, y: number): boolean {
  if (y > base) return false;
  const distance =
    y <= arch.spring
      ? Math.abs(Math.hypot(x - 0.5, y - arch.spring) - arch.radius)
      : Math.abs(Math.abs(x - 0.5) - arch.radius);
  return distance <= arch.stroke / 2;
}

function insideArch(arch: Arch, x: number, y: number): boolean {
  const reach = arch.radius + arch.stroke / 2;
  if (y > base) return false;
  return y <= arch.spring ? Math.hypot(x - 0.5, y - arch.spring) <= reach : Math.abs(x - 0.5) <= reach;
}

/** A wedge cut into the lower right corner: the notch of *degraded*. */
const inNotch = (x: number, y: number, grow: number): boolean => x <= 1 && y <= 1 && x + y >= 1.5 - grow * 1.6;

const inBadge = (x: number, y: number, grow: number): boolean =>
  Math.hypot(x - badge.x, y - badge.y) <= badge.radius + grow;

type Ink = 'none' | 'ink' | 'mark';

function inkAt(state: TrayState, x: number, y: number): Ink {
  switch (state) {
    case 'stopped':
      return onArch(thin, x, y) ? 'ink' : 'none';
    case 'starting':
      return onArch(outer, x, y) || (x < 0.5 && onArch(inner, x, y)) ? 'ink' : 'none';
    case 'connected':
      return onArch(outer, x, y) || onArch(inner, x, y) ? 'ink' : 'none';
    case 'busy':
      return onArch(outer, x, y) || insideArch(inner, x, y) ? 'ink' : 'none';
    case 'degraded':
      if (inNotch(x, y, 0)) return 'mark';
      if (inNotch(x, y, badge.gap)) return 'none';
      return inkAt('connected', x, y);
    case 'attention':
      if (inBadge(x, y, 0)) return 'mark';
      if (inBadge(x, y, badge.gap)) return 'none';
      return inkAt('connected', x, y);
  }
}

/**
 * Paints the tray icon: an arch over a smaller arch.
 *
 * @param size - edge length in pixels
 * @param ink - colour of the arches: light for dark panels, dark for light ones; black for a macOS template image
 * @param coloured - `false` paints the marks in `ink` too, as a template image needs
 * @returns `size * size` pixels, RGBA, straight alpha, row by row
 */
export function paintTrayIcon(state: TrayState, size: number, ink: Rgb, coloured: boolean): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  const mark = !coloured ? ink : state === 'attention' ? red : amber;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let inked = 0;
      let marked = 0;
      for (let sub = 0; sub < samples * samples; sub++) {
        const x = (column + ((sub % samples) + 0.5) / samples) / size;
        const y = (row + (Math.floor(sub / samples) + 0.5) / samples) / size;
        const found = inkAt(state, x, y);
        if (found === 'ink') inked++;
        else if (found === 'mark') marked++;
      }
      const covered = inked + marked;
      if (covered === 0) continue;
      const at = (row * size + column) * 4;
      for (let channel = 0; channel < 3; channel++) {
        pixels[at + channel] = Math.round(((ink[channel] ?? 0) * inked + (mark[channel] ?? 0) * marked) / covered);
      }
      pixels[at + 3] = Math.round((covered / (samples * samples)) * 255);
    }
  }
  return pixels;
}

/** Electron's bitmaps are BGRA with premultiplied alpha. */
export function toBitmap(rgba: Uint8Array): Buffer {
  const bitmap = Buffer.alloc(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    bitmap[at] = Math.round(((rgba[at + 2] ?? 0) * alpha) / 255);
    bitmap[at + 1] = Math.round(((rgba[at + 1] ?? 0) * alpha) / 255);
    bitmap[at + 2] = Math.round(((rgba[at] ?? 0) * alpha) / 255);
    bitmap[at + 3] = alpha;
  }
  return bitmap;
}
