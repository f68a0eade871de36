import { TunnelError } from '../../shared/errors.ts';
import type { ControlPlaneClient, Pending, PostOutcome } from '../control-plane/client.ts';
import type { Command } from '../call/command.ts';
import { responseBody, tooLargeInstead, type ResponseParts } from '../control-plane/envelope.ts';
import { readMessage } from '../json/message.ts';
import type { CallEvents } from '../call/events.ts';
import { backoffMs, oddAnswerWaitMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { StallTimer } from './stall-timer.ts';

export interface ResponderOptions {
  readonly client: Pick<ControlPlaneClient, 'post'>;
  readonly clock: Clock;
  readonly events: CallEvents;
  /** An answer was taken: the round trip in milliseconds. */
  readonly posted: (roundTripMs: number) => void;
  /** The control plane refused the key for an answer, not for the first time; it is tried again in so many milliseconds. */
  readonly refused: (error: TunnelError, waitMs: number) => void;
}

const retryBaseMs = 100;
const retryCapMs = 5_000;
/** A post on which nothing moves for so long is given up and tried again; of a large one nothing is seen until it is sent. */
const stallMs = 15_000;
const slowestBytesPerMs = 32;
/** Notifications of one call that wait for their turn; of more, progress is dropped first. */
const mostNotifications = 64;
/** What a notification that must be tried again may cost the answer behind it: so many tries, or so long a wait. */
const triesAheadOfAnswer = 3;
const waitAheadOfAnswerMs = 2_000;

const retriedStatus: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** How posting an answer ended. `gone`: the service no longer waits (404), which is an end like any other. */
export type Delivery = 'taken' | 'gone' | 'refused' | 'cancelled';

type Done = (delivery: Delivery, error?: TunnelError, status?: number) => void;

interface Queued {
  readonly bytes: Buffer;
  readonly parts: ResponseParts;
  /** Looked at only when there is no room. */
  isProgress?: boolean;
}

/** A call's notifications on their way: in order, one at a time, never in the way of the server. */
interface Outbox {
  readonly waiting: Queued[];
  posting: boolean;
  /** One was lost: the later ones are skipped, the answer is still sent. */
  lost: boolean;
  whenEmpty: (() => void) | undefined;
  /** Gives up the notification that waits for its next try, when that takes longer than an answer may be held up. */
  giveUp: (() => void) | undefined;
}

/** Posts answers and notifications with the retries that protocol.md allows, and stops at a call's end. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #outboxes = new Map<Command, Outbox>();
  /** Answers that were refused and wait for their next try: how to try them now, or to let them be. */
  readonly #refused = new Set<(givenUp: boolean) => void>();
  /** Whether this control plane knows `resp_timing`: an older one refuses an answer with a member that it does not know. */
  #timing: 'unknown' | 'known' | 'refused' = 'unknown';
  #stopping = false;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** Takes a notification; never waits. */
  notify(command: Command, parts: ResponseParts): void {
    const bytes = parts.json ?? Buffer.alloc(0);
    let outbox = this.#outboxes.get(command);
    if (!outbox) {
      outbox = { waiting: [], posting: false, lost: false, whenEmpty: undefined, giveUp: undefined };
      this.#outboxes.set(command, outbox);
      command.cancellation.onCancel(() => this.#outboxes.delete(command));
    }
    let dropped = outbox.lost;
    if (!dropped && outbox.waiting.length >= mostNotifications) {
      const oldest = outbox.waiting.findIndex(
        (queued) => (queued.isProgress ??= readMessage(queued.bytes).method === 'notifications/progress'),
      );
      if (oldest >= 0) outbox.waiting.splice(oldest, 1);
      else dropped = true;
    }
    this.#options.events.notified(command, bytes, dropped);
    if (dropped) return;
    outbox.waiting.push({ bytes, parts });
    this.#postNext(command, outbox);
  }

  /**
   * Posts the one terminal answer, after the call's notifications. `done` is called once, with how that ended; with an error
   * although it was taken: the service found it too large and has got a small error in its place.
   */
  answer(command: Command, parts: ResponseParts, done: Done): void {
    const outbox = this.#outboxes.get(command);
    const settled: Done = (delivery, error) => {
      if (delivery !== 'refused' || !isTooLarge(error) || parts.type !== 'jsonrpc_response')
        return done(delivery, error);
      const small = responseBody(command, tooLargeInstead(command, parts));
      this.#post(command, small, undefined, (instead) => done(instead, error));
    };
    const post = (): void => {
      this.#outboxes.delete(command);
      if (parts.timing !== undefined && this.#timing !== 'known') this.#postWithTiming(command, parts, settled);
      else this.#post(command, responseBody(command, parts), undefined, settled);
    };
    if (!outbox || outbox.lost || (!outbox.posting && outbox.waiting.length === 0)) return post();
    outbox.whenEmpty = post;
    outbox.giveUp?.();
  }

  /** Until one answer with `resp_timing` was taken: one that is refused for it is posted without it, and so are the later ones. */
  #postWithTiming(command: Command, parts: ResponseParts, done: Done): void {
    const plain = (): void =>
      this.#post(command, responseBody(command, { ...parts, timing: undefined }), undefined, done);
    if (this.#timing === 'refused') return plain();
    this.#post(command, responseBody(command, parts), undefined, (delivery, error, status) => {
      if (delivery === 'taken') this.#timing = 'known';
      if (delivery !== 'refused' || this.#timing === 'known' || !mayBeForTiming(status, error))
        return done(delivery, error);
      this.#timing = 'refused';
      plain();
    });
  }

  /** The key may be another now, or the network is back: refused answers are tried at once. */
  nudge(): void {
    for (const retry of [...this.#refused]) retry(false);
  }

  /** The tunnel stops: nothing waits for a person any more. */
  stop(): void {
    this.#stopping = true;
    for (const retry of [...this.#refused]) retry(true);
  }

  #postNext(command: Command, outbox: Outbox): void {
    if (outbox.posting) return;
    const queued = outbox.lost ? undefined : outbox.waiting.shift();
    if (!queued) {
      const { whenEmpty } = outbox;
      outbox.whenEmpty = undefined;
      whenEmpty?.();
      return;
    }
    outbox.posting = true;
    this.#post(command, responseBody(command, queued.parts), outbox, (delivery) => {
      outbox.posting = false;
      if (delivery === 'cancelled') return;
      if (delivery !== 'taken') {
        outbox.lost = true;
        outbox.waiting.length = 0;
      }
      this.#postNext(command, outbox);
    });
  }

  /**
   * Tries until it is taken, refused for good, or the call is over. The bytes are the same every time. `outbox` is that of
   * a notification; an answer has none.
   */
  #post(command: Command, body: Buffer, outbox: Outbox | undefined, done: Done): void {
    const { client, clock } = this.#options;
    const kind = outbox ? 'notification' : 'terminal';
    if (command.cancellation.reason !== undefined) return done('cancelled');
    let attempt = 0;
    let oddAnswers = 0;
    let refusals = 0;
    let pending: Pending | undefined;
    let stall: StallTimer | undefined;
    let stopRetry: (() => void) | undefined;
    let over = false;

    const finish = (delivery: Delivery, error?: TunnelError, status?: number): void => {
      if (over) return;
      over = true;
      stall?.stop();
      stopRetry?.();
      stopListening();
      done(delivery, error, status);
    };
    const attemptOnce = (): void => {
      attempt++;
      if (outbox) outbox.giveUp = undefined;
      const sentAt = clock.now();
      const watch = new StallTimer(clock, stallMs + body.length / slowestBytesPerMs, () =>
        pending?.abort(new TunnelError('timed_out', 'control-plane', {})),
      );
      stall = watch;
      pending = client.post(command, body, {
        progress: () => watch.moved(),
        done: (outcome) => {
          watch.stop();
          if (over) return;
          this.#record(command, kind, sentAt, outcome);
          settle(outcome, clock.now() - sentAt);
        },
      });
    };
    const settle = (outcome: PostOutcome, ms: number): void => {
      const { status, error, retryAfterMs } = outcome;
      if (status !== undefined && status >= 200 && status < 300) {
        this.#options.posted(ms);
        finish('taken');
      } else if (status === 404 && !isOdd(outcome)) {
        finish('gone');
      } else if (error && kind === 'terminal' && !this.#stopping && isOdd(outcome)) {
        const wait = Math.max(
          oddAnswerWaitMs(++oddAnswers, () => clock.random()),
          retryAfterMs ?? 0,
        );
        refusals = status === 401 || status === 403 ? refusals + 1 : 0;
        if (refusals > 1) this.#options.refused(error, wait);
        waitForChange(error, wait, retryAfterMs !== undefined);
      } else if (!mayRetry(kind, outcome)) {
        finish('refused', error, status);
      } else {
        const backoff = backoffMs(attempt, () => clock.random(), retryBaseMs, retryCapMs);
        const wait = Math.max(backoff, retryAfterMs ?? 0);
        stopRetry = clock.after(wait, attemptOnce);
        if (!outbox || (attempt < triesAheadOfAnswer && wait <= waitAheadOfAnswerMs)) return;
        outbox.giveUp = () => finish('refused', error);
        if (outbox.whenEmpty) outbox.giveUp();
      }
    };
    const waitForChange = (error: TunnelError, waitMs: number, isToldToWait: boolean): void => {
      const retry = (givenUp: boolean): void => {
        if (isToldToWait && !givenUp) return;
        stopRetry?.();
        if (givenUp) finish('refused', error);
        else attemptOnce();
      };
      this.#refused.add(retry);
      const stopTimer = clock.after(waitMs, () => {
        this.#refused.delete(retry);
        attemptOnce();
      });
      stopRetry = () => {
        this.#refused.delete(retry);
        stopTimer();
      };
    };
    const stopListening = command.cancellation.onCancel(() => {
      const last = pending;
      finish('cancelled');
      last?.abort(new TunnelError('cancelled', 'control-plane'));
    });
    attemptOnce();
  }

  #record(command: Command, kind: 'terminal' | 'notification', sentAt: number, outcome: PostOutcome): void {
    const { record, receipt } = command;
    if (kind === 'notification') return;
    record.attempts.push({
      at: sentAt - receipt.now,
      ms: this.#options.clock.now() - sentAt,
      status: outcome.status,
      error: outcome.error?.toJSON(),
    });
  }
}

/**
 * Answers that a gateway or a deployment gives for a moment: the key is refused, a redirect, a page. A terminal answer is
 * tried again ever more slowly. A 404 of the service itself is none: it no longer waits.
 */
function isOdd({ status = 0, error }: PostOutcome): boolean {
  return status === 401 || status === 403 || (status >= 300 && status < 400) || error?.params.form === 'page';
}

/** The service names the member that it does not know. Any other refusal is final. */
function mayBeForTiming(status: number | undefined, error: TunnelError | undefined): boolean {
  return (status === 400 || status === 422) && error?.params.param === 'resp_timing';
}

/** By status, or by the service's own code: 400 and `request_body_too_large`. */
function isTooLarge(error: TunnelError | undefined): boolean {
  const { status, detail } = error?.params ?? {};
  return status === 413 || (typeof detail === 'string' && detail.endsWith('_too_large'));
}

/** protocol.md, "Errors, retries, and concurrency": a notification may not arrive twice, an answer may. */
function mayRetry(kind: 'terminal' | 'notification', { status, written }: PostOutcome): boolean {
  if (kind === 'notification') return status === 429 || (status === undefined && !written);
  return status === undefined || retriedStatus.has(status);
}
