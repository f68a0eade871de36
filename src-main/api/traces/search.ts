import { matchesFilter, type TraceFilter } from '../../../shared/trace-filter.ts';
import { readAtOnce, type BodyReader } from '../../detect/body-reader.ts';
import { maskJson } from '../../detect/masking.ts';
import type { TraceRecord } from '../../call/record.ts';
import type { TraceStore } from '../../observe/trace-store.ts';

/** Search takes the main process for no longer than this at a time. */
const sliceMs = 5;

/** Without a filter a call costs next to nothing: the clock is looked at once for so many, and a screen is full at once. */
const unfilteredRows = 1024;

/** Longer bodies are searched in their first part. */
const searchedBytes = 256 * 1024;

/**
 * The calls that match a filter, kept up to date: history is searched backwards in slices, newer calls are added as they
 * come. Free text is looked for in the masked bodies alone, so a search never finds what is hidden.
 */
export class TraceSearch {
  readonly #store: TraceStore;
  readonly #bodies: BodyReader;
  readonly #filter: TraceFilter;
  readonly #nameOf: (tunnel: string) => string;
  /** Ids that match and came after the search began, oldest first; and before it, newest first. */
  #newer: number[] = [];
  #older: number[] = [];
  #beganAt: number;
  /** Calls before this place in the store are still to be searched. */
  #left: number;
  #stopped = false;
  /** Calls with a body that is too large to be read here: they wait for the reader, and are in the list once it says so. */
  readonly #later = new Set<number>();
  #reading = false;
  readonly #progress: () => void;

  constructor(
    store: TraceStore,
    bodies: BodyReader,
    filter: TraceFilter,
    nameOf: (tunnel: string) => string,
    progress: () => void,
  ) {
    this.#store = store;
    this.#bodies = bodies;
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
    if (this.#done && this.#later.size === 0) return undefined;
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
      const matches = this.#matches(record);
      if (matches !== undefined) this.#put(record.id, matches);
    }
    this.#forgetGone();
    void this.#readLater();
  }

  #put(id: number, matches: boolean): void {
    if (id >= this.#beganAt) {
      const place = lowerBound(this.#newer.length, (index) => (this.#newer[index] ?? 0) >= id);
      put(this.#newer, place, id, matches);
    } else if (id >= this.#left) {
      const place = lowerBound(this.#older.length, (index) => (this.#older[index] ?? 0) <= id);
      put(this.#older, place, id, matches);
    }
  }

  /** The store was cleared: begin again. */
  restart(): void {
    this.#newer = [];
    this.#older = [];
    this.#later.clear();
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
      if (!record || this.#matches(record) === true) this.#older.push(id);
      this.#left = id;
      if (looked % atOnce === 0 && performance.now() >= until) break;
    }
    if (!this.#done) setImmediate(() => this.#slice());
    void this.#readLater();
    this.#progress();
  }

  #forgetGone(): void {
    const first = this.#store.idAt(0) ?? Infinity;
    while ((this.#older.at(-1) ?? Infinity) < first) this.#older.pop();
    const gone = lowerBound(this.#newer.length, (index) => (this.#newer[index] ?? 0) >= first);
    if (gone > 0) this.#newer.splice(0, gone);
  }

  /** Undefined when a large body decides: the reader is asked, and the call put in its place later. */
  #matches(record: TraceRecord): boolean | undefined {
    if (this.#filter.terms.length === 0) return true;
    const late: Buffer[] = [];
    const matches = this.#test(record, (text) =>
      this.#bodiesOf(record.id, text).some((bytes) => {
        if (bytes.length > readAtOnce) late.push(bytes);
        return bytes.length <= readAtOnce && maskJson(bytes).text.toLowerCase().includes(text);
      }),
    );
    if (late.length === 0 || matches) return matches;
    this.#later.add(record.id);
    return undefined;
  }

  #test(record: TraceRecord, inBodies: (text: string) => boolean): boolean {
    return matchesFilter(this.#filter, record, { tunnelName: this.#nameOf(record.tunnel), now: Date.now(), inBodies });
  }

  /** The bodies of a call that hold `text` as they came: only in these can it be found masked. */
  #bodiesOf(id: number, text: string): Buffer[] {
    const found: Buffer[] = [];
    for (const part of ['request', 'response'] as const) {
      const bytes = this.#store.body(id, part)?.subarray(0, searchedBytes);
      // escapes hide characters in JSON, and what is hidden is shown in other words
      if (bytes && (/[^ -~]|["\\/]/.test(text) || bytes.toString('latin1').toLowerCase().includes(text)))
        found.push(bytes);
    }
    return found;
  }

  async #readLater(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    for (const id of this.#later) {
      if (this.#stopped) break;
      const record = this.#store.get(id);
      if (record) {
        const texts: string[] = [];
        this.#test(record, (text) => texts.push(text) === 0);
        const found = new Set<string>();
        for (const bytes of texts.flatMap((text) => this.#bodiesOf(id, text))) {
          const has = await this.#bodies.search(bytes, texts).catch(() => []);
          for (const [index, text] of texts.entries()) if (has[index] === true) found.add(text);
        }
        if (this.#later.has(id))
          this.#put(
            id,
            this.#test(record, (text) => found.has(text)),
          );
      }
      this.#later.delete(id);
      this.#progress();
    }
    this.#reading = false;
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
