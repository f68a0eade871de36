import type { Clock } from '../base/clock.ts';
import { Cancellation } from '../base/cancellation.ts';

/** How long a session's stream outlives the last message of its caller, in milliseconds. */
const idleMs = 60_000;
const mostSessions = 32;
/** Between the end of a stream and the next try, in milliseconds. */
const againMs = 1_000;
/** So many streams in a row that ended at once, and the session gets none any more. */
const mostShort = 3;

interface Session {
  cancellation: Cancellation;
  headers: readonly string[];
  usedAt: number;
  stopTimer: (() => void) | undefined;
}

/** How a stream ended: the server has none for this session, or it was open for so long (milliseconds). */
export type StreamEnd = 'refused' | { readonly openMs: number };

/** Opens the stream and resolves once it is over; never rejects. */
type Open = (headers: readonly string[], cancellation: Cancellation) => Promise<StreamEnd>;

/**
 * The streams on which servers of the 2025 era ask their clients something outside any call (2025-11-25, "Listening for
 * Messages from the Server"): every client holds one open for each session. Without it a server's `ping` goes nowhere,
 * and the call that waits for its answer hangs to its deadline. Kept while a session is used, and a minute longer.
 */
export class SessionStreams {
  readonly #clock: Clock;
  readonly #open: Open;
  readonly #sessions = new Map<string, Session>();
  #closed = false;

  constructor(clock: Clock, open: Open) {
    this.#clock = clock;
    this.#open = open;
  }

  /** A message of this session went through, with these headers (flat). */
  used(id: string, headers: readonly string[]): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    const known = this.#sessions.get(id);
    if (known) {
      known.usedAt = now;
      known.headers = headers;
      return;
    }
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size < mostSessions) break;
      this.ended(oldest);
    }
    const session: Session = {
      cancellation: new Cancellation(),
      headers,
      usedAt: now,
      stopTimer: undefined,
    };
    this.#sessions.set(id, session);
    this.#watch(id, session, idleMs);
    void this.#keep(session);
  }

  /** The session is over. */
  ended(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    session.stopTimer?.();
    session.cancellation.cancel('shutdown');
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#sessions.keys()]) this.ended(id);
  }

  #watch(id: string, session: Session, ms: number): void {
    session.stopTimer = this.#clock.after(ms, () => {
      const left = session.usedAt + idleMs - this.#clock.now();
      if (left > 0) this.#watch(id, session, left);
      else this.ended(id);
    });
  }

  async #keep(session: Session): Promise<void> {
    for (let short = 0; short < mostShort && session.cancellation.reason === undefined;) {
      const end = await this.#open(session.headers, session.cancellation);
      if (end === 'refused') return;
      short = end.openMs < againMs ? short + 1 : 0;
      await this.#pause(session.cancellation);
    }
  }

  #pause(cancellation: Cancellation): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#clock.after(againMs, () => {
        unsubscribe();
        resolve();
      });
      const unsubscribe = cancellation.onCancel(() => {
        stop();
        resolve();
      });
    });
  }
}
