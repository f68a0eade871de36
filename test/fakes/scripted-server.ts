import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { patienceMs } from '../support/patience.ts';

/** End the socket here, in the middle of whatever was being sent (FIN). */
export const CUT = Symbol('cut');
/** Reset the socket here (RST). */
export const RESET = Symbol('reset');
/** Send nothing more and keep the socket open until the peer or the fake closes it. */
export const STALL = Symbol('stall');

/** Part of a body: bytes, or something to wait for, or a way to end badly. Each part of bytes is written on its own. */
export type Piece = string | Buffer | Promise<unknown> | typeof CUT | typeof RESET | typeof STALL;

/** What to answer to one request. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  /** As given, `content-length` included: a wrong one is sent as it is. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer | readonly Piece[];
  /** Headers go out when this settles. */
  readonly after?: Promise<unknown>;
  /** Instead of all of the above: these pieces go onto the socket as they are, head and all. */
  readonly raw?: readonly Piece[];
}

/** One request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Names and values in the order and the spelling of the wire. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** `performance.now()` at the headers and at the end of the body. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Numbered from 1 in the order in which connections were accepted. */
  readonly connection: number;
  /** Settles when the connection under this request closed before the answer was complete. */
  readonly aborted: Promise<void>;
  readonly isAborted: () => boolean;
  readonly clientCertificate: string | undefined;
}

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  /** Ask for, and check against this authority, a client certificate. */
  readonly clientCa?: string;
}

export interface ServerOptions {
  readonly tls?: TlsFiles;
  /** Listen on a Unix socket instead of a loopback port. */
  readonly socketPath?: string;
}

const readAll = async (stream: Readable): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const pairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]);

/** Writes pieces one after the other. False: the connection was ended, or given up, on the way. */
async function writePieces(pieces: readonly Piece[], write: (bytes: Buffer) => void, socket: Socket): Promise<boolean> {
  for (const piece of pieces) {
    if (piece === STALL) return false;
    if (piece === CUT) {
      socket.end();
      socket.destroySoon();
      return false;
    }
    if (piece === RESET) {
      socket.resetAndDestroy();
      return false;
    }
    if (piece instanceof Promise) await piece;
    else {
      write(Buffer.from(piece as string));
      // A turn of the loop between pieces: they leave as packets of their own.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return true;
}

async function send(answer: Answer, response: ServerResponse): Promise<void> {
  const socket = response.socket;
  if (!socket) return;
  if (answer.after) await answer.after;
  if (answer.raw) {
    if (await writePieces(answer.raw, (bytes) => socket.write(bytes), socket)) socket.end();
    return;
  }
  const headers = Object.entries(answer.headers ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [name, value] : value.flatMap((one) => [name, one]),
  );
  const body = answer.body ?? '';
  const status = answer.status ?? 200;
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const bytes = Buffer.from(body as string);
    const hasLength = Object.keys(answer.headers ?? {}).some((name) => name.toLowerCase() === 'content-length');
    if (!hasLength && status !== 204) headers.push('content-length', String(bytes.length));
    response.writeHead(status, headers);
    response.end(bytes);
    return;
  }
  response.writeHead(status, headers);
  response.flushHeaders();
  if (await writePieces(body, (bytes) => response.write(bytes), socket)) response.end();
}

/**
 * A loopback HTTP server that answers as a script says and remembers all that it was asked. It listens from `start` to
 * `close`; `down` and `up` in between are an outage on the same address.
 */
export class ScriptedServer {
  readonly requests: RecordedRequest[] = [];
  /** Connections accepted so far. */
  connections = 0;
  url = '';
  readonly #options: ServerOptions;
  readonly #answer: (request: RecordedRequest) => Answer | Promise<Answer>;
  readonly #sockets = new Map<Socket, number>();
  #watchers = new Set<() => void>();
  #server: Server;
  #port = 0;

  constructor(options: ServerOptions, answer: (request: RecordedRequest) => Answer | Promise<Answer>) {
    this.#options = options;
    this.#answer = answer;
    this.#server = this.#create();
  }

  #create(): Server {
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    const { tls } = this.#options;
    const server = tls
      ? createTlsServer(
          {
            key: tls.key,
            cert: tls.cert,
            ca: tls.clientCa,
            requestCert: !!tls.clientCa,
            rejectUnauthorized: !!tls.clientCa,
          },
          listener,
        )
      : createServer(listener);
    // Time limits of its own would be faults that nobody scripted.
    server.keepAliveTimeout = 600_000;
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.connections += 1;
      this.#sockets.set(socket, this.connections);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    return server;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      if (this.#options.socketPath === undefined) this.#server.listen(this.#port, '127.0.0.1', resolve);
      else this.#server.listen(this.#options.socketPath, resolve);
    });
    if (this.#options.socketPath === undefined) {
      this.#port = (this.#server.address() as AddressInfo).port;
      this.url = `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
    } else this.url = 'http://localhost';
    return this;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections open now. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Ends every open connection at once, and goes on listening. */
  dropConnections(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Nobody listens on the address until `up`. */
  async down(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  async up(): Promise<void> {
    this.#server = this.#create();
    await this.start();
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.down();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const socket = message.socket;
    let ended = false;
    const aborted = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (response.writableFinished) return;
        ended = true;
        resolve();
      });
    });
    let body: Buffer;
    try {
      body = await readAll(message);
    } catch {
      return; // the caller went away in the middle of its request
    }
    const url = new URL(message.url ?? '/', 'http://fake');
    const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
    const recorded: RecordedRequest = {
      method: message.method ?? '',
      url: message.url ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(
        Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
      ),
      rawHeaders: pairs(message.rawHeaders),
      body,
      startedAt,
      endedAt: performance.now(),
      connection: this.#sockets.get(socket) ?? 0,
      aborted,
      isAborted: () => ended,
      clientCertificate: (peer as { CN?: string } | undefined)?.CN,
    };
    this.requests.push(recorded);
    const answer = this.#answer(recorded);
    this.changed();
    await send(await answer, response);
  }

  /** Wakes what waits in `until`: called for every request, and by fakes for whatever else they let a test wait for. */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves with the first value of `look` that is not undefined, looked for now and at each change. */
  async until<T>(what: string, look: () => T | undefined, ms = patienceMs): Promise<T> {
    const now = look();
    if (now !== undefined) return now;
    return new Promise<T>((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
      };
      const watcher = (): void => {
        const found = look();
        if (found === undefined) return;
        finish();
        resolve(found);
      };
      const timer = setTimeout(() => {
        finish();
        const seen = this.requests.map((request) => `${request.method} ${request.url}`);
        reject(new Error(`${what}: not seen within ${ms} ms; requests: ${seen.slice(-20).join(', ') || 'none'}`));
      }, ms);
      this.#watchers.add(watcher);
    });
  }

  /** The n-th request (from 0) that `match` accepts, now or when it comes. */
  async request(match: (request: RecordedRequest) => boolean, n = 0, ms?: number): Promise<RecordedRequest> {
    return this.until(`request ${n}`, () => this.requests.filter(match)[n], ms);
  }
}
