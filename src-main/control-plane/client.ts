import { TunnelError } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import { toTunnelError } from '../network/errors.ts';
import type { Lease, Routes, Target } from '../network/routes.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Clock } from '../base/clock.ts';
import { ByteBudget } from './byte-budget.ts';
import type { Command, Receipt } from '../call/command.ts';
import { readPollBody, type PollBody } from './commands.ts';
import { controlPlaneUrl } from '../network/control-plane-url.ts';
import { CredentialSource, type Credentials } from './credentials.ts';
import { Exchange, type ExchangeListener, type ExchangeRequest } from './exchange.ts';
import { ReadyConnections } from './ready-connections.ts';
import { requestHeaders, type ClientIdentity } from './request-headers.ts';
import { lastWordOf, type LastWord } from './last-word.ts';
import { parseRetryAfter } from './retry-after.ts';
import { foreignText, intercepted, statusError } from './status-error.ts';
import { withoutTrailing } from '../../shared/trim.ts';

export interface ControlPlaneOptions {
  readonly config: Profile['controlPlane'];
  readonly routes: Routes;
  readonly secrets: SecretResolver;
  readonly clock: Clock;
  readonly identity: ClientIdentity;
  /** The value of `X-Tunnel-MCP-Server-Info` as the channels are now. */
  readonly serverInfo: () => string | undefined;
  /** A key or a secret header was replaced through Culvert. */
  readonly onReplaced: () => void;
}

export type PollOutcome =
  | ({ readonly ok: true } & PollBody)
  /** `written`: the request may have reached the control plane. `body`: commands that came before it broke off. */
  | {
      readonly ok: false;
      readonly error: TunnelError;
      readonly retryAfterMs?: number;
      readonly written: boolean;
      readonly body?: PollBody;
    };

export interface PollListener {
  /** The headers of a 200 arrived; its commands count from here. */
  headers(): void;
  /** A chunk of the body arrived. */
  progress(): void;
  /** Exactly once, the last word. */
  done(outcome: PollOutcome): void;
}

/** `status` is absent when no answer came. */
export interface PostOutcome {
  readonly status?: number;
  readonly error?: TunnelError;
  readonly retryAfterMs?: number;
  readonly written: boolean;
}

export interface PostListener {
  progress(): void;
  done(outcome: PostOutcome): void;
}

/** A request that is under way. */
export interface Pending {
  /** Whether it has a connection: before that nothing can have reached the control plane. */
  readonly written: boolean;
  /** Ends it; its listener is told at once. */
  abort(error: TunnelError): void;
}

/** The service's own words about a tunnel. */
export interface TunnelMetadata {
  readonly id?: string;
  readonly name?: string;
  readonly description?: string;
}

/**
 * What all polls of the process may be reading at once. Neither the protocol nor the reference, which reads on to the end, has a
 * largest answer; this is 10 MiB for each of the 25 commands that one may bring, and less than a process dies of. One poll
 * alone may have all of it.
 */
const pollBytes = new ByteBudget(256 * 1024 * 1024);

/**
 * The HTTP client of one tunnel's control plane (protocol.md): polls, responses and metadata. It knows headers, routes and
 * how answers are named, and nothing of when to try again.
 */
export class ControlPlaneClient {
  readonly #options: ControlPlaneOptions;
  readonly #credentials: CredentialSource;
  readonly #url: URL;
  readonly #origin: string;
  /** Never one pool for both: long polls would take the connections that are kept for answers. */
  readonly #polls: Target;
  readonly #posts: Target;
  readonly #path: string;
  readonly #postPath: string;
  readonly #channels: string;
  readonly #ready: ReadyConnections;
  #headersFor: Credentials | undefined;
  #headersInfo: string | undefined;
  #headers: readonly string[] = [];
  #postHeaders: readonly string[] = [];
  #lastWord: (() => LastWord) | undefined;

  constructor(options: ControlPlaneOptions) {
    const { config, secrets, clock, onReplaced } = options;
    this.#options = options;
    this.#ready = new ReadyConnections(clock, (count) => this.warm(count));
    this.#credentials = new CredentialSource(config, secrets, clock, onReplaced);
    this.#url = controlPlaneUrl(config);
    this.#origin = this.#url.origin;
    this.#polls = { url: this.#url, pool: 'poll' };
    this.#posts = { url: this.#url, pool: 'response' };
    this.#path = `${withoutTrailing(this.#url.pathname, '/')}/v1/tunnels/${encodeURIComponent(config.tunnelId)}`;
    this.#postPath = `${this.#path}/response`;
    const channels = [...new Set(config.pollChannels ?? [])].sort();
    this.#channels = channels.map((channel) => `channel=${encodeURIComponent(channel)}&`).join('');
  }

  /** What the control plane answered last to a poll, or to an answer that it did not take. */
  get lastWord(): LastWord | undefined {
    return this.#lastWord?.();
  }

  /** `GET …/poll`; `limit` 1 to 25, `timeoutMs` how long the service may hold it. */
  poll(limit: number, timeoutMs: number, listener: PollListener): Pending {
    const { clock, config } = this.#options;
    const path = `${this.#path}/poll?${this.#channels}limit=${limit}&timeout_ms=${Math.max(1, Math.round(timeoutMs))}`;
    let receipt: Receipt | undefined;
    const exchange: Exchange = new Exchange(
      {
        headers: (status) => {
          receipt = { now: clock.now(), wall: clock.wall() };
          if (status === 200) listener.headers();
        },
        progress: () => listener.progress(),
        end: (status, body, header) => {
          if (status !== 200) this.#heard('poll', status, 0, body, header);
          if (status === 204) return listener.done({ ok: true, commands: [], skipped: [] });
          if (status !== 200)
            return listener.done({ ok: false, written: true, ...this.#refusal(status, body, header) });
          const read = readPollBody(body, receipt ?? { now: clock.now(), wall: clock.wall() });
          this.#heard('poll', status, read.commands.length + read.skipped.length, body, header);
          const form = read.isForeign ? 'json' : read.brokenAt === undefined ? undefined : foreignText(body);
          if (form === undefined && read.brokenAt === undefined) return listener.done({ ok: true, ...read });
          const error = form
            ? intercepted(status, config.tunnelId, form)
            : new TunnelError('bad_poll_body', 'control-plane', { detail: `byte ${read.brokenAt ?? 0}` });
          listener.done({ ok: false, error, written: true, body: read });
        },
        fail: (cause, body) => {
          const written = exchange.written;
          const error = this.#networkError(cause);
          if (receipt === undefined) return listener.done({ ok: false, error, written });
          // The service counts a command as delivered once it has sent it: those that came whole are served.
          const read = readPollBody(body, receipt);
          const cut =
            error.code === 'closed_early' || error.code === 'connect_reset'
              ? new TunnelError('poll_cut', 'control-plane', {
                  ...error.params,
                  bytes: body.length,
                  tunnelId: config.tunnelId,
                })
              : error;
          listener.done({ ok: false, error: cut, written, body: read });
        },
      },
      pollBytes,
    );
    const request = () => ({ origin: this.#origin, path, method: 'GET' as const, headers: this.#headers });
    // never from within the answer to another poll: its connection is not free yet, and one more would be opened
    void this.#send(this.#polls, exchange, request);
    return exchange;
  }

  /** `POST …/response` with a body from `envelope.ts`. The shard token goes into the header only. */
  post(command: Command, body: Buffer, listener: PostListener): Pending {
    this.#ready.taken();
    const exchange: Exchange = new Exchange({
      headers: () => undefined,
      progress: () => listener.progress(),
      end: (status, answer, header) => {
        this.#ready.given();
        if (status >= 200 && status < 300) return listener.done({ status, written: true });
        this.#heard('answer', status, 0, answer, header);
        listener.done({ status, written: true, ...this.#refusal(status, answer, header) });
      },
      fail: (cause) => {
        this.#ready.given();
        listener.done({ error: this.#networkError(cause), written: exchange.written });
      },
    });
    const request = () => ({
      origin: this.#origin,
      path: this.#postPath,
      method: 'POST' as const,
      headers: [...this.#postHeaders, 'X-Tunnel-Shard-Token', command.shardToken],
      body,
    });
    const credentials = this.#credentials.current;
    const lease = credentials && this.#options.routes.leaseNow('control-plane', this.#posts);
    if (lease) this.#sendNow(credentials, lease, exchange, request);
    else void this.#send(this.#posts, exchange, request);
    return exchange;
  }

  /** `GET /v1/tunnels/{id}`. Rejects with `TunnelError`; a 404 is `tunnel_not_found`. */
  metadata(timeoutMs: number): Promise<TunnelMetadata> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const finish = (error: TunnelError | undefined, metadata: TunnelMetadata = {}): void => {
        stopTimer();
        if (error) reject(error);
        else resolve(metadata);
      };
      const listener: ExchangeListener = {
        headers: () => undefined,
        progress: () => undefined,
        end: (status, body, header) => {
          if (status !== 200) return finish(this.#refusal(status, body, header).error);
          const metadata = readMetadata(body);
          const { tunnelId } = this.#options.config;
          if (metadata) finish(undefined, metadata);
          else finish(intercepted(status, tunnelId, foreignText(body) ?? 'json'));
        },
        fail: (cause) => finish(this.#networkError(cause)),
      };
      const exchange = new Exchange(listener);
      const stopTimer = clock.after(timeoutMs, () =>
        exchange.abort(new TunnelError('timed_out', 'control-plane', { seconds: Math.round(timeoutMs / 1_000) })),
      );
      void this.#send(this.#posts, exchange, () => ({
        origin: this.#origin,
        path: this.#path,
        method: 'GET',
        headers: this.#headers,
      }));
    });
  }

  /** Answers are about to be posted: `count` connections should be open when they are. */
  warm(count: number): void {
    const { routes } = this.#options;
    const warm = (lease: Lease): void => {
      lease.warm?.(count);
      lease.release();
    };
    const lease = routes.leaseNow('control-plane', this.#posts);
    if (lease) return warm(lease);
    // The request that needs it will say why.
    routes.dispatcherFor('control-plane', this.#posts).then(warm, () => undefined);
  }

  close(): void {
    this.#ready.close();
    this.#credentials.close();
  }

  /** A lease for each request, so that the one after a rotation gets the new connection settings and the old pool can drain. */
  async #send(target: Target, exchange: Exchange, request: () => ExchangeRequest): Promise<void> {
    try {
      const credentials = this.#credentials.current ?? (await this.#credentials.resolve());
      const lease = await this.#options.routes.dispatcherFor('control-plane', target);
      this.#sendNow(credentials, lease, exchange, request);
    } catch (error) {
      exchange.onError(error);
    }
  }

  #sendNow(credentials: Credentials, lease: Lease, exchange: Exchange, request: () => ExchangeRequest): void {
    exchange.onOver(() => lease.release());
    this.#refreshHeaders(credentials);
    exchange.send(lease.dispatcher, request());
  }

  #refreshHeaders(credentials: Credentials): void {
    const info = this.#options.serverInfo();
    if (this.#headersFor === credentials && this.#headersInfo === info) return;
    this.#headersFor = credentials;
    this.#headersInfo = info;
    const { identity, config } = this.#options;
    this.#headers = requestHeaders(identity, config, credentials.apiKey, info, credentials.extra);
    this.#postHeaders = [...this.#headers, 'Content-Type', 'application/json'];
  }

  #heard(
    to: LastWord['to'],
    status: number,
    commands: number,
    body: Buffer,
    header: (name: string) => string | undefined,
  ): void {
    const answer = { at: this.#options.clock.wall(), to, status, commands, bytes: body.length };
    // of commands nothing is shown but how many there were, and nothing of them is kept
    const kept = commands > 0 ? undefined : { header, body: Buffer.from(body.subarray(0, mostKeptBytes)) };
    let made: LastWord | undefined;
    this.#lastWord = () => (made ??= lastWordOf(answer, kept?.body, kept?.header));
  }

  #refusal(
    status: number,
    body: Buffer,
    header: (name: string) => string | undefined,
  ): { error: TunnelError; retryAfterMs?: number } {
    if (status === 401 || status === 403) this.#credentials.forget();
    const after = header('retry-after');
    const retryAfterMs = after === undefined ? undefined : parseRetryAfter(after, this.#options.clock.wall());
    const error = statusError(status, body, this.#options.config.tunnelId, retryAfterMs);
    return retryAfterMs === undefined ? { error } : { error, retryAfterMs };
  }

  #networkError(cause: unknown): TunnelError {
    return toTunnelError(cause, 'control-plane', { address: this.#url.host });
  }
}

/** Of an answer, to show it. */
const mostKeptBytes = 8_192;

/** `undefined` for what no control plane says of a tunnel: it names the id. */
function readMetadata(body: Buffer): TunnelMetadata | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(parsed, name);
    return typeof value === 'string' ? value : undefined;
  };
  const [id, name, description] = [text('id'), text('name'), text('description')];
  if (id === undefined) return undefined;
  return { id, ...(name && { name }), ...(description && { description }) };
}
