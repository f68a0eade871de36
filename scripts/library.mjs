// Builds the library (out/library): what `import { openTunnel } from 'culvert'` and 'culvert/relay' are, with their types.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { workerSource } from './worker-source.mjs';

const entries = { index: 'src-main/library/index.ts', relay: 'src-main/library/relay.ts' };
const generator = fileURLToPath(
  new URL('../node_modules/dts-bundle-generator/dist/bin/dts-bundle-generator.js', import.meta.url),
);

await build({
  configFile: false,
  logLevel: 'warn',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [workerSource()],
  ssr: { noExternal: true, external: ['keytar', 'system-ca'] },
  build: {
    ssr: true,
    outDir: 'out/library',
    emptyOutDir: true,
    target: 'node20.18',
    minify: false,
    rolldownOptions: {
      input: entries,
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
  },
});
for (const [name, entry] of Object.entries(entries)) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [generator, '--no-check', '--silent', '--project', 'tsconfig.json', '-o', `out/library/${name}.d.ts`, entry],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    console.error(stdout);
    process.exit(1);
  }
}
