import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { gatherLicences } from './scripts/licences.mjs';

/**
 * The pages, for the window and for browsers alike. Nothing is inlined: `font-src 'self'` and `img-src 'self'` refuse
 * `data:` addresses.
 */
export default defineConfig({
  root: 'src-renderer',
  base: './',
  plugins: [react(), gatherLicences()],
  build: {
    // electron-vite and vite resolve a relative folder from different places
    outDir: resolve('out/renderer'),
    emptyOutDir: true,
    target: 'chrome130',
    // electron-vite leaves it out for the window
    minify: 'oxc',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { input: 'src-renderer/index.html' },
  },
});
