/** How long a request id is remembered after its command is over. */
const rememberMs = 600_000;
const most = 20_000;

/** Tells commands that were delivered twice: an id counts while its command is in flight and ten minutes after, boundedly. */
export class RecentRequests {
  /** Id → monotonic time at which it may be forgotten; in order of insertion. */
  readonly #seen = new Map<string, number>();

  /** Whether the id is new; remembers it. */
  admit(id: string, now: number): boolean {
    const until = this.#seen.get(id);
    if (until !== undefined && until > now) return false;
    this.#seen.set(id, Infinity);
    if (this.#seen.size > most) this.#forgetOldest();
    return true;
  }

  over(id: string, now: number): void {
    this.#seen.delete(id);
    this.#seen.set(id, now + rememberMs);
    for (const [oldest, until] of this.#seen) {
      if (until > now) break;
      this.#seen.delete(oldest);
    }
  }

  #forgetOldest(): void {
    for (const [id, until] of this.#seen) {
      if (until === Infinity) continue;
      this.#seen.delete(id);
      return;
    }
  }
}
