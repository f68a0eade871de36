import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser of this machine; none is ever downloaded. */
export function findChromium(): string | undefined {
  const wanted = process.env['CULVERT_CHROMIUM'];
  if (wanted !== undefined) return wanted;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

/** Started with its sandbox on, as root too (chromium-launcher). */
export function launchChromium(program: string, args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: fileURLToPath(new URL('chromium-launcher', import.meta.url)),
    chromiumSandbox: true,
    env: { ...process.env, CULVERT_CHROMIUM: program },
    args: [...args],
  });
}
