import type { Dispatcher } from 'undici';

/** What a connection is for: each purpose has its own proxy, trust and client certificate, and none leaks into another. */
export type Purpose = 'control-plane' | 'mcp' | 'mcp-discovery' | 'oauth' | 'harpoon';

export interface Target {
  readonly url: URL;
  /** The channel or Harpoon label whose own settings apply. */
  readonly name?: string;
  /** Requests of different pools never share a connection: long polls must not take those kept warm for answers. */
  readonly pool?: string;
}

/** A pool that stays open as long as it is held; after a rotation the old one drains while new leases get the new one. */
export interface Lease {
  readonly dispatcher: Dispatcher;
  /**
   * Sees to it that `count` connections are open and idle, or on their way, so that as many requests which come soon pay
   * no handshake. Costs next to nothing when they are. Absent where it makes no sense.
   */
  readonly warm?: (count: number) => void;
  release(): void;
}

/** The one place that makes undici dispatchers: proxy, CA, client certificates, Unix sockets, connection limits. */
export interface Routes {
  /** Rejects with `TunnelError` (`proxy_invalid`, `ca_invalid`, `client_certificate_invalid`, secret codes). */
  dispatcherFor(purpose: Purpose, target: Target): Promise<Lease>;
  /** After waking: no socket that may be dead is used again. */
  closeIdle(): Promise<void>;
  close(): Promise<void>;
}
