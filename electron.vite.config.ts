import { defineConfig } from 'electron-vite';
import { gatherLicences } from './scripts/licences.mjs';
import { workerSource } from './scripts/worker-source.mjs';
import renderer from './vite.renderer.config.ts';

/** One file each: main as ESM, preload as CommonJS because the sandbox has no ESM; only keytar stays outside. */
export default defineConfig({
  main: {
    plugins: [gatherLicences(), workerSource()],
    build: {
      target: 'node20.18',
      outDir: 'out/main',
      externalizeDeps: false,
      rolldownOptions: {
        input: 'src-main/main.ts',
        external: ['keytar', 'system-ca'],
        output: { format: 'es', entryFileNames: 'main.js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node20.18',
      outDir: 'out/preload',
      externalizeDeps: false,
      rolldownOptions: {
        input: 'src-main/preload.ts',
        output: { format: 'cjs', entryFileNames: 'preload.cjs' },
      },
    },
  },
  renderer,
});
