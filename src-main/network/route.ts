import type { SecureContext } from 'node:tls';
import { Pool, type Dispatcher } from 'undici';
import { createConnector, type ConnectorOptions } from './connect.ts';
import { hostPort, toTunnelError } from './errors.ts';
import { throughForwardProxy } from './forward-proxy.ts';
import { parseProxy, proxyFromEnvironment, type Proxy } from './proxy.ts';
import { planFor, type RoutePlan } from './route-plan.ts';
import type { Lease, Purpose, RouteDeps, RouteSettings, Target } from './routes.ts';
import { secureContextFor } from './trust.ts';
import { SpareSockets } from './spare-sockets.ts';

const keepAliveMs = 60_000;

/** One way to one origin: its pool, and the pools before it that still have work. */
export class Route {
  readonly #open: () => Holder;
  #holder: Holder;
  readonly #retired = new Set<Holder>();

  constructor(open: () => Holder) {
    this.#open = open;
    this.#holder = open();
  }

  lease(): Lease {
    return this.#holder.lease();
  }

  /** New leases get new connections; the old ones end with the requests on them. */
  renew(): void {
    const old = this.#holder;
    this.#holder = this.#open();
    this.#retired.add(old);
    void old.retire().then(() => this.#retired.delete(old));
  }

  async close(): Promise<void> {
    await Promise.all([this.#holder, ...this.#retired].map((holder) => holder.destroy()));
  }
}

/** Reads and resolves what a route needs. Rejects with `TunnelError`. */
export async function openRoute(
  purpose: Purpose,
  target: Target,
  settings: RouteSettings,
  deps: RouteDeps,
): Promise<Route> {
  const plan = planFor(purpose, target, settings);
  const proxy = await proxyFor(plan, target.url, deps);
  const secure = target.url.protocol === 'https:';
  const secureContext = secure ? await secureContextFor(plan, deps.secrets) : undefined;
  // The proxy is no one's origin: it never gets the client certificate.
  const proxySecureContext = proxy?.secure
    ? await secureContextFor({ ...plan, clientCertificate: undefined }, deps.secrets)
    : undefined;
  return new Route(() => new Holder(plan, target.url, proxy, { secureContext, proxySecureContext }, deps));
}

async function proxyFor(plan: RoutePlan, url: URL, deps: RouteDeps): Promise<Proxy | undefined> {
  if (plan.proxy !== undefined) {
    return parseProxy(await deps.secrets.resolve(plan.proxy.value), plan.leg, plan.proxy.field);
  }
  if (plan.unixSocket !== undefined) return undefined;
  const found = proxyFromEnvironment(url, deps.env ?? process.env);
  return found && parseProxy(found.text, plan.leg, found.variable);
}

interface Contexts {
  readonly secureContext: SecureContext | undefined;
  readonly proxySecureContext: SecureContext | undefined;
}

/** One pool and who holds it. */
class Holder {
  readonly #lease: Omit<Lease, 'release'>;
  readonly #dispatcher: Dispatcher;
  readonly #spares: SpareSockets;
  #leases = 0;
  #unused: (() => void) | undefined;

  constructor(plan: RoutePlan, url: URL, proxy: Proxy | undefined, contexts: Contexts, deps: RouteDeps) {
    const { leg, unixSocket } = plan;
    const forward = proxy?.kind === 'http' && url.protocol === 'http:' ? proxy : undefined;
    const options: ConnectorOptions = {
      leg,
      timeoutMs: deps.connectTimeoutMs ?? 10_000,
      ...(unixSocket !== undefined && { unixSocket }),
      ...(proxy && !forward && { tunnelThrough: proxy }),
      ...(forward && { endIsProxy: true }),
      ...(forward
        ? contexts.proxySecureContext && { secureContext: contexts.proxySecureContext }
        : contexts.secureContext && { secureContext: contexts.secureContext }),
      ...(contexts.proxySecureContext && { proxySecureContext: contexts.proxySecureContext }),
    };
    const end = forward
      ? new URL(`${forward.secure ? 'https' : 'http'}://${hostPort(forward.host, forward.port)}`)
      : url;
    this.#spares = new SpareSockets(createConnector(options), end, keepAliveMs);
    const pool = new Pool(end.origin, {
      connect: this.#spares.connect,
      connections: null,
      pipelining: 1,
      allowH2: false,
      // Deadlines are ours: a long poll or a slow tool must not be cut by the library.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
    this.#dispatcher = forward ? pool.compose(throughForwardProxy(url, forward, leg)) : pool;
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
    const where = {
      ...(unixSocket === undefined
        ? { host: url.hostname, address: hostPort(url.hostname, port) }
        : { path: unixSocket }),
      ...(proxy && { proxy: proxy.label }),
    };
    this.#lease = {
      dispatcher: this.#dispatcher,
      explain: (cause) => toTunnelError(cause, leg, where),
      warm: (count) => this.#spares.warm(count - pool.stats.free),
    };
  }

  lease(): Lease {
    this.#leases += 1;
    let held = true;
    return {
      ...this.#lease,
      release: () => {
        if (!held) return;
        held = false;
        this.#leases -= 1;
        if (this.#leases === 0) this.#unused?.();
      },
    };
  }

  /** Resolves when no one holds it any more and its last request is over. */
  async retire(): Promise<void> {
    this.#spares.close();
    if (this.#leases > 0) await new Promise<void>((resolve) => (this.#unused = resolve));
    await this.#dispatcher.close();
  }

  async destroy(): Promise<void> {
    this.#spares.close();
    await this.#dispatcher.destroy();
  }
}
