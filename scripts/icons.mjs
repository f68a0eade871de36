// Draws the app's icons from the one painter of src-main/desktop/tray-icon.ts: assets/icon.png (1024 px) and assets/tray.png, a sheet of all states for the docs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { runnerImport } from 'vite';

const { module: painter } = await runnerImport('./src-main/desktop/tray-icon.ts');

function png(width, height, rgba) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width * 4 + 1));
  for (let y = 0; y < height; y++)
    Buffer.from(rgba.buffer, rgba.byteOffset + y * width * 4, width * 4).copy(rows, y * (width * 4 + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Copies `rgba` (size × size) onto a canvas, blending over what is there. */
function place(canvas, width, rgba, size, left, top) {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 4;
      const to = ((top + y) * width + left + x) * 4;
      const alpha = rgba[from + 3] / 255;
      for (let c = 0; c < 3; c++) canvas[to + c] = Math.round(rgba[from + c] * alpha + canvas[to + c] * (1 - alpha));
      canvas[to + 3] = Math.max(canvas[to + 3], rgba[from + 3]);
    }
  }
}

/** The app icon: the arches in teal on a rounded dark tile. */
function appIcon(size) {
  const canvas = new Uint8Array(size * size * 4);
  const margin = size * 0.06;
  const corner = size * 0.21;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = Math.max(margin + corner - x, x - (size - margin - corner), 0);
      const dy = Math.max(margin + corner - y, y - (size - margin - corner), 0);
      const inside = x >= margin && y >= margin && x < size - margin && y < size - margin;
      const cover = inside ? Math.min(1, Math.max(0, corner - Math.hypot(dx, dy) + 0.5)) : 0;
      canvas.set([0x12, 0x24, 0x29, Math.round(cover * 255)], (y * size + x) * 4);
    }
  }
  const arch = Math.round(size * 0.56);
  const at = Math.round((size - arch) / 2);
  place(canvas, size, painter.paintTrayIcon('connected', arch, [0x5c, 0xc8, 0xd8], false), arch, at, at);
  return png(size, size, canvas);
}

/** Every state at 16, 22 and 32 px, on a light and on a dark panel. */
function sheet() {
  const cell = 48;
  const width = cell * painter.trayStates.length;
  const height = cell * 6;
  const canvas = new Uint8Array(width * height * 4);
  [16, 22, 32].forEach((size, band) => {
    [
      { ground: [0xf0, 0xf1, 0xf2], ink: [0x20, 0x24, 0x28] },
      { ground: [0x20, 0x24, 0x28], ink: [0xf0, 0xf2, 0xf4] },
    ].forEach(({ ground, ink }, panel) => {
      const top = (band * 2 + panel) * cell;
      for (let y = top; y < top + cell; y++)
        for (let x = 0; x < width; x++) canvas.set([...ground, 255], (y * width + x) * 4);
      painter.trayStates.forEach((state, column) => {
        const offset = Math.floor((cell - size) / 2);
        place(canvas, width, painter.paintTrayIcon(state, size, ink, true), size, column * cell + offset, top + offset);
      });
    });
  });
  return png(width, height, canvas);
}

mkdirSync('assets', { recursive: true });
writeFileSync('assets/icon.png', appIcon(1024));
writeFileSync('assets/tray-states.png', sheet());
