import type { LookupAddress } from 'node:dns';
import { request } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { TunnelError, type ErrorParams, type Leg } from '../../shared/errors.ts';
import { describeChain, describePeer, endedAuthority } from './certificates.ts';
import type { Dialer } from './dial.ts';
import { hostPort, toTunnelError } from './errors.ts';
import type { Proxy } from './proxy.ts';
import type { ProxySignIns } from './proxy-sign-in.ts';

export interface ConnectorOptions {
  readonly leg: Leg;
  /** For everything until the connection can carry a request: TCP, the proxy's consent, TLS. Milliseconds. */
  readonly timeoutMs: number;
  readonly dialer: Dialer;
  /** Dialled in place of the target's address. */
  readonly unixSocket?: string;
  /** Asked with CONNECT to lead on to the target; absent for a plain-HTTP target, whose proxy is dialled as if it were the target. */
  readonly tunnelThrough?: Proxy;
  /** Asked before the proxy is, and told what it said to the password. */
  readonly signIns?: ProxySignIns;
  /** Set when the connection's own end is a proxy that is spoken to in absolute form. */
  readonly endIsProxy?: boolean;
  /** Roots and client certificate for the target's TLS. */
  readonly secureContext?: SecureContext;
  /** Roots for the proxy's own TLS. */
  readonly proxySecureContext?: SecureContext;
  /** Whose certificate we send when asked. */
  readonly clientSubject?: string;
  /** Whether a connection may end at this address: asked of what is connected to, after the name was looked up. */
  readonly allowsAddress?: (address: string) => boolean;
  /** Told of the target's certificate on every new connection. */
  readonly onPeer?: (certificate: ErrorParams & { notAfterMs?: number }) => void;
}

/** A stretch of the way that was gone, in the order of the way. */
export interface Hop {
  readonly step: 'name' | 'connect' | 'socket' | 'proxy-name' | 'proxy-connect' | 'proxy-tls' | 'proxy-consent' | 'tls';
  readonly facts: Facts;
}

type Facts = Readonly<Record<string, string | number | string[]>>;

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Makes undici's connector for one origin. undici's own cannot tell a proxy's failure from the target's, does not bound
 * a proxy that stalls, and offers a session for resumption that was never verified (Node then skips the host name).
 * Fails with `TunnelError`s that name host, port and proxy.
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  let session: Buffer | undefined;
  return (target, callback) => {
    const attempt = new Attempt(options, endOf(target));
    const run = async (): Promise<Socket> => {
      const socket = await attempt.reach();
      if (target.protocol !== 'https:') return socket;
      const secured = await attempt.secure(socket, target.hostname, options.secureContext, session);
      session = secured.session ?? session;
      secured.socket.on('session', (next) => (session = next));
      options.onPeer?.(attempt.peer);
      return secured.socket;
    };
    attempt.conclude(run()).then(
      (socket) => {
        socket.setNoDelay(true);
        socket.setKeepAlive(true, 30_000);
        callback(null, socket);
        attempt.letGo(socket);
      },
      (error: unknown) => callback(error as TunnelError, null),
    );
  };
}

/**
 * Opens a connection and closes it: how far the way is open. Without `throughTls` it ends where a proxy has consented, or
 * TCP is there. Resolves with the facts of the target's certificate; rejects with `TunnelError`. `tell` hears of each
 * stretch that was gone; what comes after the last one is where it ended.
 */
export async function tryToConnect(
  options: ConnectorOptions,
  end: URL,
  throughTls: boolean,
  tell?: (hop: Hop) => void,
): Promise<ErrorParams> {
  const address = endOf({ hostname: bare(end.hostname), protocol: end.protocol, port: end.port });
  const attempt = new Attempt(options, address, tell);
  const run = async (): Promise<ErrorParams> => {
    let socket = await attempt.reach();
    if (throughTls && end.protocol === 'https:') {
      ({ socket } = await attempt.secure(socket, bare(end.hostname), options.secureContext, undefined));
    }
    socket.on('error', () => undefined).destroy();
    return attempt.peer;
  };
  return attempt.conclude(run());
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

const endOf = (target: { hostname: string; protocol: string; port: string }): Address => ({
  host: target.hostname,
  port: Number(target.port) || (target.protocol === 'https:' ? 443 : 80),
});

/** One connection being made: knows how far it got, and what to blame when it fails or takes too long. */
class Attempt {
  readonly #options: ConnectorOptions;
  readonly #end: Address;
  readonly #timer: NodeJS.Timeout;
  /** Between one step and the next nobody else listens. */
  readonly #hear = (): void => undefined;
  #step: 'reach-target' | 'reach-proxy' | 'ask-proxy' | 'proxy-tls' | 'target-tls';
  #current: { destroy(error: Error): unknown } | undefined;
  readonly #tell: ((hop: Hop) => void) | undefined;
  #peer: ErrorParams & { notAfterMs?: number } = {};
  /** Whose certificate has expired, where it is not the other end's own. */
  #ended: ErrorParams = {};

  constructor(options: ConnectorOptions, end: Address, tell?: (hop: Hop) => void) {
    this.#options = options;
    this.#end = end;
    this.#tell = tell;
    this.#step = options.tunnelThrough !== undefined || options.endIsProxy === true ? 'reach-proxy' : 'reach-target';
    this.#timer = setTimeout(() => this.#current?.destroy(this.#timeout()), options.timeoutMs);
  }

  /** What the other end of the last handshake showed. */
  get peer(): ErrorParams & { notAfterMs?: number } {
    return this.#peer;
  }

  /** Waits for `run`, and gives its failure a name. */
  async conclude<T>(run: Promise<T>): Promise<T> {
    try {
      return await run;
    } catch (error) {
      throw this.#explain(error);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** From here on its errors are someone else's to hear. */
  letGo(socket: Socket): void {
    socket.off('error', this.#hear);
  }

  /** Resolves with a byte stream to the target, through the proxy if there is one. */
  async reach(): Promise<Socket> {
    const { unixSocket, tunnelThrough: proxy } = this.#options;
    if (unixSocket !== undefined) {
      const opened = await this.#open(connectTcp({ path: unixSocket }));
      this.#gone('socket', () => ({ path: unixSocket }));
      return opened;
    }
    if (proxy === undefined) return this.#dial(this.#end, this.#options.endIsProxy === true);
    const { signIns, leg } = this.#options;
    if (signIns?.mayAsk(proxy) === false) throw proxyRefusal(leg, 407, { proxy: proxy.label, host: this.#end.host });
    let socket = await this.#dial(proxy, true);
    if (proxy.secure) {
      this.#step = 'proxy-tls';
      ({ socket } = await this.secure(socket, proxy.host, this.#options.proxySecureContext, undefined));
    }
    this.#step = 'ask-proxy';
    const through = await (proxy.kind === 'socks5' ? this.#askSocks(proxy, socket) : this.#askProxy(proxy, socket));
    signIns?.accepted(proxy);
    this.#gone('proxy-consent', () => ({ proxy: proxy.label, target: hostPort(this.#end.host, this.#end.port) }));
    return through;
  }

  async #dial({ host, port }: Address, isProxy: boolean): Promise<Socket> {
    const { dialer, allowsAddress, leg } = this.#options;
    const allowed = (addresses: readonly LookupAddress[]): readonly LookupAddress[] => {
      if (allowsAddress === undefined || isProxy) return addresses;
      const kept = addresses.filter(({ address }) => allowsAddress(address));
      if (kept.length > 0) return kept;
      throw new TunnelError('address_refused', leg, { host, address: addresses[0]?.address ?? 'no address' });
    };
    const dial = dialer.open(
      host,
      port,
      (addresses) => this.#gone(isProxy ? 'proxy-name' : 'name', () => ({ host, addresses: [...addresses] })),
      allowed,
    );
    this.#current = dial;
    const socket = await dial.socket;
    this.#current = socket;
    socket.on('error', this.#hear);
    this.#gone(isProxy ? 'proxy-connect' : 'connect', () => ({
      target: hostPort(host, port),
      address: hostPort(socket.remoteAddress ?? host, socket.remotePort ?? port),
    }));
    return socket;
  }

  #gone(step: Hop['step'], facts: () => Facts): void {
    this.#tell?.({ step, facts: facts() });
  }

  /** TLS over `socket`. Resolves once the certificate is verified; `session` may then be offered again. */
  async secure(
    socket: Socket,
    host: string,
    secureContext: SecureContext | undefined,
    session: Buffer | undefined,
  ): Promise<{ socket: TLSSocket; session: Buffer | undefined }> {
    if (this.#step !== 'proxy-tls') this.#step = this.#options.endIsProxy === true ? 'proxy-tls' : 'target-tls';
    const secured = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ...(secureContext && { secureContext }),
      ...(session && { session }),
      ALPNProtocols: ['http/1.1'],
    });
    // A refusal after the handshake comes as an error and then as an end; undici would tell of the end alone.
    secured.on('error', (error: Error) => secured.destroy(error));
    let fresh: Buffer | undefined;
    const keep = (next: Buffer): void => void (fresh = next);
    secured.on('session', keep);
    // Not documented for TLSSocket, and only looked at to say more: here the certificate can be read before it is refused.
    secured.prependListener('secure', () => {
      const certificate = secured.getPeerCertificate(true);
      this.#peer = describePeer(certificate);
      this.#ended = endedAuthority(certificate, Date.now());
    });
    await this.#open(secured, 'secureConnect');
    secured.off('session', keep);
    this.#gone(this.#step === 'proxy-tls' ? 'proxy-tls' : 'tls', () => ({
      ...(this.#peer as Facts),
      ...describeChain(secured.getPeerCertificate(true)),
      protocol: secured.getProtocol() ?? '',
    }));
    return { socket: secured, session: fresh };
  }

  #explain(error: unknown): TunnelError {
    const { leg, tunnelThrough: proxy } = this.#options;
    const target = { host: this.#end.host, address: hostPort(this.#end.host, this.#end.port) };
    const through = proxy ? { proxy: proxy.label } : {};
    const unix = this.#options.unixSocket === undefined ? {} : { path: this.#options.unixSocket };
    const plain = toTunnelError(error, leg);
    if (error instanceof TunnelError) return error;
    const { detail = 'unknown' } = plain.params;
    if (plain.code === 'tls_client_certificate' && this.#step === 'target-tls') {
      const { clientSubject: subject } = this.#options;
      return new TunnelError(plain.code, leg, {
        detail,
        ...target,
        ...through,
        ...(subject !== undefined && { subject }),
      });
    }
    switch (this.#step) {
      case 'reach-proxy':
      case 'ask-proxy':
        return new TunnelError('proxy_unreachable', leg, { proxy: this.#proxyLabel(), detail }, { cause: error });
      case 'proxy-tls':
        return new TunnelError(
          'proxy_tls',
          leg,
          { proxy: this.#proxyLabel(), ...this.#peer, detail },
          { cause: error },
        );
      case 'target-tls':
        return new TunnelError(
          plain.code,
          leg,
          {
            detail,
            ...this.#peer,
            ...(plain.code === 'tls_expired' && this.#ended),
            ...target,
            ...through,
            ...unix,
          },
          { cause: error },
        );
      case 'reach-target':
        return new TunnelError(plain.code, leg, { detail, ...target, ...unix }, { cause: error });
    }
  }

  #timeout(): TunnelError {
    const { leg, timeoutMs, tunnelThrough: proxy } = this.#options;
    const seconds = Math.round(timeoutMs / 100) / 10;
    const target = { host: this.#end.host, address: hostPort(this.#end.host, this.#end.port), seconds };
    switch (this.#step) {
      case 'reach-proxy':
      case 'proxy-tls':
        return new TunnelError('proxy_unreachable', leg, { proxy: this.#proxyLabel(), detail: 'ETIMEDOUT', seconds });
      case 'ask-proxy':
        return new TunnelError('proxy_timeout', leg, { ...target, proxy: this.#proxyLabel() });
      case 'reach-target':
      case 'target-tls':
        return new TunnelError('connect_timeout', leg, { ...target, ...(proxy && { proxy: proxy.label }) });
    }
  }

  #proxyLabel(): string {
    return this.#options.tunnelThrough?.label ?? hostPort(this.#end.host, this.#end.port);
  }

  /** Waits for `ready` and leaves no listener behind. */
  #open<S extends Socket>(socket: S, ready: 'connect' | 'secureConnect' = 'connect'): Promise<S> {
    this.#current = socket;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        socket.off(ready, done).off('error', failed).off('close', closed);
      };
      const done = (): void => {
        settle();
        socket.on('error', this.#hear);
        resolve(socket);
      };
      const failed = (error: Error): void => {
        settle();
        socket.on('error', () => undefined).destroy();
        reject(error);
      };
      const closed = (): void => failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
      socket.once(ready, done).once('error', failed).once('close', closed);
    });
  }

  #askProxy(proxy: Proxy, socket: Socket): Promise<Socket> {
    const { leg } = this.#options;
    const authority = hostPort(this.#end.host, this.#end.port);
    this.#current = socket;
    return new Promise((resolve, reject) => {
      const asking = request({
        method: 'CONNECT',
        path: authority,
        headers: {
          host: authority,
          ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
        },
        createConnection: () => socket,
      });
      asking.once('connect', ({ statusCode = 0 }, tunnel: Socket, head) => {
        asking.off('error', reject);
        if (statusCode >= 200 && statusCode < 300) {
          if (head.length > 0) tunnel.unshift(head);
          resolve(tunnel);
          return;
        }
        tunnel.on('error', () => undefined).destroy();
        if (statusCode === 407) this.#options.signIns?.refused(proxy);
        reject(proxyRefusal(leg, statusCode, { proxy: proxy.label, host: this.#end.host, address: authority }));
      });
      asking.once('error', reject);
      asking.end();
    });
  }

  async #askSocks(proxy: Proxy, socket: Socket): Promise<Socket> {
    // Few need it: not loaded at start.
    const { SocksClient } = await import('socks');
    this.#current = socket;
    const { credentials } = proxy;
    const broken = new Promise<never>((_resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    });
    const asked = SocksClient.createConnection({
      proxy: {
        host: proxy.host,
        port: proxy.port,
        type: 5,
        ...(credentials && { userId: credentials.username, password: credentials.password }),
      },
      command: 'connect',
      destination: this.#end,
      existing_socket: socket,
      timeout: this.#options.timeoutMs,
    }).catch((error: unknown) => {
      socket.destroy();
      const code = error instanceof Error && socksSignIn.test(error.message) ? 'proxy_auth' : 'proxy_refused';
      if (code === 'proxy_auth') this.#options.signIns?.refused(proxy);
      throw new TunnelError(code, this.#options.leg, { proxy: proxy.label, host: this.#end.host }, { cause: error });
    });
    broken.catch(() => undefined);
    asked.catch(() => undefined);
    return (await Promise.race([asked, broken])).socket;
  }
}

/** How `socks` words a proxy that wants another user or password; it has no codes. */
const socksSignIn = /authentication/i;

/** What a proxy's own answer means: 407 asks for a sign-in, anything else is a refusal. */
export const proxyRefusal = (leg: Leg, status: number, where: ErrorParams): TunnelError =>
  new TunnelError(status === 407 ? 'proxy_auth' : 'proxy_refused', leg, { ...where, status });
