import { randomBytes } from 'node:crypto';
import { chmod, stat, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { TunnelError } from '../../shared/errors.ts';
import { parseListenAddress } from '../settings/process-settings.ts';
import { isLoopbackHost, refuse } from './guard.ts';
import type { Access, Handler, Listener } from './listener.ts';
import { createSessions } from './sessions.ts';

export interface HttpListenerOptions {
  /** `HOST:PORT` that was asked for; undefined = the default, which moves on to the next free port. */
  readonly address?: string | undefined;
  readonly unixSocket?: string | undefined;
  readonly allowRemoteUi?: boolean;
  /** Called when a handler throws something that is not for the caller. */
  readonly onFault?: (error: unknown, path: string) => void;
}

export interface HttpListener extends Listener {
  /** For the command line on this machine: a bearer token for `ui` paths. */
  readonly instanceToken: string;
  /** `/ui` with a token that works once, or undefined while not listening on TCP. */
  uiAddress(): string | undefined;
  /** Ends every browser session. */
  revokeSessions(): void;
}

export const defaultPort = 8090;
/** How many ports after the default one are tried. */
const portsTried = 100;

interface Mount {
  readonly path: string;
  readonly access: Access;
  readonly handler: Handler;
}

/** The listener for health, metrics, interface and API: one server, one guard, whatever is mounted. */
export function createHttpListener(options: HttpListenerOptions = {}): HttpListener {
  const asked = options.address === undefined ? undefined : parseListenAddress(options.address);
  if (options.address !== undefined && !asked) {
    throw new TunnelError('listen_failed', 'local', { address: options.address, detail: 'not HOST:PORT' });
  }
  const host = asked === undefined ? '127.0.0.1' : asked.host;
  const sessions = createSessions();
  const instanceToken = randomBytes(32).toString('base64url');
  const guard = {
    offLoopback: host === undefined || !isLoopbackHost(host.includes(':') ? `[${host}]` : host),
    unixSocket: options.unixSocket !== undefined,
    allowRemoteUi: options.allowRemoteUi ?? false,
    instanceToken,
    sessions,
  };
  let mounts: readonly Mount[] = [];
  let address: string | undefined;
  const server: Server = createServer(
    { keepAliveTimeout: 5_000 },
    (request, response) => void answer(request, response),
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const target = `http://localhost${request.url?.startsWith('/') === true ? request.url : '/'}`;
    const url = URL.canParse(target) ? new URL(target) : undefined;
    const mount =
      url &&
      mounts.find(({ path }) => url.pathname === path || url.pathname.startsWith(path === '/' ? '/' : `${path}/`));
    const entering = mount?.access === 'ui' && url?.searchParams.has('token') === true;
    // A path that is not there says no more to a foreign page than one that is.
    const refusal = refuse(request, mount?.access ?? 'local', entering, guard);
    if (refusal) return plain(response, refusal.status, refusal.reason);
    if (!url || !mount) return plain(response, 404, 'there is nothing here');
    if (entering) return enter(url, response);
    try {
      await mount.handler(request, response, url);
    } catch (error) {
      options.onFault?.(error, url.pathname);
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'Culvert could not answer this');
    }
  }

  /** Takes the one-time token out of the address and leaves a cookie in its place. */
  function enter(url: URL, response: ServerResponse): void {
    const cookie = sessions.exchange(url.searchParams.get('token') ?? '');
    if (cookie === undefined)
      return plain(response, 401, 'this address was used or has expired; ask Culvert for a new one');
    url.searchParams.delete('token');
    response.writeHead(303, {
      'Set-Cookie': cookie,
      Location: url.pathname + url.search,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    });
    response.end();
  }

  async function listenTcp(): Promise<void> {
    const moving = asked === undefined;
    for (let tries = 0; ; tries++) {
      try {
        await bind(server, { host, port: asked?.port ?? defaultPort + tries });
        break;
      } catch (cause) {
        const { code = 'unknown' } = cause as NodeJS.ErrnoException;
        if (code === 'EADDRINUSE' && moving && tries < portsTried) continue;
        throw code === 'EADDRINUSE'
          ? new TunnelError(
              'port_in_use',
              'local',
              { address: options.address ?? `127.0.0.1:${defaultPort}` },
              { cause },
            )
          : new TunnelError(
              'listen_failed',
              'local',
              { address: options.address ?? `127.0.0.1:${defaultPort}`, detail: code },
              { cause },
            );
      }
    }
    const bound = server.address();
    const port = typeof bound === 'object' && bound ? bound.port : 0;
    const any = host === undefined || host === '0.0.0.0' || host === '::';
    address = `http://${any ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async function listenUnix(path: string): Promise<void> {
    await removeStaleSocket(path);
    try {
      await bind(server, { path });
      await chmod(path, 0o600);
    } catch (cause) {
      const { code = 'unknown' } = cause as NodeJS.ErrnoException;
      throw new TunnelError(
        code === 'EADDRINUSE' ? 'port_in_use' : 'listen_failed',
        'local',
        { address: path, detail: code },
        { cause },
      );
    }
    address = `unix:${path}`;
  }

  return {
    instanceToken,
    get address() {
      return address;
    },
    mount(path, access, handler) {
      const mount: Mount = { path, access, handler };
      mounts = [...mounts, mount].sort((a, b) => b.path.length - a.path.length);
      return () => {
        mounts = mounts.filter((other) => other !== mount);
      };
    },
    listen: () => (options.unixSocket === undefined ? listenTcp() : listenUnix(options.unixSocket)),
    close: () =>
      new Promise((resolve) => {
        address = undefined;
        sessions.revoke();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    uiAddress: () => (address?.startsWith('http') === true ? `${address}/ui/?token=${sessions.issue()}` : undefined),
    revokeSessions: () => sessions.revoke(),
  };
}

export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}

function bind(server: Server, where: { host?: string | undefined; port?: number; path?: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A socket whose owner was killed: nobody answers on it. One that answers is left alone. */
async function removeStaleSocket(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isSocket() !== true) return;
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (!alive) await unlink(path).catch(() => undefined);
}
