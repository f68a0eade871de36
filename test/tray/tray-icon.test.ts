import { describe, expect, it } from 'vitest';
import { paintTrayIcon, trayStates, type TrayState } from '../../src-main/desktop/tray-icon.ts';

/** The icon as someone without colour vision sees it on a panel: luminance over a flat ground. */
function grey(
  state: TrayState,
  size: number,
  ink: readonly [number, number, number],
  coloured: boolean,
  ground: number,
) {
  const pixels = paintTrayIcon(state, size, ink, coloured);
  return Array.from({ length: size * size }, (_, index) => {
    const [r, g, b, a] = pixels.subarray(index * 4, index * 4 + 4) as unknown as [number, number, number, number];
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return (luminance * a + ground * (255 - a)) / 255;
  });
}

const visible = 48;
const panels = [
  { name: 'light', ground: 0xf0, ink: [0x20, 0x24, 0x28] as const },
  { name: 'dark', ground: 0x20, ink: [0xf0, 0xf2, 0xf4] as const },
];

describe('tray icon', () => {
  for (const size of [16, 22, 32]) {
    for (const coloured of [true, false]) {
      for (const panel of panels) {
        const form = coloured ? 'in colour' : 'as a template';
        it(`tells all states apart in grey at ${size} px on ${panel.name} ${form}`, () => {
          for (const one of trayStates) {
            for (const other of trayStates) {
              if (one >= other) continue;
              const first = grey(one, size, panel.ink, coloured, panel.ground);
              const second = grey(other, size, panel.ink, coloured, panel.ground);
              const different = first.filter((value, index) => Math.abs(value - second[index]!) >= visible).length;
              expect(different, `${one} and ${other}`).toBeGreaterThanOrEqual(8);
            }
          }
        });
      }
    }
  }
});
