import type { Dispatcher } from 'undici';
import { TunnelError } from '../../shared/errors.ts';
import { ByteBudget } from './byte-budget.ts';

/** A request of the control plane's and whatever comes back, told as it happens. Exactly one of `end` and `fail` is called, and nothing after it. */
export interface ExchangeListener {
  headers(status: number): void;
  /** Something moved: a chunk was received or sent. */
  progress(): void;
  end(status: number, body: Buffer, header: (name: string) => string | undefined): void;
  /** `body` is what had come of it by then. */
  fail(error: unknown, body: Buffer): void;
}

export interface ExchangeRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: readonly string[];
  readonly body?: Buffer;
}

/** What answers a response or a question is a few hundred bytes. */
const mostAnswerBytes = 1024 * 1024;

const nothing: Buffer = Buffer.alloc(0);

/**
 * One HTTP exchange on undici's `dispatch`, without a promise, a stream or an AbortSignal. It never follows a redirect and
 * has no timeouts: time is the caller's business.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #listener: ExchangeListener;
  readonly #budget: ByteBudget;
  #size = 0;
  #abort: ((error?: Error) => void) | undefined;
  #over = false;
  #written = false;
  #status = 0;
  #headers: readonly Buffer[] = [];
  #first: Buffer | undefined;
  #chunks: Buffer[] | undefined;
  #release: (() => void) | undefined;

  /** A body that `budget` has no room for is a failure, `body_too_large`; it has the room again once the exchange is over. */
  constructor(listener: ExchangeListener, budget = new ByteBudget(mostAnswerBytes)) {
    this.#listener = listener;
    this.#budget = budget;
  }

  /** Whether a byte may have reached the other end: false means that repeating it is safe. */
  get written(): boolean {
    return this.#written;
  }

  /** Calls `release` once nothing of the exchange is left on a connection. */
  onOver(release: () => void): void {
    if (this.#over) release();
    else this.#release = release;
  }

  send(dispatcher: Dispatcher, request: ExchangeRequest): void {
    if (this.#over) return;
    const { origin, path, method, headers, body } = request;
    try {
      // undici only reads the list
      const list = headers as string[];
      dispatcher.dispatch(
        { origin, path, method, headers: list, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 },
        this,
      );
    } catch (error) {
      this.onError(error);
    }
  }

  /** Ends it from this side; the listener is told unless it is over. The connection is closed when the request is on its way. */
  abort(error: Error): void {
    this.onError(error);
    this.#abort?.(error);
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    if (this.#over) abort(new Error('aborted'));
    else this.#written = true;
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200 || this.#over) return true;
    this.#status = status;
    this.#headers = headers;
    this.#listener.headers(status);
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (!this.#budget.take(chunk.length)) {
      this.abort(new TunnelError('body_too_large', 'control-plane', { limit: this.#budget.limit }));
      return true;
    }
    this.#size += chunk.length;
    if (this.#first === undefined) this.#first = chunk;
    else (this.#chunks ??= [this.#first]).push(chunk);
    this.#listener.progress();
    return true;
  }

  onBodySent(): void {
    if (!this.#over) this.#listener.progress();
  }

  onComplete(): void {
    if (this.#over) return;
    this.#end();
    this.#listener.end(this.#status, this.#body(), (name) => this.#header(name));
  }

  onError(error: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#listener.fail(error, this.#body());
  }

  #end(): void {
    this.#over = true;
    this.#budget.give(this.#size);
    this.#release?.();
  }

  #body(): Buffer {
    return this.#chunks ? Buffer.concat(this.#chunks) : (this.#first ?? nothing);
  }

  #header(name: string): string | undefined {
    for (let index = 0; index + 1 < this.#headers.length; index += 2) {
      if (this.#headers[index]?.toString('latin1').toLowerCase() === name) {
        return this.#headers[index + 1]?.toString('latin1');
      }
    }
    return undefined;
  }
}
