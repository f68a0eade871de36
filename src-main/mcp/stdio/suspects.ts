import { createHash } from 'node:crypto';
import type { Outgoing } from './outgoing.ts';

/** A call is refused from so many deaths of the server on, for `refusedMs` after the last one. */
const deathsToRefuse = 3;
const refusedMs = 60_000;
/** A suspicion that nothing confirmed for so long is dropped, in milliseconds. */
const rememberedMs = 10 * 60_000;
const mostSuspects = 100;

interface Suspect {
  deaths: number;
  lastAt: number;
}

/**
 * Calls that were in flight when the server ended: the same call may end it again. A suspect runs alone, so that it takes
 * no other call down, and is refused for a while once the server ended under it several times.
 */
export class Suspects {
  readonly #now: () => number;
  readonly #suspects = new Map<string, Suspect>();

  /** `now` in monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The server ended by itself while these calls were with it. */
  ended(inFlight: readonly Outgoing[]): void {
    const now = this.#now();
    for (const [key, { lastAt }] of this.#suspects) if (now - lastAt > rememberedMs) this.#suspects.delete(key);
    for (const key of inFlight.flatMap(keysOf)) {
      // with several in flight the others may be innocent: they are only suspected, until the one is found alone
      const before = this.#suspects.get(key)?.deaths ?? 0;
      if (this.#suspects.size < mostSuspects || before > 0)
        this.#suspects.set(key, { deaths: inFlight.length === 1 ? before + 1 : Math.max(before, 1), lastAt: now });
    }
  }

  /** A suspect was answered: it did not end the server. */
  answered(call: Outgoing): void {
    if (this.#suspects.size > 0) for (const key of keysOf(call)) this.#suspects.delete(key);
  }

  /** How often the server ended under this call, or under one of its kind that was not answered since; 0 when it is above suspicion. */
  deaths(call: Outgoing): number {
    return this.#worst(call, rememberedMs);
  }

  /** The deaths for which it is refused; undefined when it may run. */
  refused(call: Outgoing): number | undefined {
    const deaths = this.#worst(call, refusedMs);
    return deaths < deathsToRefuse ? undefined : deaths;
  }

  #worst(call: Outgoing, withinMs: number): number {
    if (this.#suspects.size === 0) return 0;
    const now = this.#now();
    const found = keysOf(call).map((key) => this.#suspects.get(key));
    return Math.max(0, ...found.map((suspect) => (suspect && now - suspect.lastAt < withinMs ? suspect.deaths : 0)));
  }
}

/** A call comes again with the very same bytes, or with other arguments for the same tool, prompt or resource. */
const keysOf = (call: Outgoing): string[] => {
  const { method, target } = call.message;
  return target === undefined ? [fingerprint(call)] : [fingerprint(call), `${method} ${target.slice(0, 200)}`];
};

/** The message without what tells one time of asking from another: its id and progress token. */
function fingerprint({ bytes, message }: Outgoing): string {
  const hash = createHash('sha256');
  const cut = [...message.ids, ...(message.progressToken ? [message.progressToken] : [])];
  let from = 0;
  for (const { start, end } of cut.toSorted((a, b) => a.start - b.start)) {
    hash.update(bytes.subarray(from, start));
    from = end;
  }
  return hash.update(bytes.subarray(from)).digest('base64');
}
