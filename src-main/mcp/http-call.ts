import type { Dispatcher } from 'undici';
import { TunnelError } from '../../shared/errors.ts';
import type { HeaderList } from '../../shared/trace.ts';
import { isWellFormed } from '../json/structure.ts';
import { withoutBom } from '../json/bom.ts';
import { allocateMessage } from '../json/roomy.ts';
import { readMessage, type MessageSpans } from '../json/message.ts';
import { createSseReader, type SseEvent, type SseReader } from '../json/sse.ts';
import type { Lease } from '../network/routes.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { AnswerError, type AnswerHead, type ChannelAnswer } from '../call/channel.ts';
import { BodyDecoder, encodingOf, withoutEncoding } from './http-decoding.ts';
import { headerList, headerValue } from './http-headers.ts';
import type { Slotted } from '../base/in-flight.ts';
import { answerTo } from './same-id.ts';

/** A URL with what undici wants of it, worked out once. */
export interface HttpPlace {
  readonly url: URL;
  readonly origin: string;
  readonly path: string;
}

export const placeOf = (url: URL): HttpPlace => ({ url, origin: url.origin, path: url.pathname + url.search });

/** What is asked, and of whom an answer is expected. */
export interface HttpCallRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly place: HttpPlace;
  /** Flat, as undici takes them. */
  readonly headers: string[];
  readonly body?: Buffer;
  /** The body is wanted as it is, whatever it holds; redirects of a GET are told of, 301 to 303 too. */
  readonly wantsBody?: boolean;
  /** No response is waited for: the call lasts as long as the stream that the server opens. */
  readonly listens?: boolean;
  /** The server asks something itself, on the stream of this call. `bytes` is one well-formed JSON-RPC request. */
  readonly onServerRequest?: (bytes: Buffer, message: MessageSpans, head: AnswerHead) => void;
  /** A JSON-RPC request wants its response. With neither, status and headers are the whole answer. */
  readonly expects?:
    | {
        readonly bytes: Buffer;
        readonly message: MessageSpans;
        onNotification(bytes: Buffer, head: AnswerHead): void;
      }
    | undefined;
}

export interface HttpCallLimits {
  /** Of a JSON answer, or of one event of a stream, in bytes. */
  readonly maxMessageBytes: number;
}

/** What the server says in place of an answer: ask there (RFC 9110, 15.4). Only what may be asked again as it is. */
export interface Redirect {
  readonly redirect: URL;
  readonly head: AnswerHead;
}

/** The stream ended before the response, and said from where it can be taken up again (2025-11-25, "Resumability"). */
export interface Resume {
  readonly lastEventId: string;
  /** The pause that the server wants first, in milliseconds. */
  readonly retryMs: number | undefined;
  /** What it is if nothing can be taken up. */
  readonly failure: TunnelError;
}

/** How long a stream may go on after its response, so that the connection can be used again. */
const lingerMs = 1_000;
/** How much of a body nobody wants is read for the same reason. */
const drainBytes = 65_536;

export type Outcome = ChannelAnswer | Redirect | Resume;

export interface HttpCallParts {
  /** Released when the call has left its connection. */
  readonly lease: Lease;
  readonly request: HttpCallRequest;
  readonly limits: HttpCallLimits;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
}

/**
 * One HTTP request to a private server and its answer, on undici's handler of raw header buffers: the cheapest way in.
 * `resolve` gets the answer once it is complete, or for a stream once the response came; `reject` a `TunnelError`.
 */
export class HttpCall implements Dispatcher.DispatchHandler, Slotted {
  slot = -1;
  readonly #lease: Lease;
  readonly #request: HttpCallRequest;
  readonly #limits: HttpCallLimits;
  readonly #clock: Clock;
  readonly #cancellation: Cancellation;
  #unsubscribe: (() => void) | undefined;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #reject: (error: TunnelError) => void;
  #settled = false;
  #finished = false;
  #abort: ((error?: Error) => void) | undefined;
  #head: AnswerHead | undefined;
  #mode: 'message' | 'stream' | 'drain' = 'drain';
  #chunks: Buffer[] = [];
  #size = 0;
  #stream: SseReader | undefined;
  #decoder: BodyDecoder | undefined;
  #sawGarbage = false;
  #lastEventId: string | undefined;
  #retryMs: number | undefined;
  #stopLinger: (() => void) | undefined;

  constructor(
    { lease, request, limits, clock, cancellation }: HttpCallParts,
    resolve: (outcome: Outcome) => void,
    reject: (error: TunnelError) => void,
  ) {
    this.#lease = lease;
    this.#request = request;
    this.#limits = limits;
    this.#clock = clock;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#cancellation = cancellation;
  }

  /** Whether the server was asked and may still be working on it. */
  get wasSent(): boolean {
    return this.#abort !== undefined;
  }

  /** Ends the call from outside: the stream is closed. */
  fail(error: TunnelError): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
    this.#abort?.(error);
  }

  /** Sends the request, unless it is cancelled already. */
  send(): void {
    if (!this.#settled)
      this.#unsubscribe = this.#cancellation.onCancel((reason) =>
        this.fail(new TunnelError('cancelled', 'mcp-server', { reason })),
      );
    // the listener is called at once when it is cancelled already
    if (this.#settled) {
      this.#finish();
      return;
    }
    const { place, method, headers, body } = this.#request;
    try {
      const { origin, path } = place;
      this.#lease.dispatcher.dispatch({ origin, path, method, headers, body: body ?? null }, this);
    } catch (error) {
      this.onError(error);
    }
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#settled) abort();
    else this.#abort = abort;
  }

  onHeaders(status: number, raw: Buffer[]): boolean {
    if (status < 200) return true;
    const head = this.#headOf(status, headerList(raw));
    this.#head = head;
    const redirect = this.#redirectOf(head);
    if (redirect !== undefined) this.#done({ redirect, head });
    else if (this.#request.wantsBody === true) this.#mode = 'message';
    else if (this.#request.listens === true && status < 300 && isEventStream(head)) this.#openStream(head, undefined);
    else if (this.#request.expects === undefined) this.#done(head);
    else if (status < 300 && isEventStream(head)) this.#openStream(head, this.#request.expects);
    else this.#mode = 'message';
    return true;
  }

  onData(chunk: Buffer): boolean {
    const decoder = this.#mode === 'drain' ? undefined : this.#decoder;
    if (decoder === undefined) return this.#take(chunk);
    decoder.push(chunk);
    if (decoder.pendingBytes > this.#limits.maxMessageBytes) this.#tooLarge();
    return true;
  }

  #take(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#mode === 'stream') {
      if (this.#stream?.push(chunk) === false) this.#tooLarge();
    } else if (this.#mode === 'message') {
      if (this.#size > this.#limits.maxMessageBytes) this.#tooLarge();
      else this.#chunks.push(chunk);
    } else if (this.#size > drainBytes) this.#abort?.();
    return true;
  }

  onComplete(): void {
    this.#finish();
    if (this.#decoder !== undefined && !this.#settled) this.#decoder.end();
    else this.#complete();
  }

  #complete(): void {
    const { expects } = this.#request;
    if (this.#settled || this.#head === undefined) return;
    const head = this.#head;
    if (expects === undefined) {
      this.#done(this.#mode === 'stream' ? head : { ...head, body: this.#body() });
      return;
    }
    try {
      if (this.#mode === 'message') this.#done(this.#readMessage(head, expects));
      else if (this.#sawGarbage)
        throw new AnswerError('bad_json', head, { status: head.status, kind: 'malformed_json' });
      else throw new AnswerError('no_answer', head, { status: head.status, method: expects.message.method });
    } catch (error) {
      this.#end(this.#lease.explain(error));
    }
  }

  onError(error: unknown): void {
    this.#finish();
    this.#end(this.#lease.explain(error));
  }

  /** Over without the response: for good, or until the stream is taken up again. */
  #end(failure: TunnelError): void {
    const lastEventId = this.#lastEventId;
    if (lastEventId === undefined || failure.code === 'bad_json') this.fail(failure);
    else this.#done({ lastEventId, retryMs: this.#retryMs, failure });
  }

  #openStream(head: AnswerHead, expects: HttpCallRequest['expects']): void {
    this.#mode = 'stream';
    const onEvent = ({ event, id, data: raw }: SseEvent): void => {
      if (id !== undefined && id !== '') this.#lastEventId = id;
      // Servers keep streams alive with events of their own: only those of the standard's default type are MCP's.
      if (event !== undefined && event !== 'message') return;
      const data = withoutBom(raw);
      // A stream may open with an event that has only an id, to resume from.
      if (this.#settled || data.length === 0) return;
      const message = isWellFormed(data) ? readMessage(data) : undefined;
      if (message === undefined || message.kind === 'invalid') this.#sawGarbage = true;
      else if (message.kind === 'notification') expects?.onNotification(data, head);
      else if (message.kind === 'request') this.#request.onServerRequest?.(data, message, head);
      else if (message.kind === 'response' && expects !== undefined) {
        const body = answerTo(expects, { bytes: data, message });
        // An answer to something else is not ours, and is passed over.
        if (body !== undefined) this.#done({ status: head.status, headers: head.headers, body, message });
      }
    };
    this.#stream = createSseReader(this.#limits.maxMessageBytes, onEvent, (ms) => (this.#retryMs = ms));
  }

  /** The JSON-RPC response that the whole body is. From 400 up only an error response counts (protocol.md). */
  #readMessage(head: AnswerHead, expects: NonNullable<HttpCallRequest['expects']>): ChannelAnswer {
    const { status } = head;
    const bytes = withoutBom(this.#body());
    const failed = status < 200 || status >= 300;
    const reject = (code: 'bad_json' | 'not_an_answer' | 'no_answer', kind: string): never => {
      const params = { status, kind };
      if (status === 401) throw new AnswerError('auth_required', head, params);
      throw new AnswerError(failed ? 'http_status' : code, head, params);
    };
    if (bytes.length === 0) return reject('no_answer', 'response_body_missing');
    if (!isWellFormed(bytes)) return reject('bad_json', 'malformed_json');
    const message = readMessage(bytes);
    const body = message.kind === 'response' ? answerTo(expects, { bytes, message }) : undefined;
    if (failed && (body === undefined || !message.isError)) return reject('not_an_answer', 'invalid_mcp_error');
    if (body === undefined) return reject('not_an_answer', 'invalid_protocol_response');
    return { status, headers: head.headers, body, message };
  }

  #body(): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    if (this.#chunks.length < 2) return first;
    const body = allocateMessage(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) at += chunk.copy(body, at);
    return body;
  }

  #redirectOf({ status, headers }: AnswerHead): URL | undefined {
    const asIs = status === 307 || status === 308;
    if (!asIs && !(this.#request.wantsBody === true && status > 300 && status < 304)) return undefined;
    const location = headerValue(headers, 'location');
    return location !== undefined && URL.canParse(location, this.#request.place.url.href)
      ? new URL(location, this.#request.place.url)
      : undefined;
  }

  /** Bodies are asked for as they are; one that comes encoded all the same is decoded. */
  #headOf(status: number, headers: HeaderList): AnswerHead {
    const encoding = encodingOf(headers);
    if (encoding === undefined) return { status, headers };
    const head = { status, headers: withoutEncoding(headers) };
    const failed = (): void => {
      const params = { status, kind: 'malformed_json', detail: `Content-Encoding: ${encoding.slice(0, 40)}` };
      this.fail(new AnswerError('bad_json', head, params));
    };
    const onEnd = (): void => this.#complete();
    const onData = (chunk: Buffer): void => void this.#take(chunk);
    this.#decoder = BodyDecoder.for(encoding, { onData, onEnd, onError: failed });
    if (this.#decoder === undefined && this.#request.expects !== undefined) failed();
    return head;
  }

  #tooLarge(): void {
    const { maxMessageBytes: limit } = this.#limits;
    const params = { status: this.#head?.status ?? 0, kind: 'response_body_too_large', limit };
    this.fail(
      this.#head
        ? new AnswerError('body_too_large', this.#head, params)
        : new TunnelError('body_too_large', 'mcp-server', params),
    );
  }

  /** What comes after the answer is read for a moment, for the connection's sake. */
  #done(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settle();
    this.#resolve(outcome);
    if (this.#finished) return;
    this.#mode = 'drain';
    this.#size = 0;
    this.#stopLinger = this.#clock.after(lingerMs, () => this.#abort?.());
  }

  #settle(): void {
    this.#settled = true;
    this.#chunks = [];
    this.#decoder?.stop();
    this.#decoder = undefined;
    this.#unsubscribe?.();
  }

  #finish(): void {
    this.#finished = true;
    this.#stopLinger?.();
    this.#lease.release();
  }
}

function isEventStream({ headers }: AnswerHead): boolean {
  const type = headerValue(headers, 'content-type');
  return type !== undefined && type.trimStart().slice(0, 17).toLowerCase() === 'text/event-stream';
}
