import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, EventName, EventPayload, Reply } from '../../shared/ipc.ts';
import { uiApiPath, uiClientHeader, uiEventsPath } from '../../shared/ui-transport.ts';
import type { Listener } from '../admin/listener.ts';
import type { Callers } from './callers.ts';
import { uiHeaders } from './csp.ts';
import { readUiFile } from './ui-files.ts';

const maxBodyBytes = 2 * 1024 * 1024;
const keepAliveMs = 15_000;
/** A page that does not read is let go rather than kept in memory. */
const maxUnreadBytes = 8 * 1024 * 1024;
const downloadTtlMs = 60_000;
/** How long a page may be without its event stream. */
const reconnectMs = 30_000;
const clientId = /^[0-9a-f-]{36}$/;

type Dispatch = (name: unknown, args: unknown, caller: Caller) => Promise<Reply<unknown>>;

/** A page. Its calls may come before its event stream does, and the stream may be opened again after a break. */
interface Page {
  readonly caller: Caller;
  stream: ServerResponse | undefined;
  gone: NodeJS.Timeout | undefined;
  readonly cleanUps: Set<() => void>;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...uiHeaders, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

const refuse = (response: ServerResponse, status: number, code: 'bad_request' | 'not_found' | 'not_allowed'): void =>
  answer(response, status, { ok: false, error: { code, leg: 'local', params: {} } } satisfies Reply<never>);

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * The browser's side of the contract, on the loopback listener: the UI's files, one event stream down, calls up by POST.
 * Host, Origin and the session are the listener's to check; the header of our own, the page's id, keeps other pages'
 * forms out.
 */
export class BrowserTransport {
  readonly #dispatch: Dispatch;
  readonly #callers: Callers;
  readonly #root: string;
  readonly #pages = new Map<string, Page>();
  readonly #downloads = new Map<string, { name: string; type: string; body: string | Buffer }>();

  /** @param root - folder of the built renderer */
  constructor(root: string, dispatch: Dispatch, callers: Callers) {
    this.#root = root;
    this.#dispatch = dispatch;
    this.#callers = callers;
  }

  mount(listener: Listener): () => void {
    return listener.mount('/ui', 'ui', (request, response, url) => this.handle(request, response, url));
  }

  /** A file that a browser fetches once, within a minute. Returns its path. */
  offer(name: string, type: string, body: string | Buffer): string {
    const key = randomBytes(16).toString('base64url');
    this.#downloads.set(key, { name, type, body });
    setTimeout(() => this.#downloads.delete(key), downloadTtlMs).unref();
    return `/ui/download/${key}`;
  }

  close(): void {
    for (const { stream } of this.#pages.values()) stream?.end();
  }

  /** Answers what was let in at `/ui` and below. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (url.pathname.startsWith(`${uiApiPath}/`)) return this.#call(request, response, url);
    if (request.method !== 'GET') return refuse(response, 405, 'bad_request');
    if (url.pathname === uiEventsPath) return this.#stream(request, response, url.searchParams.get('client') ?? '');
    if (url.pathname.startsWith('/ui/download/')) return this.#download(response, url);
    if (url.pathname === '/ui') {
      response.writeHead(308, { location: `/ui/${url.search}` }).end();
      return;
    }
    const file = await readUiFile(this.#root, url.pathname.slice('/ui'.length));
    if (!file) return refuse(response, 404, 'not_found');
    const immutable = url.pathname.startsWith('/ui/assets/');
    response.writeHead(200, {
      ...uiHeaders,
      'content-type': file.type,
      'cache-control': immutable ? 'private, max-age=31536000, immutable' : 'no-cache',
    });
    response.end(file.body);
  }

  async #call(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (request.method !== 'POST') return refuse(response, 405, 'bad_request');
    const client = request.headers[uiClientHeader.toLowerCase()];
    if (typeof client !== 'string' || !clientId.test(client)) return refuse(response, 403, 'not_allowed');
    const body = await readBody(request);
    if (body === undefined) return refuse(response, 413, 'bad_request');
    let args: unknown;
    try {
      args = body === '' ? undefined : JSON.parse(body);
    } catch {
      return refuse(response, 400, 'bad_request');
    }
    answer(
      response,
      200,
      await this.#dispatch(url.pathname.slice(uiApiPath.length + 1), args, this.#page(client, request).caller),
    );
  }

  #page(client: string, request: IncomingMessage): Page {
    const known = this.#pages.get(client);
    if (known) return known;
    const page: Page = {
      stream: undefined,
      gone: undefined,
      cleanUps: new Set(),
      caller: {
        id: client,
        host: 'browser',
        // the listener has checked it: only the command line sends one
        isCommandLine: request.headers.authorization !== undefined,
        send<N extends EventName>(event: N, payload: EventPayload<N>) {
          const { stream } = page;
          if (!stream) return;
          if (stream.writableLength > maxUnreadBytes) stream.destroy();
          else stream.write(`event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`);
        },
        onGone: (cleanUp) => void page.cleanUps.add(cleanUp),
      },
    };
    this.#pages.set(client, page);
    this.#callers.add(page.caller);
    this.#expire(client, page);
    return page;
  }

  /** A page without a stream is forgotten after a while: it was closed, or never opened one. */
  #expire(client: string, page: Page): void {
    clearTimeout(page.gone);
    page.gone = setTimeout(() => {
      this.#pages.delete(client);
      for (const cleanUp of page.cleanUps) cleanUp();
    }, reconnectMs).unref();
  }

  #stream(request: IncomingMessage, response: ServerResponse, client: string): void {
    if (!clientId.test(client)) return refuse(response, 400, 'bad_request');
    const page = this.#page(client, request);
    clearTimeout(page.gone);
    page.stream?.end();
    page.stream = response;
    response.writeHead(200, { ...uiHeaders, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(':\n\n');
    const alive = setInterval(() => response.write(':\n\n'), keepAliveMs);
    request.on('close', () => {
      clearInterval(alive);
      if (page.stream !== response) return;
      page.stream = undefined;
      this.#expire(client, page);
    });
  }

  #download(response: ServerResponse, url: URL): void {
    const key = url.pathname.slice('/ui/download/'.length);
    const file = this.#downloads.get(key);
    if (!file) return refuse(response, 404, 'not_found');
    this.#downloads.delete(key);
    response.writeHead(200, {
      ...uiHeaders,
      'content-type': file.type,
      'content-disposition': `attachment; filename="${file.name.replace(/[^\w.-]/g, '_')}"`,
      'cache-control': 'no-store',
    });
    response.end(file.body);
  }
}
