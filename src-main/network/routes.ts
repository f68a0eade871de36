import type { Dispatcher } from 'undici';
import type { TunnelError } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import type { Profile } from '../../shared/profile.ts';
import type { CertificateSeen } from '../../shared/tunnel.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Dialer } from './dial.ts';
import type { Environment } from './proxy.ts';
import type { ProxySignIns } from './proxy-sign-in.ts';

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

export interface RouteInfo {
  readonly mode: 'direct' | 'proxy' | 'unix';
  /** `scheme://host:port` of the proxy, or the path of the socket. */
  readonly via?: string;
  /** The setting or variable that says so. */
  readonly source?: string;
  /** Added to the system's roots and Mozilla's. */
  readonly caBundles: readonly string[];
  readonly clientCertificate?: { readonly subject: string; readonly notAfter: number };
}

export type RouteSettings = Pick<
  Profile,
  'controlPlane' | 'channels' | 'mcp' | 'harpoon' | 'httpProxy' | 'noProxy' | 'caBundle'
>;

/** The one place that makes undici dispatchers: proxy, CA, client certificates, Unix sockets, connection limits. */
export interface Routes {
  /** A lease at once, without a promise; only for the very target for which `dispatcherFor` has already made a route. */
  leaseNow(purpose: Purpose, target: Target): Lease | undefined;
  /** Rejects with `TunnelError` (`proxy_invalid`, `ca_invalid`, `client_certificate_invalid`, secret codes). */
  dispatcherFor(purpose: Purpose, target: Target): Promise<Lease>;
  /** Reads everything that the profile's routes are made of. Rejects with the first that cannot be used. */
  check(): Promise<void>;
  /**
   * Opens one connection over a route and closes it: through the proxy, the TLS handshake included unless `throughTls` is
   * false. Never rejects: the evidence says how the way goes, and where it ends.
   */
  test(purpose: Purpose, target: Target, throughTls?: boolean): Promise<Evidence>;
  /**
   * The same, stretch by stretch: how the way is set, then name, connection, proxy, its consent and TLS, each with the time
   * that it took; the last one is where it ends. Never rejects.
   */
  walk(purpose: Purpose, target: Target): Promise<readonly Evidence[]>;
  /** How the way goes, without trying it: no secrets. Rejects as `dispatcherFor`. */
  describe(purpose: Purpose, target: Target): Promise<RouteInfo>;
  /** The certificates seen so far: our own, and what the other ends showed on their last connection. */
  certificates(): readonly CertificateSeen[];
  /** After waking, or on another network: no socket that may be dead is used again. Requests under way go on. */
  closeIdle(): Promise<void>;
  /** A person has acted: a proxy that refused the password may be asked again at once. */
  forgiveProxies(): void;
  close(): Promise<void>;
}

export interface RouteDeps {
  readonly secrets: SecretResolver;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are looked up. Default: the process's own. */
  readonly env?: Environment;
  /** TCP, the proxy's consent and TLS together, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** The app's: the proxy that the system, or its PAC file, names for a URL; asked where nothing else names one. */
  readonly systemProxy?: (url: URL) => Promise<string | undefined>;
  /** Opens TCP connections, and remembers which way they went. Default: one of its own. */
  readonly dialer?: Dialer;
  /** Which proxies refused the password; routes that share it share their tries. Default: one of its own. */
  readonly proxySignIns?: ProxySignIns;
  /** Harpoon's: whether a connection for this address of a target may end at that IP address. Not asked where a proxy connects. */
  readonly allowsAddress?: (url: URL, address: string) => boolean;
  /** How often certificates, keys and CA bundles are looked at. Default 5,000. */
  readonly watchIntervalMs?: number;
  /** A file changed into something that cannot be used, and the old one stays in use; undefined when it was put right. */
  readonly onProblem?: (problem: TunnelError | undefined) => void;
}

/** With what all routes of a profile share. */
export type OwnDeps = RouteDeps & Required<Pick<RouteDeps, 'dialer' | 'proxySignIns'>>;
