import { protocol } from 'electron';
import { uiHeaders } from '../api/csp.ts';
import { readUiFile } from '../api/ui-files.ts';

export const appOrigin = 'app://culvert';

/** Before `ready`: `app://` is a secure, standard scheme, so that the window has an origin of its own and needs no file access. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built renderer at `app://culvert/`, every answer under the UI's content security policy. */
export function serveRenderer(root: string): void {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    const file = request.method === 'GET' && url.host === 'culvert' ? await readUiFile(root, url.pathname) : undefined;
    if (!file)
      return new Response('not found', { status: 404, headers: { ...uiHeaders, 'content-type': 'text/plain' } });
    return new Response(new Uint8Array(file.body), { headers: { ...uiHeaders, 'content-type': file.type } });
  });
}
