import type { Dispatcher } from 'undici';
import { TunnelError } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Environment } from './proxy.ts';
import { openRoute, type Route } from './route.ts';

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
  /** Connections to the target's origin alone: HTTP/1.1, one request at a time each, as many as there are requests. */
  readonly dispatcher: Dispatcher;
  /** Names a failure of this route's, with host, port and proxy as parameters. */
  readonly explain: (cause: unknown) => TunnelError;
  /**
   * Sees to it that `count` connections are open and idle, or on their way, so that as many requests which come soon pay
   * no handshake. Costs next to nothing when they are. Absent where it makes no sense.
   */
  readonly warm?: (count: number) => void;
  release(): void;
}

export type RouteSettings = Pick<Profile, 'controlPlane' | 'channels' | 'mcp' | 'harpoon' | 'httpProxy' | 'caBundle'>;

/** The one place that makes undici dispatchers: proxy, CA, client certificates, Unix sockets, connection limits. */
export interface Routes {
  /** Rejects with `TunnelError` (`proxy_invalid`, `ca_invalid`, `client_certificate_invalid`, secret codes). */
  dispatcherFor(purpose: Purpose, target: Target): Promise<Lease>;
  /** After waking: no socket that may be dead is used again. Requests under way go on. */
  closeIdle(): Promise<void>;
  close(): Promise<void>;
}

export interface RouteDeps {
  readonly secrets: SecretResolver;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are looked up. Default: the process's own. */
  readonly env?: Environment;
  /** TCP, the proxy's consent and TLS together, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
}

/** Never rejects by itself: settings are read when a route is first asked for. */
export function createRoutes(settings: RouteSettings, deps: RouteDeps): Routes {
  return new ProfileRoutes(settings, deps);
}

class ProfileRoutes implements Routes {
  readonly #settings: RouteSettings;
  readonly #deps: RouteDeps;
  /** One per purpose, name, pool and origin. */
  readonly #routes = new Map<string, Promise<Route>>();
  #closed = false;

  constructor(settings: RouteSettings, deps: RouteDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  async dispatcherFor(purpose: Purpose, target: Target): Promise<Lease> {
    const key = `${purpose} ${target.name ?? ''} ${target.pool ?? ''} ${target.url.origin}`;
    let route = this.#routes.get(key);
    if (route === undefined) {
      if (this.#closed) throw new TunnelError('shutting_down', 'local');
      route = openRoute(purpose, target, this.#settings, this.#deps);
      this.#routes.set(key, route);
      // A file may be put right, a secret may come: the next request reads anew.
      route.catch(() => this.#routes.delete(key));
    }
    return (await route).lease();
  }

  async closeIdle(): Promise<void> {
    await this.#each((route) => route.renew());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#each((route) => route.close());
    this.#routes.clear();
  }

  async #each(run: (route: Route) => void | Promise<void>): Promise<void> {
    const open = await Promise.allSettled([...this.#routes.values()]);
    await Promise.all(open.map(async (route) => (route.status === 'fulfilled' ? run(route.value) : undefined)));
  }
}
