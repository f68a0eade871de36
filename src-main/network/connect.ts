import { request } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { TunnelError, type ErrorParams, type Leg } from '../../shared/errors.ts';
import { describePeer } from './certificates.ts';
import { hostPort, toTunnelError } from './errors.ts';
import type { Proxy } from './proxy.ts';

export interface ConnectorOptions {
  readonly leg: Leg;
  /** For everything until the connection can carry a request: TCP, the proxy's consent, TLS. Milliseconds. */
  readonly timeoutMs: number;
  /** Dialled in place of the target's address. */
  readonly unixSocket?: string;
  /** Asked with CONNECT to lead on to the target; absent for a plain-HTTP target, whose proxy is dialled as if it were the target. */
  readonly tunnelThrough?: Proxy;
  /** Set when the connection's own end is a proxy that is spoken to in absolute form. */
  readonly endIsProxy?: boolean;
  /** Roots and client certificate for the target's TLS. */
  readonly secureContext?: SecureContext;
  /** Roots for the proxy's own TLS. */
  readonly proxySecureContext?: SecureContext;
}

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
    const end = { host: target.hostname, port: Number(target.port) || (target.protocol === 'https:' ? 443 : 80) };
    const attempt = new Attempt(options, end);
    const run = async (): Promise<Socket> => {
      const socket = await attempt.reach();
      if (target.protocol !== 'https:') return socket;
      const secured = await attempt.secure(socket, end.host, options.secureContext, session);
      session = secured.session ?? session;
      secured.socket.on('session', (next) => (session = next));
      return secured.socket;
    };
    run().then(
      (socket) => {
        attempt.finish();
        socket.setNoDelay(true);
        socket.setKeepAlive(true, 30_000);
        callback(null, socket);
      },
      (error: unknown) => {
        attempt.finish();
        callback(attempt.explain(error), null);
      },
    );
  };
}

/** One connection being made: knows how far it got, and what to blame when it fails or takes too long. */
class Attempt {
  readonly #options: ConnectorOptions;
  readonly #end: Address;
  readonly #timer: NodeJS.Timeout;
  #step: 'reach-target' | 'reach-proxy' | 'ask-proxy' | 'proxy-tls' | 'target-tls';
  #current: Socket | undefined;
  #peer: ErrorParams = {};

  constructor(options: ConnectorOptions, end: Address) {
    this.#options = options;
    this.#end = end;
    this.#step = options.tunnelThrough !== undefined || options.endIsProxy === true ? 'reach-proxy' : 'reach-target';
    this.#timer = setTimeout(() => this.#current?.destroy(this.#timeout()), options.timeoutMs);
  }

  finish(): void {
    clearTimeout(this.#timer);
  }

  /** Resolves with a byte stream to the target, through the proxy if there is one. */
  async reach(): Promise<Socket> {
    const { unixSocket, tunnelThrough: proxy } = this.#options;
    if (unixSocket !== undefined) return this.#open(connectTcp({ path: unixSocket }));
    if (proxy === undefined) return this.#open(connectTcp(this.#end));
    let socket = await this.#open(connectTcp({ host: proxy.host, port: proxy.port }));
    if (proxy.secure) {
      this.#step = 'proxy-tls';
      ({ socket } = await this.secure(socket, proxy.host, this.#options.proxySecureContext, undefined));
    }
    this.#step = 'ask-proxy';
    return this.#askProxy(proxy, socket);
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
    let fresh: Buffer | undefined;
    const keep = (next: Buffer): void => void (fresh = next);
    secured.on('session', keep);
    // Not documented for TLSSocket, and only looked at to say more: here the certificate can be read before it is refused.
    secured.prependListener('secure', () => (this.#peer = describePeer(secured.getPeerCertificate())));
    await this.#open(secured, 'secureConnect');
    secured.off('session', keep);
    return { socket: secured, session: fresh };
  }

  explain(error: unknown): TunnelError {
    const { leg, tunnelThrough: proxy } = this.#options;
    const target = { host: this.#end.host, address: hostPort(this.#end.host, this.#end.port) };
    const through = proxy ? { proxy: proxy.label } : {};
    const unix = this.#options.unixSocket === undefined ? {} : { path: this.#options.unixSocket };
    const plain = toTunnelError(error, leg);
    if (error instanceof TunnelError) return error;
    const { detail = 'unknown' } = plain.params;
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
          { detail, ...this.#peer, ...target, ...through, ...unix },
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
        agent: false,
      });
      asking.once('connect', ({ statusCode = 0 }, tunnel: Socket, head) => {
        asking.off('error', reject);
        if (statusCode >= 200 && statusCode < 300) {
          if (head.length > 0) tunnel.unshift(head);
          resolve(tunnel);
          return;
        }
        tunnel.on('error', () => undefined).destroy();
        reject(proxyRefusal(leg, statusCode, { proxy: proxy.label, host: this.#end.host, address: authority }));
      });
      asking.once('error', reject);
      asking.end();
    });
  }
}

/** What a proxy's own answer means: 407 asks for a sign-in, anything else is a refusal. */
export const proxyRefusal = (leg: Leg, status: number, where: ErrorParams): TunnelError =>
  new TunnelError(status === 407 ? 'proxy_auth' : 'proxy_refused', leg, { ...where, status });
