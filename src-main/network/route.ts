import { Pool, type Dispatcher } from 'undici';
import type { ErrorParams } from '../../shared/errors.ts';

import type { CertificateSeen } from '../../shared/tunnel.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import { createConnector, tryToConnect, type Hop } from './connect.ts';
import { hostPort, toTunnelError } from './errors.ts';
import { throughForwardProxy } from './forward-proxy.ts';
import { connectionEnd, connectorOptions, forwardProxy, loadMaterial, type RouteMaterial } from './route-material.ts';
import type { RoutePlan } from './route-plan.ts';
import type { Lease, OwnDeps } from './routes.ts';
import { SpareSockets } from './spare-sockets.ts';
import { watchFiles } from './watch-files.ts';

const keepAliveMs = 60_000;
const defaultConnectTimeoutMs = 10_000;
const defaultWatchMs = 5_000;
const warmEveryMs = 25;

/**
 * One way to one origin. When a file or secret that it was made from changes, it is made anew: new leases get the new
 * one, what is under way ends on the old one. A change that makes no sense (half written, a key without its certificate)
 * leaves the old one in use and is told through `onProblem`.
 */
export class Route {
  readonly #plan: RoutePlan;
  readonly #url: URL;
  readonly #deps: OwnDeps;
  #material: RouteMaterial;
  #stopWatching: () => void;
  #pools = new Map<string, Holder>();
  readonly #retired = new Set<Holder>();
  #reloading: Promise<void> = Promise.resolve();
  #peer: CertificateSeen | undefined;
  #closed = false;

  private constructor(plan: RoutePlan, url: URL, deps: OwnDeps, material: RouteMaterial) {
    this.#plan = plan;
    this.#url = url;
    this.#deps = deps;
    this.#material = material;
    this.#stopWatching = this.#watch();
  }

  /** Rejects with `TunnelError`. */
  static async open(plan: RoutePlan, url: URL, deps: OwnDeps): Promise<Route> {
    return new Route(plan, url, deps, await loadMaterial(plan, url, deps));
  }

  /** Neither retired nor closed. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  get material(): RouteMaterial {
    return this.#material;
  }

  /** Our own certificate, and what the other end showed last. */
  get certificates(): readonly CertificateSeen[] {
    const { client } = this.#material;
    const own: CertificateSeen[] = client ? [{ of: 'client', subject: client.subject, notAfter: client.notAfter }] : [];
    return this.#peer ? [...own, this.#peer] : own;
  }

  lease(pool = ''): Lease {
    let holder = this.#pools.get(pool);
    if (holder === undefined) {
      holder = new Holder(this.#material, this.#url, this.#deps, (peer) => this.#sawPeer(peer));
      this.#pools.set(pool, holder);
    }
    return holder.lease();
  }

  /** Opens one connection and closes it. Resolves with the facts of the certificate; rejects with `TunnelError`. */
  async test(throughTls: boolean, tell?: (hop: Hop) => void): Promise<ErrorParams> {
    const timeoutMs = this.#deps.connectTimeoutMs ?? defaultConnectTimeoutMs;
    const end = connectionEnd(this.#material, this.#url);
    const options = connectorOptions(
      this.#material,
      this.#url,
      timeoutMs,
      this.#deps.dialer,
      this.#deps.proxySignIns,
      undefined,
      this.#deps.allowsAddress,
    );
    const facts = await tryToConnect(options, end, throughTls, tell);
    if (!forwardProxy(this.#material, this.#url)) this.#sawPeer(facts);
    return facts;
  }

  /** As `renew`; where the system says which proxy to take, it is asked again: the network may be another one. */
  async refresh(): Promise<void> {
    if (this.#deps.systemProxy === undefined || this.#plan.proxy !== undefined) this.renew();
    else await this.#reload();
  }

  /** New leases get new connections; the old ones end with the requests on them. */
  renew(): void {
    for (const old of this.#pools.values()) {
      this.#retired.add(old);
      void old.retire().then(() => this.#retired.delete(old));
    }
    this.#pools = new Map();
  }

  /** No one asks for it any more: it ends with the requests under way. */
  retire(): void {
    this.#closed = true;
    this.#stopWatching();
    this.renew();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatching();
    await Promise.all([...this.#pools.values(), ...this.#retired].map((holder) => holder.destroy()));
  }

  #watch(): () => void {
    const { files, secretRefs } = this.#material;
    const reload = (): void => void (this.#reloading = this.#reloading.then(() => this.#reload()));
    const stops = secretRefs.map((ref) => this.#deps.secrets.onReplaced(ref, reload));
    stops.push(watchFiles(files, this.#deps.watchIntervalMs ?? defaultWatchMs, reload));
    return () => {
      for (const stop of stops) stop();
    };
  }

  async #reload(): Promise<void> {
    if (this.#closed) return;
    try {
      const material = await loadMaterial(this.#plan, this.#url, this.#deps);
      this.#replace(material);
      this.#deps.onProblem?.(undefined);
    } catch (error) {
      const problem = asTunnelError(error, this.#plan.leg);
      this.#deps.onProblem?.(problem);
    }
  }

  #replace(material: RouteMaterial): void {
    if (this.#closed) return;
    this.#material = material;
    this.renew();
  }

  #sawPeer({ subject, notAfterMs }: ErrorParams): void {
    const { leg } = this.#plan;
    if ((leg !== 'control-plane' && leg !== 'mcp-server') || typeof notAfterMs !== 'number') return;
    this.#peer = { of: leg, subject: typeof subject === 'string' ? subject : this.#url.hostname, notAfter: notAfterMs };
  }
}

/** One request's hold on a pool. */
class Held implements Lease {
  readonly dispatcher: Lease['dispatcher'];
  readonly explain: Lease['explain'];
  readonly warm: NonNullable<Lease['warm']>;
  #released: (() => void) | undefined;

  constructor({ dispatcher, explain, warm }: Omit<Held, 'release'>, released: () => void) {
    this.dispatcher = dispatcher;
    this.explain = explain;
    this.warm = warm;
    this.#released = released;
  }

  release(): void {
    this.#released?.();
    this.#released = undefined;
  }
}

/** One pool and who holds it. */
class Holder {
  readonly #lease: Omit<Held, 'release'>;
  readonly #dispatcher: Dispatcher;
  readonly #spares: SpareSockets;
  /** The most connections that were asked for lately. */
  #warmed = { count: 0, at: -Infinity };
  #leases = 0;
  #unused: (() => void) | undefined;

  constructor(material: RouteMaterial, url: URL, deps: OwnDeps, onPeer: (peer: ErrorParams) => void) {
    const { leg, unixSocket, chosen, client } = material;
    const forward = forwardProxy(material, url);
    const end = connectionEnd(material, url);
    const timeoutMs = deps.connectTimeoutMs ?? defaultConnectTimeoutMs;
    this.#spares = new SpareSockets(
      createConnector(
        connectorOptions(material, url, timeoutMs, deps.dialer, deps.proxySignIns, onPeer, deps.allowsAddress),
      ),
      end,
      keepAliveMs,
    );
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
    this.#dispatcher = forward ? pool.compose(throughForwardProxy(url, forward, leg, deps.proxySignIns)) : pool;
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
    const where = {
      ...(unixSocket === undefined
        ? { host: url.hostname, address: hostPort(url.hostname, port) }
        : { path: unixSocket }),
      ...(chosen && { proxy: chosen.proxy.label }),
      ...(client && { subject: client.subject }),
    };
    this.#lease = {
      dispatcher: this.#dispatcher,
      explain: (cause) => toTunnelError(cause, leg, where),
      warm: (count) => this.#warm(count, pool),
    };
  }

  /** The pool counts by looking at every connection: under load that is asked once in a while. */
  #warm(count: number, pool: Pool): void {
    const now = performance.now();
    if (count <= this.#warmed.count && now - this.#warmed.at < warmEveryMs) return;
    this.#warmed = { count, at: now };
    this.#spares.warm(count - pool.stats.free);
  }

  lease(): Lease {
    this.#leases += 1;
    return new Held(this.#lease, this.#released);
  }

  readonly #released = (): void => {
    this.#leases -= 1;
    if (this.#leases === 0) this.#unused?.();
  };

  /** Resolves when no one holds it any more and its last request is over. */
  async retire(): Promise<void> {
    this.#spares.close();
    if (this.#leases > 0) await new Promise<void>((resolve) => (this.#unused = resolve));
    // Destroyed meanwhile: then there is nothing left to close.
    await this.#dispatcher.close().catch(() => undefined);
  }

  async destroy(): Promise<void> {
    this.#spares.close();
    await this.#dispatcher.destroy();
  }
}
