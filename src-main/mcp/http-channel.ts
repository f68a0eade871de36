import { TunnelError } from '../../shared/errors.ts';
import type { HttpChannelConfig, Profile } from '../../shared/profile.ts';
import type { HeaderList } from '../../shared/trace.ts';
import type { ChannelState } from '../../shared/tunnel.ts';
import type { Lease, Purpose, Routes, Target } from '../network/routes.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import {
  AnswerError,
  type AnswerHead,
  type Channel,
  type ChannelAnswer,
  type ChannelRequest,
} from '../call/channel.ts';
import {
  HttpCall,
  placeOf,
  type HttpCallRequest,
  type HttpPlace,
  type Outcome,
  type Redirect,
  type Resume,
} from './http-call.ts';
import { headerValue, ownHeaders, requestHeaders, withoutCredentials } from './http-headers.ts';
import { withoutUnreachable } from './offered.ts';
import { HttpProbe } from './http-probe.ts';
import { InFlight } from '../base/in-flight.ts';
import { replyTo } from './server-request.ts';
import { SessionStreams, type StreamEnd } from './session-streams.ts';
import { StaticHeaders } from './static-headers.ts';

export interface HttpChannelDeps {
  readonly routes: Routes;
  readonly secrets: SecretResolver;
  readonly clock: Clock;
  /** Largest JSON answer, or event of a stream, in bytes. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

const maxRedirects = 5;
/** How often a stream that ends without its response is taken up again at the same place. */
const maxResumes = 5;
const defaultPauseMs = 1_000;
const shortestPauseMs = 100;
const longestPauseMs = 60_000;
/** How long the server has to take a `notifications/cancelled`. */
const cancelNoticeMs = 5_000;
/** How long it has to take the answer to a request of its own, and how many of them may be on their way. */
const replyMs = 10_000;
const mostReplies = 64;

/** A Streamable HTTP server behind a tunnel. Holds no MCP session of its own: whatever era a caller speaks passes. */
export function createHttpChannel(
  config: HttpChannelConfig,
  mcp: Pick<Profile['mcp'], 'extraHeaders' | 'discoveryExtraHeaders' | 'startupWaitMs'>,
  deps: HttpChannelDeps,
): Channel {
  return new HttpChannel(config, mcp, deps);
}

class HttpChannel implements Channel {
  readonly name: string;
  readonly transport = 'http';
  readonly target: string;
  readonly procAffinity = false;
  readonly stateless = false;
  readonly #url: URL;
  readonly #place: HttpPlace;
  readonly #route: Target;
  readonly #deps: HttpChannelDeps;
  readonly #headers: StaticHeaders;
  readonly #probe: HttpProbe;
  readonly #startupWaitMs: number;
  readonly #listeners = new Set<(state: ChannelState) => void>();
  readonly #calls = new InFlight<HttpCall>();
  #state: ChannelState;
  readonly #sessions: SessionStreams;
  #inFlight = 0;
  #replies = 0;
  #closed = false;

  constructor(
    config: HttpChannelConfig,
    mcp: Pick<Profile['mcp'], 'extraHeaders' | 'discoveryExtraHeaders' | 'startupWaitMs'>,
    deps: HttpChannelDeps,
  ) {
    this.name = config.name;
    this.#url = new URL(config.url);
    this.#place = placeOf(this.#url);
    this.target = describeTarget(this.#url, config.unixSocket);
    this.#route = { url: this.#url, name: config.name };
    this.#deps = deps;
    this.#headers = new StaticHeaders(config, mcp, deps.secrets);
    this.#startupWaitMs = config.name === 'main' ? mcp.startupWaitMs : 0;
    this.#state = { kind: 'idle', since: deps.clock.wall() };
    this.#sessions = new SessionStreams(deps.clock, (headers, cancellation) => this.#listen(headers, cancellation));
    this.#probe = new HttpProbe(deps.clock, {
      ask: (request, cancellation) => this.#probeOnce(request, cancellation),
      onOutcome: (state) => this.#setState(state),
    });
  }

  get state(): ChannelState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    if (this.#closed) return;
    this.#setState({ kind: 'starting', since: this.#deps.clock.wall() });
    await this.#probe.start(this.#startupWaitMs);
  }

  async send(request: ChannelRequest): Promise<ChannelAnswer> {
    const { message, bytes, headers, cancellation } = request;
    if (message.kind === 'batch') throw new TunnelError('batch_refused', 'mcp-server');
    const wantsResponse = message.kind === 'request';
    this.#inFlight += 1;
    try {
      // on the hot path every `await` that has nothing to wait for would show
      const statics = this.#headers.current ?? (await this.#headers.forCalls());
      const call: HttpCallRequest = {
        method: 'POST',
        place: this.#place,
        headers: requestHeaders(headers, statics),
        body: withoutUnreachable(bytes, message),
        expects: wantsResponse ? request : undefined,
        onServerRequest: (asked, its, head) => this.#answerServer(call, { bytes: asked, message: its }, head),
      };
      const answer = await this.#ask('mcp', call, cancellation, (cancelled) => this.#tellCancelled(request, cancelled));
      this.#sawSession(call, answer.status);
      return answer;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async terminate(headers: HeaderList, cancellation: Cancellation): Promise<ChannelAnswer> {
    const flat = requestHeaders(headers, await this.#headers.forCalls());
    const session = headerValue(headers, 'mcp-session-id');
    if (session !== undefined) this.#sessions.ended(session);
    return this.#ask('mcp', { method: 'DELETE', place: this.#place, headers: flat }, cancellation);
  }

  nudge(): void {
    this.#probe.nudge();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#probe.stop();
    this.#sessions.close();
    for (const call of this.#calls.all()) call.fail(new TunnelError('shutting_down', 'mcp-server'));
    this.#setState({ kind: 'stopped', since: this.#deps.clock.wall() });
    this.#listeners.clear();
    return Promise.resolve();
  }

  #ask(
    purpose: Purpose,
    request: HttpCallRequest,
    cancellation: Cancellation,
    onCancelled?: (cancelled: HttpCallRequest) => void,
  ): Promise<ChannelAnswer> {
    return this.#once(purpose, request, cancellation, onCancelled).then((outcome) =>
      isAnswer(outcome) ? outcome : this.#follow(purpose, request, outcome, cancellation, onCancelled),
    );
  }

  /** Goes where the server leads: to another place, or to the rest of a stream. */
  async #follow(
    purpose: Purpose,
    request: HttpCallRequest,
    first: Redirect | Resume,
    cancellation: Cancellation,
    onCancelled?: (cancelled: HttpCallRequest) => void,
  ): Promise<ChannelAnswer> {
    let next = request;
    let outcome: Outcome = first;
    let failure: TunnelError | undefined;
    let lastEventId: string | undefined;
    for (let hops = 0, resumes = 0; !isAnswer(outcome);) {
      if ('failure' in outcome) {
        // Servers that let callers poll close their streams on purpose: only standing still has a limit besides the call's own.
        resumes = outcome.lastEventId === lastEventId ? resumes + 1 : 0;
        if (resumes === maxResumes) throw outcome.failure;
        ({ failure, lastEventId } = outcome);
        await this.#pause(outcome.retryMs ?? defaultPauseMs, cancellation).catch((error: unknown) => {
          onCancelled?.(next);
          throw error;
        });
        next = resuming(request, lastEventId);
      } else {
        const { redirect, head } = outcome;
        // Arguments and answers that were meant for TLS must not go on without it, whoever says so.
        const isDowngrade = next.place.url.protocol === 'https:' && redirect.protocol === 'http:';
        if (isDowngrade)
          throw new AnswerError('redirect_unencrypted', head, { status: head.status, host: redirect.host });
        if (hops === maxRedirects || !/^https?:$/.test(redirect.protocol)) {
          throw new AnswerError('not_an_answer', head, {
            status: head.status,
            detail: 'redirect',
            kind: 'http_status',
          });
        }
        hops += 1;
        next = redirected(next, redirect);
      }
      outcome = await this.#once(purpose, next, cancellation, onCancelled).catch((error: unknown) => {
        // A stream that cannot be taken up again is what it was before: ended without its response.
        throw error instanceof TunnelError && error.code !== 'cancelled' && error.code !== 'shutting_down'
          ? (failure ?? error)
          : error;
      });
    }
    return outcome;
  }

  /** Rejects as the call does when it is cancelled meanwhile. */
  #pause(ms: number, cancellation: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.#deps.clock.after(Math.min(Math.max(ms, shortestPauseMs), longestPauseMs), () => {
        unsubscribe();
        resolve();
      });
      const unsubscribe = cancellation.onCancel((reason) => {
        stop();
        reject(new TunnelError('cancelled', 'mcp-server', { reason }));
      });
    });
  }

  #once(
    purpose: Purpose,
    request: HttpCallRequest,
    cancellation: Cancellation,
    onCancelled?: (cancelled: HttpCallRequest) => void,
  ): Promise<Outcome> {
    const { routes } = this.#deps;
    // A redirect may lead to another origin: that one has a route of its own.
    const isOwn = request.place === this.#place || request.place.origin === this.#place.origin;
    const target = isOwn ? this.#route : { url: request.place.url, name: this.name };
    const lease = routes.leaseNow(purpose, target);
    if (lease) return this.#exchange(purpose, lease, request, cancellation, onCancelled);
    return routes.dispatcherFor(purpose, target).then(
      (leased) => this.#exchange(purpose, leased, request, cancellation, onCancelled),
      (error: unknown) => {
        if (purpose === 'mcp') this.#sawFailure(error);
        throw error;
      },
    );
  }

  #exchange(
    purpose: Purpose,
    lease: Lease,
    request: HttpCallRequest,
    cancellation: Cancellation,
    onCancelled?: (cancelled: HttpCallRequest) => void,
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { clock, maxMessageBytes = 64 * 1024 * 1024 } = this.#deps;
      const answered = (outcome: Outcome): void => {
        this.#calls.delete(call);
        if (purpose === 'mcp') this.#sawServer();
        resolve(outcome);
      };
      const failed = (error: TunnelError): void => {
        this.#calls.delete(call);
        if (purpose === 'mcp') this.#sawFailure(error);
        if (call.wasSent && cancellation.reason !== undefined) onCancelled?.(request);
        reject(error);
      };
      const parts = { lease, request, limits: { maxMessageBytes }, clock, cancellation };
      const call = new HttpCall(parts, answered, failed);
      this.#calls.add(call);
      if (this.#closed) call.fail(new TunnelError('shutting_down', 'mcp-server'));
      call.send();
    });
  }

  /**
   * Up to 2025-11-25 a closed stream does not cancel a call: the server has to be told (specification, "Disconnection").
   * When the caller cancelled it itself, its own notification is on the way; `initialize` must not be cancelled.
   */
  #tellCancelled({ message, bytes, headers, cancellation }: ChannelRequest, request: HttpCallRequest): void {
    const id = message.ids.at(-1);
    if (this.#closed || cancellation.reason === 'cancelled' || id === undefined || message.method === 'initialize')
      return;
    if ((headerValue(headers, 'mcp-protocol-version') ?? '') >= '2026') return;
    const body = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":'),
      bytes.subarray(id.start, id.end),
      Buffer.from('}}'),
    ]);
    const limit = new Cancellation();
    const stop = this.#deps.clock.after(cancelNoticeMs, () => limit.cancel('deadline'));
    this.#ask('mcp', { method: 'POST', place: request.place, headers: request.headers, body }, limit)
      .catch(() => undefined)
      .finally(stop);
  }

  async #probeOnce(
    request: Omit<HttpCallRequest, 'headers' | 'place'> & { headers: HeaderList },
    cancellation: Cancellation,
  ) {
    const headers = requestHeaders(request.headers, await this.#headers.forDiscovery());
    return this.#ask('mcp-discovery', { ...request, place: this.#place, headers }, cancellation);
  }

  /** What a server asks itself, on the stream of a call or of a session, is answered by a POST of its own. */
  #answerServer(call: HttpCallRequest, asked: Parameters<typeof replyOf>[0], head: AnswerHead): void {
    // From 2026-07-28 on a server asks within its results, and a stream carries no requests.
    const isModern = (flatValue(call.headers, 'mcp-protocol-version') ?? '') >= '2026';
    if (isModern || this.#closed || this.#replies >= mostReplies) return;
    this.#replies += 1;
    const headers = ownHeaders(call.headers, headerValue(head.headers, 'mcp-session-id'));
    const limit = new Cancellation();
    const stop = this.#deps.clock.after(replyMs, () => limit.cancel('deadline'));
    this.#ask('mcp', { method: 'POST', place: call.place, headers, body: replyOf(asked) }, limit)
      .catch(() => undefined)
      .finally(() => {
        this.#replies -= 1;
        stop();
      });
  }

  #sawSession({ headers }: HttpCallRequest, status: number): void {
    const session = flatValue(headers, 'mcp-session-id');
    if (session === undefined) return;
    if (status === 404) this.#sessions.ended(session);
    else if (status < 300 && (flatValue(headers, 'mcp-protocol-version') ?? '') < '2026') {
      this.#sessions.used(session, headers);
    }
  }

  /** The stream of a session. Resolves once it is over. */
  async #listen(headers: readonly string[], cancellation: Cancellation): Promise<StreamEnd> {
    const { clock } = this.#deps;
    const from = clock.now();
    const listening: HttpCallRequest = {
      method: 'GET',
      place: this.#place,
      headers: listeningHeaders(headers),
      listens: true,
      onServerRequest: (bytes, message, head) => this.#answerServer(listening, { bytes, message }, head),
    };
    const outcome = await this.#once('mcp', listening, cancellation).catch(() => undefined);
    const isRefused = outcome !== undefined && (!isAnswer(outcome) || outcome.status >= 300);
    return isRefused ? 'refused' : { openMs: clock.now() - from };
  }

  /** Any HTTP answer proves that there is a server. */
  #sawServer(): void {
    if (this.#state.kind === 'ready' || this.#closed) return;
    this.#setState({ kind: 'ready', since: this.#deps.clock.wall() });
  }

  #sawFailure(error: unknown): void {
    if (this.#closed || !(error instanceof TunnelError)) return;
    if (error instanceof AnswerError) {
      this.#sawServer();
      return;
    }
    if (error.code === 'cancelled' || error.code === 'shutting_down' || this.#state.kind === 'starting') return;
    // A connection that ended in the middle says nothing about the next one.
    if (error.source === 'transport_closed' || error.source === 'protocol') return;
    this.#probe.watch(error);
  }

  #setState(state: ChannelState): void {
    this.#state = state;
    if (state.kind === 'ready') this.#probe.settle();
    for (const listener of this.#listeners) listener(state);
  }
}

const isAnswer = (outcome: Outcome): outcome is ChannelAnswer => 'status' in outcome;

const replyOf = ({ bytes, message }: Pick<ChannelRequest, 'bytes' | 'message'>): Buffer => replyTo(bytes, message);

/** First value in a flat list of headers; `key` in lower case. */
function flatValue(headers: readonly string[], key: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name.length === key.length && name.toLowerCase() === key) return headers[index + 1];
  }
  return undefined;
}

function listeningHeaders(headers: readonly string[]): string[] {
  const [, , , , ...kept] = ownHeaders(headers, undefined);
  return ['Accept', 'text/event-stream', ...kept];
}

/** Asks for the rest of a stream (2025-11-25, "Resumability and Redelivery"): nothing is done again. */
function resuming({ place, headers, expects, onServerRequest }: HttpCallRequest, lastEventId: string): HttpCallRequest {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!/^(?:accept|content-type|last-event-id)$/i.test(name)) kept.push(name, headers[index + 1] ?? '');
  }
  const own = ['Accept', 'text/event-stream', 'Last-Event-ID', lastEventId];
  return { method: 'GET', place, headers: [...kept, ...own], expects, ...(onServerRequest && { onServerRequest }) };
}

/** The same request at another place. On another origin it carries nothing that could be a credential. */
function redirected(request: HttpCallRequest, url: URL): HttpCallRequest {
  const place = placeOf(url);
  return place.origin === request.place.origin
    ? { ...request, place }
    : { ...request, place, headers: withoutCredentials(request.headers) };
}

/** URL without user, password, query and fragment: any of them may hold a secret. */
function describeTarget(url: URL, unixSocket: string | undefined): string {
  return unixSocket === undefined ? `${url.origin}${url.pathname}` : `unix:${unixSocket} ${url.pathname}`;
}
