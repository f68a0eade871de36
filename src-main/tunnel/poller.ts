import { TunnelError } from '../../shared/errors.ts';
import type { ControlPlaneClient, Pending, PollOutcome } from '../control-plane/client.ts';
import type { PollBody } from '../control-plane/commands.ts';
import { backoffMs, oddAnswerWaitMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { CutDetector } from './cut-detector.ts';
import { StallTimer } from './stall-timer.ts';

export interface PollerOptions {
  readonly client: Pick<ControlPlaneClient, 'poll'>;
  readonly clock: Clock;
  /** Asked of the service for every poll, in milliseconds. */
  readonly timeoutMs: number;
  /** The same as long as none was answered. Default 1 s. */
  readonly initialTimeoutMs?: number | undefined;
  /** On top of it, before a poll is given up. */
  readonly guardrailMs: number;
  /** Least time between two polls that came back empty at once. */
  readonly intervalMs: number;
  /** How many long polls may overlap. */
  readonly maxPolls: number;
  /** The way to the control plane and back, in milliseconds; Infinity when it is not known. */
  readonly roundTripMs: () => number;
  /** Room in the queue. */
  readonly free: () => number;
  readonly deliver: (body: PollBody) => void;
  readonly succeeded: () => void;
  /** `refusals`: how many answers in a row refused the key or the tunnel id. */
  readonly failed: (error: TunnelError, attempt: number, waitMs: number, refusals: number) => void;
  readonly cut: (cut: { cutAfterMs: number; waitMs: number }) => void;
}

/** The service's own limit. */
const mostCommands = 25;
const orderPatienceMs = 250;
const failureBaseMs = 500;
const failureCapMs = 30_000;
/** A proxy that refuses the password counts, and locks the account: from the second refusal on it is asked once a minute. */
const proxyPasswordWaitMs = 60_000;
/**
 * Until one was answered, polls ask to be held this long only: that a poll is taken proves nothing, since whatever takes
 * requests and never answers takes polls as well.
 */
const proofMs = 1_000;
/** A service may hold a poll for longer than it was asked to; it gets this long at most to prove itself. */
const proofPatienceMs = 30_000;
/** An empty poll that comes back sooner than this, however long the way, did not wait. */
const atOnceMs = 1_000;
/** With the control plane so near nothing is gained by overlapping polls: one brings together what several would bring singly. */
const nearMs = 3;

interface Poll {
  readonly sentAt: number;
  /** How long the service was asked to hold it, in milliseconds. */
  readonly waitMs: number;
  /** It asks for an answer soon, since there has been none. */
  readonly proving: boolean;
  /** Commands that it may bring: room that others must not count on. */
  reserved: number;
  pending: Pending | undefined;
  stall: StallTimer | undefined;
  hasHeaders: boolean;
  headersAfterMs: number;
  body: PollBody | undefined;
}

/** The control plane, or what stands before it, has answered, or there is nothing to ask with. All else is a failure of the network. */
const isAnswered: ReadonlySet<TunnelError['code']> = new Set([
  'unauthorized',
  'forbidden',
  'tunnel_not_found',
  'redirected',
  'unexpected_status',
  'intercepted',
  'rate_limited',
  'control_plane_error',
  'key_missing',
  'key_is_admin',
  'header_invalid',
]);

/** Answers about the key or the tunnel id: when they repeat, a person must act. */
const isRefusal: ReadonlySet<TunnelError['code']> = new Set(['unauthorized', 'forbidden', 'tunnel_not_found']);

/**
 * Long polls, one when it is quiet, several while answers keep coming non-empty and early: as soon as an answer's headers
 * arrive the next poll goes out, so that at any distance a burst costs one round trip (docs/wire.md).
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #out = new Set<Poll>();
  /** Polls whose headers have come, in that order, until their commands are delivered. */
  readonly #arrived: Poll[] = [];
  #cuts: CutDetector;
  /** How many polls should wait for their headers. */
  #wanted = 1;
  /** Failures since the last good poll: all, those of the network, those that were an answer, and refusals in a row. */
  #attempt = 0;
  #networkFailures = 0;
  #oddAnswers = 0;
  #refusals = 0;
  #proxyRefusals = 0;
  #failedAt = -Infinity;
  #running = false;
  /** A poll was answered since the start, the last failure, or the last change of the way. */
  #proved = false;
  /** Monotonic time before which no poll goes out, and before which not even a person can make one. */
  #notBefore = 0;
  #hardNotBefore = 0;
  #stopRetry: (() => void) | undefined;
  #stopPatience: (() => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#cuts = new CutDetector(options.timeoutMs);
  }

  /** Polls that wait for their headers. */
  get out(): number {
    let out = 0;
    for (const poll of this.#out) if (!poll.hasHeaders) out++;
    return out;
  }

  start(): void {
    this.#running = true;
    this.fill();
  }

  /**
   * No more polls. Those whose headers have not come are aborted; the others are read to their end, since the service
   * counts their commands as delivered. Resolves when nothing is out.
   */
  stop(): Promise<void> {
    this.#running = false;
    this.#stopRetry?.();
    this.#abortWaiting();
    if (this.#out.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#idle = resolve));
  }

  /** Gives up what `stop` still reads; commands that came whole are delivered. */
  abort(): void {
    const over = new TunnelError('shutting_down', 'local');
    for (const poll of [...this.#out]) poll.pending?.abort(over);
  }

  /** One immediate try of what waits for a retry. A `Retry-After` is never overridden. */
  nudge(): void {
    this.#notBefore = Math.min(this.#notBefore, this.#hardNotBefore);
    this.fill();
  }

  /** After sleep or a change of network: connections may be dead without saying so, and the way may be another. */
  restart(): void {
    this.#abortWaiting();
    this.#cuts = new CutDetector(this.#options.timeoutMs);
    this.#proved = false;
    this.nudge();
  }

  /** Sends the polls that should be out. To be called whenever room in the queue grows. */
  fill(): void {
    if (!this.#running) return;
    const { clock } = this.#options;
    const wait = this.#notBefore - clock.now();
    if (wait > 0) {
      this.#stopRetry?.();
      this.#stopRetry = clock.after(wait, () => {
        this.#stopRetry = undefined;
        this.fill();
      });
      return;
    }
    const out = this.#options.maxPolls === 1 ? this.#out.size : this.out;
    for (let missing = this.#wanted - out; missing > 0; missing--) {
      const room = this.#options.free() - this.#reserved;
      if (room <= 0) return;
      // what is there is shared among those that are still to go, so that one does not keep the others from going
      this.#send(Math.min(mostCommands, Math.ceil(room / missing)));
    }
  }

  get #reserved(): number {
    let reserved = 0;
    for (const poll of this.#out) reserved += poll.reserved;
    return reserved;
  }

  #send(limit: number): void {
    const { client, clock, guardrailMs, initialTimeoutMs } = this.#options;
    const proving = !this.#proved;
    const longMs = this.#cuts.waitMs;
    const waitMs = proving ? (initialTimeoutMs ?? Math.min(longMs, proofMs)) : longMs;
    const poll: Poll = {
      sentAt: clock.now(),
      waitMs,
      proving,
      reserved: limit,
      pending: undefined,
      stall: undefined,
      hasHeaders: false,
      headersAfterMs: 0,
      body: undefined,
    };
    this.#out.add(poll);
    const limitMs = (proving ? Math.max(waitMs, Math.min(longMs, proofPatienceMs)) : longMs) + guardrailMs;
    // a body may be long: it is given up only when nothing comes any more
    poll.stall = new StallTimer(clock, limitMs, () =>
      poll.pending?.abort(
        new TunnelError('timed_out', 'control-plane', { request: 'poll', seconds: Math.round(limitMs / 1000) }),
      ),
    );
    poll.pending = client.poll(limit, waitMs, {
      headers: () => this.#headers(poll),
      progress: () => poll.stall?.moved(),
      done: (outcome) => this.#done(poll, outcome),
    });
  }

  #headers(poll: Poll): void {
    poll.hasHeaders = true;
    poll.headersAfterMs = this.#options.clock.now() - poll.sentAt;
    this.#arrived.push(poll);
    this.fill();
  }

  #done(poll: Poll, outcome: PollOutcome): void {
    poll.stall?.stop();
    if (!this.#out.has(poll)) return;
    const body = outcome.ok ? outcome : outcome.body;
    if (poll.hasHeaders) {
      poll.body = body ?? { commands: [], skipped: [] };
      this.#deliverInOrder();
    } else {
      this.#over(poll);
    }
    if (!this.#running) return this.#settle();
    if (outcome.ok) this.#succeeded(poll, outcome);
    else this.#failed(poll, outcome);
    this.fill();
  }

  #succeeded(poll: Poll, body: PollBody): void {
    const { clock, intervalMs } = this.#options;
    const age = clock.now() - poll.sentAt;
    this.#attempt = this.#networkFailures = this.#oddAnswers = this.#refusals = this.#proxyRefusals = 0;
    this.#proved = true;
    // another poll may have been told to wait: its `Retry-After` holds for all
    this.#notBefore = this.#hardNotBefore;
    this.#cuts.survived(age);
    if (body.commands.length === 0) {
      this.#wanted = 1;
      const soon = poll.proving ? poll.waitMs / 2 : atOnceMs;
      if (intervalMs > 0 && age < soon) this.#wait(clock.now() + intervalMs - age);
    } else if (clock.now() >= this.#hardNotBefore && poll.headersAfterMs < poll.waitMs) {
      this.#wanted = this.#options.roundTripMs() < nearMs ? 1 : Math.min(this.#options.maxPolls, this.#wanted + 1);
    }
    this.#options.succeeded();
  }

  #failed(poll: Poll, { error, retryAfterMs }: Extract<PollOutcome, { ok: false }>): void {
    const { clock } = this.#options;
    this.#wanted = 1;
    if (retryAfterMs !== undefined) {
      this.#hardNotBefore = Math.max(this.#hardNotBefore, clock.now() + retryAfterMs);
      this.#wait(this.#hardNotBefore);
    }
    // one that asked for an answer at once was not closed for being quiet
    const cut = poll.proving ? undefined : this.#cuts.closed(error, clock.now() - poll.sentAt, clock.now());
    if (cut === 'again') return;
    if (cut) return this.#options.cut(cut);
    // several polls that were out together fail together: that is one failure
    if (poll.sentAt < this.#failedAt) return;
    this.#failedAt = clock.now();
    this.#attempt++;
    this.#proved = false;
    this.#wait(Math.max(clock.now() + this.#backoffMs(error), this.#hardNotBefore));
    this.#options.failed(error, this.#attempt, this.#notBefore - clock.now(), this.#refusals);
  }

  /** Counts each kind of failure for itself: an odd answer after an outage is the first of its kind. */
  #backoffMs({ code }: TunnelError): number {
    const random = (): number => this.#options.clock.random();
    if (isAnswered.has(code)) {
      this.#refusals = isRefusal.has(code) ? this.#refusals + 1 : 0;
      return oddAnswerWaitMs(++this.#oddAnswers, random);
    }
    if (code === 'proxy_auth' && ++this.#proxyRefusals > 1) return proxyPasswordWaitMs;
    if (code === 'proxy_auth') return oddAnswerWaitMs(1, random);
    return backoffMs(++this.#networkFailures, random, failureBaseMs, failureCapMs);
  }

  #wait(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  /** Commands go on in the order in which their polls' headers arrived; a later answer waits only so long for an earlier one. */
  #deliverInOrder(): void {
    this.#stopPatience?.();
    this.#stopPatience = undefined;
    while (this.#arrived[0]?.body) this.#deliver(this.#arrived[0]);
    const complete = this.#arrived.find(({ body }) => body !== undefined);
    if (!complete) return;
    this.#stopPatience = this.#options.clock.after(orderPatienceMs, () => {
      for (const poll of [...this.#arrived]) if (poll.body) this.#deliver(poll);
      this.fill();
    });
  }

  #deliver(poll: Poll): void {
    this.#arrived.splice(this.#arrived.indexOf(poll), 1);
    this.#over(poll);
    if (poll.body) this.#options.deliver(poll.body);
    this.#settle();
  }

  #over(poll: Poll): void {
    poll.reserved = 0;
    this.#out.delete(poll);
  }

  #abortWaiting(): void {
    const gone = new TunnelError('cancelled', 'control-plane');
    for (const poll of [...this.#out]) {
      if (poll.hasHeaders) continue;
      // told before it is aborted, so that its end is no failure
      poll.stall?.stop();
      this.#over(poll);
      poll.pending?.abort(gone);
    }
  }

  #settle(): void {
    if (this.#running || this.#out.size > 0) return;
    this.#idle?.();
    this.#idle = undefined;
  }
}
