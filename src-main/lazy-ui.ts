import type { HttpListener } from './admin/http-listener.ts';
import type { HeadlessUi, HeadlessUiOptions } from './headless-ui.ts';

/** Mounts the pages at `/ui`; what they need is loaded and made when somebody first opens them. Returns the way to end it. */
export function mountUi(listener: HttpListener, options: Omit<HeadlessUiOptions, 'listener'>): () => void {
  let opening: Promise<HeadlessUi> | undefined;
  const unmount = listener.mount('/ui', 'ui', async (request, response, url) => {
    opening ??= import('./headless-ui.ts').then(({ createUi }) => createUi({ ...options, listener }));
    await (await opening).handle(request, response, url);
  });
  return () => {
    unmount();
    void opening?.then((ui) => ui.close());
  };
}
