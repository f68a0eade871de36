import type { HeaderList } from '../../shared/trace.ts';
import type { Command } from './command.ts';
import type { TraceRecord } from './record.ts';

/** What was posted as the answer: its JSON, and the server's headers. */
export interface PostedAnswer {
  readonly json?: Buffer | undefined;
  readonly headers: HeaderList;
}

/**
 * Hears of the steps of every call, each at most once and in this order; `notified` as often as there are notifications.
 * `call.bytes` and other buffers are slices of larger ones: copy what is kept. What an observer throws is reported and
 * harms nothing.
 */
export interface CallObserver {
  /** Admitted: it is no duplicate. */
  received?(record: TraceRecord, call: Command): void;
  /** A stage keeps it before the queue. */
  held?(record: TraceRecord, call: Command): void;
  queued?(record: TraceRecord, call: Command): void;
  /** It has a slot and goes to its server. */
  dispatched?(record: TraceRecord, call: Command): void;
  /** `dropped`: the notification is not posted, because its buffer is full or a stage dropped it. */
  notified?(record: TraceRecord, call: Command, bytes: Buffer, dropped: boolean): void;
  /** The server answered or failed; after `ended` when the call was over before that. */
  answered?(record: TraceRecord, call: Command): void;
  /** The control plane took the answer. */
  posted?(record: TraceRecord, call: Command): void;
  /** Over, with the answer that was posted, if any. A promise is awaited when the observer subscribed as `awaited`. */
  ended?(record: TraceRecord, call: Command, answer: PostedAnswer | undefined): void | Promise<void>;
}

type EventName = keyof CallObserver;
type Having<E extends EventName> = CallObserver & Required<Pick<CallObserver, E>>;

const has = <E extends EventName>(observer: CallObserver, event: E): observer is Having<E> =>
  observer[event] !== undefined;

/** Tells observers what happens to the calls of one process. Nothing waits for them, but for the end of a call where asked. */
export class CallEvents {
  readonly #fault: (error: unknown) => void;
  readonly #observers = new Set<CallObserver>();
  readonly #awaited = new Set<CallObserver>();
  #lastId = 0;
  #received: readonly Having<'received'>[] = [];
  #held: readonly Having<'held'>[] = [];
  #queued: readonly Having<'queued'>[] = [];
  #dispatched: readonly Having<'dispatched'>[] = [];
  #notified: readonly Having<'notified'>[] = [];
  #answered: readonly Having<'answered'>[] = [];
  #posted: readonly Having<'posted'>[] = [];
  #ended: readonly Having<'ended'>[] = [];

  /** @param fault - told what an observer threw; must not throw itself */
  constructor(fault: (error: unknown) => void = () => undefined) {
    this.#fault = fault;
  }

  /** @param awaited - a call counts as in flight until what `ended` returned has settled. Returns the way to unsubscribe */
  subscribe(observer: CallObserver, { awaited = false } = {}): () => void {
    this.#observers.add(observer);
    if (awaited) this.#awaited.add(observer);
    this.#sort();
    return () => {
      this.#observers.delete(observer);
      this.#awaited.delete(observer);
      this.#sort();
    };
  }

  received(call: Command): void {
    const { record } = call;
    record.id = ++this.#lastId;
    for (const observer of this.#received) {
      try {
        observer.received(record, call);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  held(call: Command): void {
    for (const observer of this.#held) {
      try {
        observer.held(call.record, call);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  queued(call: Command): void {
    for (const observer of this.#queued) {
      try {
        observer.queued(call.record, call);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  dispatched(call: Command): void {
    for (const observer of this.#dispatched) {
      try {
        observer.dispatched(call.record, call);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  notified(call: Command, bytes: Buffer, dropped: boolean): void {
    for (const observer of this.#notified) {
      try {
        observer.notified(call.record, call, bytes, dropped);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  answered(call: Command): void {
    for (const observer of this.#answered) {
      try {
        observer.answered(call.record, call);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  posted(call: Command): void {
    for (const observer of this.#posted) {
      try {
        observer.posted(call.record, call);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  /** A promise, which never rejects, when an observer asked to be awaited. */
  ended(call: Command, answer: PostedAnswer | undefined): Promise<void> | undefined {
    let waiting: Promise<void> | undefined;
    for (const observer of this.#ended) {
      try {
        const done = observer.ended(call.record, call, answer);
        if (done === undefined) continue;
        const settled = done.catch(this.#fault);
        if (!this.#awaited.has(observer)) continue;
        const before = waiting;
        waiting = before ? before.then(() => settled) : settled;
      } catch (error) {
        this.#fault(error);
      }
    }
    return waiting;
  }

  #sort(): void {
    const having = <E extends EventName>(event: E): Having<E>[] =>
      [...this.#observers].filter((observer) => has(observer, event));
    this.#received = having('received');
    this.#held = having('held');
    this.#queued = having('queued');
    this.#dispatched = having('dispatched');
    this.#notified = having('notified');
    this.#answered = having('answered');
    this.#posted = having('posted');
    this.#ended = having('ended');
  }
}
