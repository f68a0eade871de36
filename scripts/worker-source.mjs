import { build } from 'vite';

const query = '?worker-source';

/**
 * `import source from './worker.ts?worker-source'` is that file with all that it imports, as the text of one script for
 * `new Worker(source, { eval: true })`: it starts although the files of this version were replaced meanwhile.
 */
export function workerSource() {
  return {
    name: 'culvert:worker-source',
    async load(id) {
      if (!id.endsWith(query)) return undefined;
      const entry = id.slice(0, -query.length);
      this.addWatchFile(entry);
      const { output } = await build({
        configFile: false,
        logLevel: 'error',
        ssr: { noExternal: true },
        build: {
          ssr: entry,
          write: false,
          minify: true,
          target: 'node20.18',
          rolldownOptions: { output: { format: 'cjs', codeSplitting: false } },
        },
      });
      return `export default ${JSON.stringify(output[0].code)};`;
    },
  };
}
