import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { makeCertificate, type Certificate } from '../support/certificates.ts';

export interface ProxyOptions {
  /** TLS to the proxy itself. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** `user:password`; anything else gets 407. */
  readonly auth?: string;
  /** Answers everything with this status. */
  readonly refuse?: number;
  /** Takes requests and never answers them. */
  readonly stall?: boolean;
  /** Ends a tunnel or a connection on which nothing happened for so long. */
  readonly idleMs?: number;
  /** Opens TLS on the way, with a certificate of this authority for whatever host was asked for. */
  readonly intercept?: Certificate;
  /** Where a name leads: tests reach `*.test` hosts without any name service. */
  readonly resolve?: (host: string) => string;
}

/** One thing that a proxy was asked. */
export interface ProxiedRequest {
  readonly kind: 'connect' | 'forward';
  /** `host:port` of a CONNECT, the URL of a request in absolute form. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

/** A real forward proxy on loopback: CONNECT and absolute form, with the faults that companies' proxies have. */
export class FakeProxy {
  readonly requests: ProxiedRequest[] = [];
  connections = 0;
  /** How many tunnels and connections were ended for being idle. */
  idleEnded = 0;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those of `#sockets` that clients opened. */
  readonly #accepted = new WeakSet<Socket>();

  constructor(options: ProxyOptions = {}) {
    this.#options = options;
    this.#server = options.tls ? createTlsServer(options.tls) : createServer();
    this.#server.on(options.tls ? 'secureConnection' : 'connection', () => {
      this.connections += 1;
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#accepted.add(socket);
      this.#track(socket);
    });
    this.#server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#connect(request, socket, head),
    );
    this.#server.on('request', (request, response) => {
      this.#record('forward', request);
      // an HTTP server lifts the limit of a connection that is used again
      if (this.#options.idleMs !== undefined) request.socket.setTimeout(this.#options.idleMs);
      const refusal = this.#refusal(request);
      if (refusal === undefined) return;
      if (refusal > 0) {
        response.writeHead(refusal, refusal === 407 ? { 'proxy-authenticate': 'Basic' } : {}).end('refused by proxy');
        return;
      }
      const headers = { ...request.headers };
      for (const own of ['proxy-authorization', 'proxy-connection']) Reflect.deleteProperty(headers, own);
      const url = new URL(request.url ?? '');
      const onward = httpRequest(
        {
          host: this.#resolve(url.hostname),
          port: url.port,
          path: url.pathname + url.search,
          method: request.method,
          headers,
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
          answer.pipe(response);
        },
      );
      onward.on('error', () => response.writeHead(502).end('no way on'));
      // Who asked is gone: so is the reason to wait.
      response.on('close', () => onward.destroy());
      request.pipe(onward);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** Ends every connection of its clients, as for being idle. Resolves when they have closed their ends too. */
  async hangUp(): Promise<void> {
    const accepted = [...this.#sockets].filter((socket) => this.#accepted.has(socket));
    await Promise.all(accepted.map((socket) => new Promise((resolve) => socket.once('close', resolve).end())));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #resolve(host: string): string {
    return this.#options.resolve?.(host) ?? host;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    if (this.#options.idleMs !== undefined && !(socket instanceof TLSSocket)) {
      socket.setTimeout(this.#options.idleMs, () => {
        this.idleEnded += 1;
        socket.destroy();
      });
    }
  }

  #record(kind: ProxiedRequest['kind'], request: IncomingMessage): void {
    this.requests.push({
      kind,
      target: request.url ?? '',
      authorization: request.headers['proxy-authorization'],
      host: request.headers.host,
    });
  }

  /** 0: let it through. Undefined: say nothing. */
  #refusal({ headers }: IncomingMessage): number | undefined {
    const { auth, refuse, stall } = this.#options;
    if (stall === true) return undefined;
    if (refuse !== undefined) return refuse;
    const expected = auth === undefined ? undefined : `Basic ${Buffer.from(auth).toString('base64')}`;
    return expected === undefined || headers['proxy-authorization'] === expected ? 0 : 407;
  }

  #connect(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#record('connect', request);
    const refusal = this.#refusal(request);
    if (refusal === undefined) return;
    if (refusal > 0) {
      socket.end(`HTTP/1.1 ${refusal} No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const at = request.url?.lastIndexOf(':') ?? 0;
    const host = request.url?.slice(0, at).replace(/^\[|\]$/g, '') ?? '';
    const port = Number(request.url?.slice(at + 1));
    const onward = connect({ host: this.#resolve(host), port }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (this.#options.intercept) this.#intercept(this.#options.intercept, host, socket, onward);
      else {
        if (head.length > 0) onward.write(head);
        onward.pipe(socket).pipe(onward);
      }
    });
    this.#track(onward);
    onward.on('error', () => socket.end('HTTP/1.1 502 No way on\r\nContent-Length: 0\r\n\r\n'));
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }

  #intercept(issuer: Certificate, host: string, socket: Socket, onward: Socket): void {
    const { key, cert } = makeCertificate({ commonName: host, hosts: [host], issuer });
    const inner = new TLSSocket(socket, { isServer: true, key, cert });
    const outer = connectTls({ socket: onward, rejectUnauthorized: false });
    for (const one of [inner, outer]) this.#track(one);
    inner.pipe(outer).pipe(inner);
  }
}

/** A SOCKS5 proxy (RFC 1928): no sign-in, or user and password (RFC 1929). */
export class FakeSocks {
  readonly targets: string[] = [];
  readonly #server: TcpServer;
  readonly #sockets = new Set<Socket>();

  constructor(options: { readonly auth?: string; readonly refuse?: boolean } = {}) {
    this.#server = createTcpServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      void this.#serve(socket, options);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(socket: Socket, options: { readonly auth?: string; readonly refuse?: boolean }): Promise<void> {
    const next = (): Promise<Buffer> => new Promise((resolve) => socket.once('data', resolve));
    await next();
    socket.write(Buffer.from([5, options.auth === undefined ? 0 : 2]));
    if (options.auth !== undefined) {
      const signIn = await next();
      const userEnd = 2 + (signIn[1] ?? 0);
      const given = `${signIn.toString('utf8', 2, userEnd)}:${signIn.toString('utf8', userEnd + 1)}`;
      socket.write(Buffer.from([1, given === options.auth ? 0 : 1]));
      if (given !== options.auth) return void socket.end();
    }
    const asked = await next();
    const [, , , type = 1, length = 0] = asked;
    const host = type === 3 ? asked.toString('utf8', 5, 5 + length) : [...asked.subarray(4, 8)].join('.');
    const port = asked.readUInt16BE(asked.length - 2);
    this.targets.push(`${host}:${port}`);
    if (options.refuse === true) return void socket.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]));
    const onward = connect({ host: '127.0.0.1', port }, () => {
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      onward.pipe(socket).pipe(onward);
    });
    this.#sockets.add(onward);
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }
}
