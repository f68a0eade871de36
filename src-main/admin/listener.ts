import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Who may call a mounted path. `probe` = health and metrics: any peer that the address lets in, any Host when an address
 * off loopback was asked for. `local` = loopback peers with a loopback Host and, if sent, our own Origin. `ui` = local,
 * and the instance's token or session cookie.
 */
export type Access = 'probe' | 'local' | 'ui';

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/** The loopback listener. Host, Origin and token are checked here, once, for whatever is mounted. */
export interface Listener {
  /** `path` matches itself and everything below it; the longest match wins. Returns the way to unmount. */
  mount(path: string, access: Access, handler: Handler): () => void;
  /** `http://127.0.0.1:PORT`, or `unix:/path`, once listening. */
  readonly address: string | undefined;
  /** Rejects with `TunnelError` (`port_in_use`, `listen_failed`). */
  listen(): Promise<void>;
  close(): Promise<void>;
}
