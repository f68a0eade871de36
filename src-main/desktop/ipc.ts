import { ipcMain, type WebContents, type WebFrameMain } from 'electron';
import type { Caller, EventName, EventPayload, Reply } from '../../shared/ipc.ts';
import { appOrigin } from './app-protocol.ts';

export const callChannel = 'culvert:call';
export const eventChannel = 'culvert:event';

/** Our own page in our own window, and its top frame: nobody else is answered. */
function isOurs(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(`${appOrigin}/`);
}

/** The window's side of the contract: one channel in, one channel out. */
export class WindowTransport {
  readonly #callers = new Map<WebContents, Caller>();
  readonly #dispatch: (name: unknown, args: unknown, caller: Caller) => Promise<Reply<unknown>>;

  constructor(dispatch: (name: unknown, args: unknown, caller: Caller) => Promise<Reply<unknown>>) {
    this.#dispatch = dispatch;
    ipcMain.handle(callChannel, (event, name: unknown, args: unknown) => {
      if (!isOurs(event.senderFrame)) {
        return { ok: false, error: { code: 'not_allowed', leg: 'local', params: {} } } satisfies Reply<never>;
      }
      return this.#dispatch(name, args, this.#callerOf(event.sender));
    });
  }

  /** A reloaded page is a new caller: what the old one had subscribed to ends. */
  #callerOf(contents: WebContents): Caller {
    const known = this.#callers.get(contents);
    if (known) return known;
    const cleanUps = new Set<() => void>();
    const gone = () => {
      this.#callers.delete(contents);
      contents.off('did-start-navigation', navigated);
      contents.off('destroyed', gone);
      contents.off('render-process-gone', gone);
      for (const cleanUp of cleanUps) cleanUp();
    };
    const navigated = (details: { isMainFrame: boolean; isSameDocument: boolean }) => {
      if (details.isMainFrame && !details.isSameDocument) gone();
    };
    const caller: Caller = {
      id: `window-${contents.id}`,
      host: 'window',
      send<N extends EventName>(event: N, payload: EventPayload<N>) {
        if (!contents.isDestroyed()) contents.send(eventChannel, event, payload);
      },
      onGone: (cleanUp) => void cleanUps.add(cleanUp),
    };
    contents.on('did-start-navigation', navigated);
    contents.on('destroyed', gone);
    contents.on('render-process-gone', gone);
    this.#callers.set(contents, caller);
    return caller;
  }
}
