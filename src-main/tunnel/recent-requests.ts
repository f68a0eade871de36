/** How long a request id is remembered at least after its command is over. */
const rememberMs = 600_000;
/** So many ids make a generation, however short its time: two of them are kept. */
const most = 10_000;

/**
 * Tells commands that were delivered twice: an id counts while its command is in flight and ten minutes after, boundedly.
 * Two generations that are dropped whole cost nothing per call; those still in flight are carried over.
 */
export class RecentRequests {
  readonly #inFlight: () => readonly string[];
  #young = new Set<string>();
  #old = new Set<string>();
  #bornAt = 0;

  /** @param inFlight - ids of the commands that are not over */
  constructor(inFlight: () => readonly string[]) {
    this.#inFlight = inFlight;
  }

  /** Whether the id is new; remembers it. `now` in monotonic milliseconds. */
  admit(id: string, now: number): boolean {
    if (this.#young.size >= most || now - this.#bornAt >= rememberMs) {
      this.#old = this.#young;
      this.#young = new Set(this.#inFlight());
      this.#bornAt = now;
    }
    if (this.#young.has(id) || this.#old.has(id)) return false;
    this.#young.add(id);
    return true;
  }
}
