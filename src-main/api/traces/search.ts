import { matchesFilter, type TraceFilter } from '../../../shared/trace-filter.ts';
import { maskJson } from '../../detect/masking.ts';
import type { TraceRecord } from '../../call/record.ts';
import type { TraceStore } from '../../observe/trace-store.ts';

/** Search takes the main process for no longer than this at a time. */
const sliceMs = 5;

/** Without a filter a call costs next to nothing: the clock is looked at once for so many, and a screen is full at once. */
const unfilteredRows = 1024;

/** Longer bodies are searched in their first part: masking them whole would hold a slice up. */
const searchedBytes = 256 * 1024;

/**
 * The calls that match a filter, kept up to date: history is searched backwards in slices, newer calls are added as they
 * come. Free text is looked for in the masked bodies alone, so a search never finds what is hidden.
 */
export class TraceSearch {
  readonly #store: TraceStore;
  readonly #filter: TraceFilter;
  readonly #nameOf: (tunnel: string) => string;
  /** Ids that match and came after the search began, oldest first; and before it, newest first. */
  #newer: number[] = [];
  #older: number[] = [];
  #beganAt: number;
  /** Calls before this place in the store are still to be searched. */
  #left: number;
  #stopped = false;
  readonly #progress: () => void;

  constructor(store: TraceStore, filter: TraceFilter, nameOf: (tunnel: string) => string, progress: () => void) {
    this.#store = store;
    this.#filter = filter;
    this.#nameOf = nameOf;
    this.#progress = progress;
    this.#beganAt = (store.idAt(store.count - 1) ?? 0) + 1;
    this.#left = this.#beganAt;
    this.#slice();
  }

  get total(): number {
    return this.#newer.length + this.#older.length;
  }

  /** Calls looked at so far while the search still runs. */
  get searched(): number | undefined {
    if (this.#done) return undefined;
    return this.#store.count - this.#store.indexOf(this.#left);
  }

  get #done(): boolean {
    return this.#store.indexOf(this.#left) === 0;
  }

  /** Id of a match: 0 is the newest. */
  at(index: number): number | undefined {
    const { length } = this.#newer;
    return index < length ? this.#newer[length - 1 - index] : this.#older[index - length];
  }

  /** How many matches are newer than a call. */
  newerThan(id: number): number {
    const inNewer = this.#newer.length - lowerBound(this.#newer.length, (index) => (this.#newer[index] ?? 0) > id);
    const inOlder = lowerBound(this.#older.length, (index) => (this.#older[index] ?? 0) <= id);
    return inNewer + inOlder;
  }

  /** Calls came or changed: the ones that now match are in, the others out. */
  changed(records: readonly TraceRecord[]): void {
    for (const record of records) {
      const { id } = record;
      if (id >= this.#beganAt) {
        const place = lowerBound(this.#newer.length, (index) => (this.#newer[index] ?? 0) >= id);
        put(this.#newer, place, id, this.#matches(record));
      } else if (id >= this.#left) {
        const place = lowerBound(this.#older.length, (index) => (this.#older[index] ?? 0) <= id);
        put(this.#older, place, id, this.#matches(record));
      }
    }
    this.#forgetGone();
  }

  /** The store was cleared: begin again. */
  restart(): void {
    this.#newer = [];
    this.#older = [];
    this.#beganAt = (this.#store.idAt(this.#store.count - 1) ?? 0) + 1;
    this.#left = this.#beganAt;
    this.#slice();
  }

  stop(): void {
    this.#stopped = true;
  }

  #slice(): void {
    if (this.#stopped) return;
    const until = performance.now() + sliceMs;
    const atOnce = this.#filter.terms.length === 0 ? unfilteredRows : 1;
    let place = this.#store.indexOf(this.#left) - 1;
    for (let looked = 1; place >= 0; place--, looked++) {
      const id = this.#store.idAt(place);
      if (id === undefined) break;
      // without a filter no call need be read
      const record = this.#filter.terms.length === 0 ? undefined : this.#store.at(place);
      if (!record || this.#matches(record)) this.#older.push(id);
      this.#left = id;
      if (looked % atOnce === 0 && performance.now() >= until) break;
    }
    if (!this.#done) setImmediate(() => this.#slice());
    this.#progress();
  }

  #forgetGone(): void {
    const first = this.#store.idAt(0) ?? Infinity;
    while ((this.#older.at(-1) ?? Infinity) < first) this.#older.pop();
    const gone = lowerBound(this.#newer.length, (index) => (this.#newer[index] ?? 0) >= first);
    if (gone > 0) this.#newer.splice(0, gone);
  }

  #matches(record: TraceRecord): boolean {
    if (this.#filter.terms.length === 0) return true;
    return matchesFilter(this.#filter, record, {
      tunnelName: this.#nameOf(record.tunnel),
      now: Date.now(),
      inBodies: (text) =>
        (['request', 'response'] as const).some((part) => {
          const bytes = this.#store.body(record.id, part);
          return bytes !== undefined && maskJson(bytes.subarray(0, searchedBytes)).text.toLowerCase().includes(text);
        }),
    });
  }
}

/** The first index for which `holds`, which is false up to some index and true from there on. */
function lowerBound(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Makes sure that `id` is, or is not, at its place in a sorted list. */
function put(ids: number[], place: number, id: number, wanted: boolean): void {
  const there = ids[place] === id;
  if (wanted && !there) ids.splice(place, 0, id);
  else if (!wanted && there) ids.splice(place, 1);
}
