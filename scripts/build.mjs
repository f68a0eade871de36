// Builds what is shipped: the command line (out/cli), and the app's main, preload and renderer (out/main, out/preload, out/renderer).
// `--cli` builds the command line alone, `--headless` the command line and the pages that it serves.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { withoutHttp2 } from './undici-http1.mjs';
import { gatherLicences, writeLicences } from './licences.mjs';
import { workerSource } from './worker-source.mjs';

const cliOnly = process.argv.includes('--cli');

/** One CommonJS bundle: a third smaller than ESM and the fastest to start on the floor (docs/bench.md). */
export async function buildCli() {
  await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { alias: [{ find: /^undici$/, replacement: fileURLToPath(new URL('undici-pool.mjs', import.meta.url)) }] },
    plugins: [withoutHttp2(), gatherLicences(), workerSource()],
    ssr: { noExternal: true, external: ['keytar', 'system-ca'] },
    build: {
      ssr: 'src-main/cli.ts',
      outDir: 'out/cli',
      emptyOutDir: true,
      target: 'node20.18',
      minify: true,
      sourcemap: false,
      rolldownOptions: {
        output: { format: 'cjs', entryFileNames: 'culvert.cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  });
}

await buildCli();
if (process.argv.includes('--headless')) {
  await build({ configFile: 'vite.renderer.config.ts', logLevel: 'warn' });
} else if (!cliOnly) {
  const electronVite = await import('electron-vite');
  await electronVite.build({ logLevel: 'warn' });
}
const licences = fileURLToPath(new URL('../out/licences.json', import.meta.url));
// a command line that is built anew leaves the list of the whole app, of which it is a part
if (!cliOnly || !existsSync(licences)) writeLicences(licences);
