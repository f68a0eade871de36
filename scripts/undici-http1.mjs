import { fileURLToPath } from 'node:url';

const stub = fileURLToPath(new URL('undici-no-http2.mjs', import.meta.url));

/** HTTP/1.1 is all that Culvert speaks (`allowH2: false`): undici's HTTP/2 side, and Node's with it, would only be loaded at every start. */
export function withoutHttp2() {
  return {
    name: 'culvert:without-http2',
    enforce: 'pre',
    resolveId(source, importer) {
      return source === './client-h2.js' && importer?.includes('undici') ? stub : undefined;
    },
  };
}
