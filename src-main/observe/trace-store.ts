import type { BodyRef, HeaderList, TraceBodyPart } from '../../shared/trace.ts';
import { isErrorStatus } from '../../shared/trace-status.ts';
import { BodyLog, type Place } from './body-log.ts';
import type { Command } from '../call/command.ts';
import type { CallObserver, PostedAnswer } from '../call/events.ts';
import type { TraceRecord } from '../call/record.ts';
import { TextLog, type HasText } from './text-log.ts';

export interface TraceLimits {
  /** Bytes of bodies kept over all calls; the oldest go first, their rows stay. */
  readonly bodyBudget: number;
  /** Calls kept; the oldest go first. */
  readonly maxRows: number;
}

/** What is kept of one tunnel's calls. */
export interface Capture {
  readonly bodies: boolean;
  /** Of a longer body only so many first bytes are kept. */
  readonly maxBodyBytes: number;
}

/** In the app; rows are about 0.6 KiB each and have this budget of their own. */
export const appLimits: TraceLimits = { bodyBudget: 64 * 1024 * 1024, maxRows: 100_000 };
/** Bodies of 1 KiB fill both at once. */
export const headlessLimits: TraceLimits = { bodyBudget: 8 * 1024 * 1024, maxRows: 4_000 };

export interface StoredNotification {
  /** Milliseconds after the call came. */
  readonly at: number;
  readonly size: number;
  /** The bounded buffer did not take it: it was not posted. */
  readonly dropped: boolean;
  readonly bytes: Buffer | undefined;
}

const noHeaders: HeaderList = [];
const none: never[] = [];

interface KeptNotification {
  readonly at: number;
  readonly size: number;
  readonly dropped: boolean;
  place: Place | undefined;
}

/** What is kept of a call beside its bodies. */
interface Kept {
  readonly record: TraceRecord;
  request: Place | undefined;
  response: Place | undefined;
  requestHeaders: HeaderList;
  responseHeaders: HeaderList;
  notifications: KeptNotification[];
}

/**
 * One call. What is over is kept as text outside the heap: a record with its headers is some forty objects, and moving
 * thousands of them out of the young generation was a third of the CPU of a call.
 */
class Row implements HasText {
  readonly id: number;
  /** While the call is not over. */
  open: Kept | undefined;
  /** Where its request is, or would be, among the bodies: those before belong to older calls. */
  readonly bodiesFrom: number;
  isError = false;
  slab: HasText['slab'] = undefined;
  offset = 0;
  headBytes = 0;
  tailBytes = 0;

  constructor(id: number, open: Kept, bodiesFrom: number) {
    this.id = id;
    this.open = open;
    this.bodiesFrom = bodiesFrom;
  }
}

const placeOf = (kept: Kept, part: TraceBodyPart): Place | undefined =>
  typeof part === 'string' ? kept[part] : kept.notifications[part]?.place;

const partsOf = ({ notifications }: Kept): readonly TraceBodyPart[] => ['request', 'response', ...notifications.keys()];

function setPlace(kept: Kept, part: TraceBodyPart, place: Place): void {
  if (typeof part === 'string') kept[part] = place;
  else if (kept.notifications[part]) kept.notifications[part].place = place;
}

/** Records that came and that changed since the last time, in order of their ids. */
export interface TraceChange {
  readonly changed: readonly TraceRecord[];
  readonly cleared: boolean;
}

const batchMs = 50;
/** More notifications of one call are counted, not kept. */
const maxNotifications = 200;
const noCapture: Capture = { bodies: false, maxBodyBytes: 0 };

const refOf = ({ length: size }: Buffer, place: Place | undefined): BodyRef => ({
  size,
  kept: place === undefined ? 'off' : place.length < size ? 'truncated' : 'kept',
});

/**
 * The calls of this process, newest last, in memory only and bounded: so many rows, so many bytes of bodies. The hot path
 * pays one copy of each body and one text; listeners are told in batches and only when there are any.
 */
export class TraceStore implements CallObserver {
  #limits: TraceLimits;
  readonly #capture: (tunnel: string) => Capture | undefined;
  #rows: Row[] = [];
  /** Index of the first row that counts; the array is cut now and then. */
  #head = 0;
  #errors = 0;
  readonly #bodies: BodyLog;
  readonly #texts = new TextLog();
  /** The row that was read last: a search asks for its parts one after the other. */
  #lastRead: { readonly row: Row; readonly kept: Kept } | undefined;
  /** Bodies of pinned calls: copies, so that the log may go on. */
  readonly #pinned = new Map<number, Map<TraceBodyPart, Buffer>>();
  #pinnedBytes = 0;
  readonly #listeners = new Set<(change: TraceChange) => void>();
  readonly #changed = new Map<number, TraceRecord>();
  #cleared = false;
  #scheduled = false;

  /** @param capture - what is kept of a tunnel's calls; asked for every body, so that a change applies at once */
  constructor(limits: TraceLimits, capture: (tunnel: string) => Capture | undefined) {
    this.#limits = limits;
    this.#capture = capture;
    this.#bodies = new BodyLog(limits.bodyBudget);
  }

  get count(): number {
    return this.#rows.length - this.#head;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Bytes of bodies that are kept. */
  get bodyBytes(): number {
    return this.#bodies.size + this.#pinnedBytes;
  }

  /** Id of the call at a place in the list: 0 is the oldest. */
  idAt(index: number): number | undefined {
    return this.#rows[this.#head + index]?.id;
  }

  /** The call at a place in the list; a reading of what is kept, not to be changed. */
  at(index: number): TraceRecord | undefined {
    const row = this.#rows[this.#head + index];
    return row && this.#read(row);
  }

  /** Place of the first call whose id is not less than `id`. */
  indexOf(id: number): number {
    const first = this.#rows[this.#head];
    // unless some were cleared away
    if (first && id >= first.id && this.#rows[this.#head + id - first.id]?.id === id) return id - first.id;
    let low = this.#head;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle]?.id ?? Infinity) < id) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  get(id: number): TraceRecord | undefined {
    const row = this.#rowOf(id);
    return row && this.#read(row);
  }

  isPinned(id: number): boolean {
    return this.#pinned.has(id);
  }

  /** Bytes of a body, as far as they were kept. */
  body(id: number, part: TraceBodyPart): Buffer | undefined {
    const row = this.#rowOf(id);
    return row && this.#bodyOf(row, part);
  }

  headers(id: number): { readonly request: HeaderList; readonly response: HeaderList } {
    const row = this.#rowOf(id);
    const kept = row && this.#keptOf(row);
    return { request: kept?.requestHeaders ?? noHeaders, response: kept?.responseHeaders ?? noHeaders };
  }

  notifications(id: number): readonly StoredNotification[] {
    const row = this.#rowOf(id);
    if (!row) return none;
    return this.#keptOf(row).notifications.map(({ at, size, dropped }, index) => ({
      at,
      size,
      dropped,
      bytes: this.#bodyOf(row, index),
    }));
  }

  received(record: TraceRecord, { kind, bytes, headers }: Pick<Command, 'kind' | 'bytes' | 'headers'>): void {
    const bodiesFrom = this.#bodies.end;
    const request = kind === 'jsonrpc' ? this.#keep(record.tunnel, bytes) : undefined;
    if (kind === 'jsonrpc') record.request = refOf(bytes, request);
    const open = {
      record,
      request,
      response: undefined,
      requestHeaders: headers,
      responseHeaders: noHeaders,
      notifications: none,
    };
    this.#rows.push(new Row(record.id, open, bodiesFrom));
    if (this.count > this.#limits.maxRows) this.#dropOldestRow();
    this.#touch(record);
  }

  held(record: TraceRecord): void {
    this.#touch(record);
  }

  dispatched(record: TraceRecord): void {
    this.#touch(record);
  }

  /** Of a call that was over before its server answered, when that was. */
  answered(record: TraceRecord): void {
    const row = this.#rowOf(record.id);
    if (row === undefined || row.open !== undefined) return;
    this.#write(row, { ...this.#keptOf(row), record });
    this.#touch(record);
  }

  notified(record: TraceRecord, _call: unknown, bytes: Buffer, dropped: boolean): void {
    record.notifications++;
    const open = this.#rowOf(record.id)?.open;
    if (open) {
      if (open.notifications === none) open.notifications = [];
      if (open.notifications.length < maxNotifications) {
        const at = Date.now() - record.receivedAt;
        open.notifications.push({ at, size: bytes.length, dropped, place: this.#keep(record.tunnel, bytes) });
      }
    }
    this.#touch(record);
  }

  ended(record: TraceRecord, _call: unknown, answer: PostedAnswer | undefined): void {
    const row = this.#rowOf(record.id);
    if (row?.open) {
      const { open } = row;
      if (answer?.json) {
        open.response = this.#keep(record.tunnel, answer.json);
        record.response = refOf(answer.json, open.response);
      }
      if (answer) open.responseHeaders = answer.headers;
      row.isError = isErrorStatus(record.status);
      if (row.isError) this.#errors++;
      this.#write(row, open);
      row.open = undefined;
      if (this.#pinned.has(row.id)) {
        this.#pin(row);
        this.#share();
      }
    }
    this.#touch(record);
  }

  /** Told, in batches, what came and what changed. Returns the way to unsubscribe. */
  onChange(listener: (change: TraceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A pinned call survives `clear`, and its bodies are the last to go. */
  pin(id: number, pinned: boolean): void {
    const row = this.#rowOf(id);
    if (!row) return;
    if (pinned) this.#pin(row);
    else this.#unpin(id);
    this.#share();
    this.#touch(this.#read(row));
  }

  /** Forgets all calls but the pinned and those still under way. Returns how many. */
  clear(): number {
    const before = this.count;
    const rows = this.#rows.slice(this.#head);
    const stays = rows.filter((row) => this.#pinned.has(row.id) || row.open !== undefined);
    const running = stays.flatMap((row) => {
      const { open } = row;
      if (open === undefined || this.#pinned.has(row.id)) return [];
      return partsOf(open).map((part) => ({ open, part, bytes: this.#bodyOf(row, part) }));
    });
    for (const row of rows) if (!stays.includes(row)) this.#texts.drop(row);
    this.#bodies.dropBefore(Infinity);
    for (const { open, part, bytes } of running) if (bytes) setPlace(open, part, this.#bodies.put(bytes));
    this.#rows = stays;
    this.#head = 0;
    this.#errors = stays.filter((row) => row.isError).length;
    this.#cleared = true;
    this.#schedule();
    return before - stays.length;
  }

  setLimits(limits: TraceLimits): void {
    this.#limits = limits;
    while (this.count > limits.maxRows) this.#dropOldestRow();
    this.#share();
  }

  #rowOf(id: number): Row | undefined {
    const row = this.#rows[this.#head + this.indexOf(id)];
    return row?.id === id ? row : undefined;
  }

  /** Keeps a call that is over as text: what a list shows of it before the rest. */
  #write(row: Row, { record, request, response, requestHeaders, responseHeaders, notifications }: Kept): void {
    if (this.#lastRead?.row === row) this.#lastRead = undefined;
    const head = JSON.stringify([record, request ?? null, response ?? null]);
    this.#texts.put(row, head, JSON.stringify([requestHeaders, responseHeaders, notifications]));
  }

  #keptOf(row: Row): Kept {
    if (row.open) return row.open;
    if (this.#lastRead?.row === row) return this.#lastRead.kept;
    const [record, request, response] = JSON.parse(this.#texts.head(row)) as [TraceRecord, Place | null, Place | null];
    const texts = this.#texts;
    type Rest = [HeaderList, HeaderList, KeptNotification[]];
    let parsed: Rest | undefined;
    const rest = (): Rest => (parsed ??= JSON.parse(texts.tail(row)) as Rest);
    const kept: Kept = {
      record,
      request: request ?? undefined,
      response: response ?? undefined,
      get requestHeaders() {
        return rest()[0];
      },
      get responseHeaders() {
        return rest()[1];
      },
      get notifications() {
        return rest()[2];
      },
    };
    this.#lastRead = { row, kept };
    return kept;
  }

  /** What is known of a call now. Evicted bodies are marked as dropped. */
  #read(row: Row): TraceRecord {
    const kept = this.#keptOf(row);
    const { record } = kept;
    for (const part of ['request', 'response'] as const) {
      const ref = record[part];
      if (!ref || ref.kept === 'off' || this.#hasBody(row.id, part, kept[part])) continue;
      record[part] = { size: ref.size, kept: 'dropped' };
    }
    return record;
  }

  #hasBody(id: number, part: TraceBodyPart, place: Place | undefined): boolean {
    return this.#pinned.get(id)?.has(part) === true || (place !== undefined && this.#bodies.has(place));
  }

  #bodyOf(row: Row, part: TraceBodyPart): Buffer | undefined {
    const pinned = this.#pinned.get(row.id)?.get(part);
    if (pinned) return pinned;
    const place = placeOf(this.#keptOf(row), part);
    return place && this.#bodies.get(place);
  }

  #keep(tunnel: string, bytes: Buffer): Place | undefined {
    const { bodies, maxBodyBytes } = this.#capture(tunnel) ?? noCapture;
    if (!bodies) return undefined;
    return this.#bodies.put(bytes.length > maxBodyBytes ? bytes.subarray(0, maxBodyBytes) : bytes);
  }

  #pin(row: Row): void {
    const bodies = new Map<TraceBodyPart, Buffer>();
    for (const part of partsOf(this.#keptOf(row))) {
      const bytes = this.#bodyOf(row, part);
      if (bytes) bodies.set(part, bytes);
    }
    this.#unpin(row.id);
    this.#pinned.set(row.id, bodies);
    for (const { length } of bodies.values()) this.#pinnedBytes += length;
  }

  #unpin(id: number): void {
    for (const { length } of this.#pinned.get(id)?.values() ?? none) this.#pinnedBytes -= length;
    this.#pinned.delete(id);
  }

  /** Pinned bodies have what they need of the budget, as long as there is enough; the log has the rest. */
  #share(): void {
    for (const bodies of this.#pinned.values()) {
      if (this.#pinnedBytes <= this.#limits.bodyBudget) break;
      for (const { length } of bodies.values()) this.#pinnedBytes -= length;
      bodies.clear();
    }
    this.#bodies.budget = this.#limits.bodyBudget - this.#pinnedBytes;
  }

  #dropOldestRow(): void {
    const row = this.#rows[this.#head];
    if (!row) return;
    this.#unpin(row.id);
    this.#texts.drop(row);
    if (row.isError) this.#errors--;
    this.#head++;
    this.#bodies.dropBefore(this.#rows[this.#head]?.bodiesFrom ?? 0);
    if (this.#head > 512 && this.#head * 4 > this.#rows.length) {
      this.#rows = this.#rows.slice(this.#head);
      this.#head = 0;
    }
  }

  #touch(row: TraceRecord): void {
    if (this.#listeners.size === 0) return;
    this.#changed.set(row.id, row);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#listeners.size === 0) return;
    this.#scheduled = true;
    setTimeout(() => this.#tell(), batchMs).unref();
  }

  #tell(): void {
    this.#scheduled = false;
    const change = { changed: [...this.#changed.values()], cleared: this.#cleared };
    this.#changed.clear();
    this.#cleared = false;
    for (const listener of this.#listeners) listener(change);
  }
}
