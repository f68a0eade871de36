import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';

/** The browser that CULVERT_CHROMIUM names (test/support/require.ts), its sandbox on, as root too (chromium-launcher). */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: fileURLToPath(new URL('chromium-launcher', import.meta.url)),
    chromiumSandbox: true,
    args: [...args],
  });
}
