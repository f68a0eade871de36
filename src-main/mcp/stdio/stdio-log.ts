import type { Noise } from './multiplexer.ts';

/** What a stdio channel has to tell the log. Texts are masked and cut; who logs may still rate them by kind. */
export type StdioLogEvent =
  | { readonly kind: 'started'; readonly pid: number; readonly program: string }
  /** `asked`: Culvert ended it. */
  | {
      readonly kind: 'exited';
      readonly pid: number;
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly asked: boolean;
    }
  | { readonly kind: 'stderr'; readonly text: string }
  | { readonly kind: 'stderr-suppressed'; readonly lines: number }
  /** A line of stdout that is not for anybody: garbage, or an answer that nobody waits for any more. */
  | { readonly kind: 'noise'; readonly reason: Noise | 'line-too-long'; readonly text: string }
  | { readonly kind: 'noise-suppressed'; readonly lines: number }
  /** A notification that names no call while none, or several, are in flight. */
  | { readonly kind: 'unclaimed-notification'; readonly method: string }
  /** The server asked something itself and was answered by the channel. */
  | { readonly kind: 'server-request'; readonly method: string }
  | { readonly kind: 'handshake-refused' }
  /** A handshake that was kept from before Culvert's own start was repeated, for callers that hold their session for open. */
  | { readonly kind: 'handshake-kept' }
  /** Callers of the other era came: they get a child of their own, or, where the server does not speak it, none. */
  | { readonly kind: 'second-era' | 'one-era'; readonly era: 'legacy' | 'modern' }
  /** A call of the 2025 era came before any `initialize`, and was answered by the channel. */
  | { readonly kind: 'not-initialized'; readonly method: string }
  /** Processes that outlived SIGKILL. */
  | { readonly kind: 'survivors'; readonly pids: readonly number[] };

/** Receives what a channel says; must not throw or wait. */
export type StdioLog = (event: StdioLogEvent) => void;

/** A burst, then so many a second: what keeps a flood out of the log. */
export class LogBudget {
  readonly #now: () => number;
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;
  #suppressed = 0;

  /** `now` in monotonic milliseconds. */
  constructor(now: () => number, burst: number, perSecond: number) {
    this.#now = now;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#at = now();
  }

  /** Whether one more may pass; counts it otherwise. */
  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#perSecond) / 1_000);
    this.#at = now;
    if (this.#tokens < 1) {
      this.#suppressed += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** How many did not pass since this was last asked. */
  takeSuppressed(): number {
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
