import type { BodyRef, HeaderList, TraceBodyPart } from '../../shared/trace.ts';
import type { TraceRecord, TraceSink } from './trace-sink.ts';

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

/** In the app; rows are about 0.4 KiB each and have this budget of their own. */
export const appLimits: TraceLimits = { bodyBudget: 64 * 1024 * 1024, maxRows: 100_000 };
/** Bodies of 1 KiB fill both at once. */
export const headlessLimits: TraceLimits = { bodyBudget: 8 * 1024 * 1024, maxRows: 4_000 };

export interface StoredNotification {
  /** Milliseconds after the call came. */
  readonly at: number;
  readonly size: number;
  /** The bounded buffer did not take it: it was not posted. */
  readonly dropped: boolean;
  bytes: Buffer | undefined;
}

interface Kept {
  request?: Buffer | undefined;
  response?: Buffer | undefined;
  requestHeaders?: HeaderList;
  responseHeaders?: HeaderList;
  notifications?: StoredNotification[];
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

/**
 * What comes in may be a slice of a much larger buffer, which keeping it would keep alive: then it is copied. Bodies are
 * never changed once they are read, so one that is most of its buffer is kept as it is.
 */
function copyOf(bytes: Buffer, most: number): Buffer {
  if (bytes.length > most) return Buffer.from(bytes.subarray(0, most));
  return bytes.length * 2 >= bytes.buffer.byteLength ? bytes : Buffer.from(bytes);
}

/**
 * The calls of this process, newest last, in memory only and bounded: so many rows, so many bytes of bodies. The hot path
 * pays one copy of each body and a map entry; listeners are told in batches and only when there are any.
 */
export class TraceStore implements TraceSink {
  #limits: TraceLimits;
  readonly #capture: (tunnel: string) => Capture | undefined;
  #rows: TraceRecord[] = [];
  /** Index of the first row that counts; the array is cut now and then. */
  #head = 0;
  #nextId = 1;
  #errors = 0;
  readonly #kept = new Map<number, Kept>();
  /** Ids with bodies, in order of age. */
  #bodyQueue: number[] = [];
  #bodyHead = 0;
  #bodyBytes = 0;
  readonly #pinned = new Set<number>();
  readonly #listeners = new Set<(change: TraceChange) => void>();
  readonly #endListeners = new Set<(record: TraceRecord) => void>();
  readonly #changed = new Map<number, TraceRecord>();
  #cleared = false;
  #scheduled = false;

  /** @param capture - what is kept of a tunnel's calls; asked for every body, so that a change applies at once */
  constructor(limits: TraceLimits, capture: (tunnel: string) => Capture | undefined) {
    this.#limits = limits;
    this.#capture = capture;
  }

  get count(): number {
    return this.#rows.length - this.#head;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Bytes of bodies that are kept. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** The call at a place in the list: 0 is the oldest. */
  at(index: number): TraceRecord | undefined {
    return this.#rows[this.#head + index];
  }

  /** Place of the first call whose id is not less than `id`. */
  indexOf(id: number): number {
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
    const found = this.at(this.indexOf(id));
    return found?.id === id ? found : undefined;
  }

  isPinned(id: number): boolean {
    return this.#pinned.has(id);
  }

  /** Bytes of a body, as far as they were kept. */
  body(id: number, part: TraceBodyPart): Buffer | undefined {
    const kept = this.#kept.get(id);
    if (part === 'request') return kept?.request;
    if (part === 'response') return kept?.response;
    return kept?.notifications?.[part]?.bytes;
  }

  headers(id: number): { readonly request: HeaderList; readonly response: HeaderList } {
    const kept = this.#kept.get(id);
    return { request: kept?.requestHeaders ?? [], response: kept?.responseHeaders ?? [] };
  }

  notifications(id: number): readonly StoredNotification[] {
    return this.#kept.get(id)?.notifications ?? [];
  }

  open(record: Omit<TraceRecord, 'id'>, request: Buffer | undefined, headers?: HeaderList): TraceRecord {
    const row = record as TraceRecord;
    row.id = this.#nextId++;
    this.#rows.push(row);
    if (this.count > this.#limits.maxRows) this.#dropOldestRow();
    if (request) row.request = this.#keep(row, 'request', request);
    if (headers && headers.length > 0) this.#keptOf(row.id).requestHeaders = headers;
    this.#touch(row);
    return row;
  }

  update(record: TraceRecord): void {
    this.#touch(record);
  }

  notification(record: TraceRecord, bytes: Buffer, dropped: boolean): void {
    record.notifications++;
    const list = (this.#keptOf(record.id).notifications ??= []);
    if (list.length < maxNotifications) {
      const { bodies, maxBodyBytes } = this.#capture(record.tunnel) ?? noCapture;
      const copy = bodies ? copyOf(bytes, maxBodyBytes) : undefined;
      list.push({ at: Date.now() - record.receivedAt, size: bytes.length, dropped, bytes: copy });
      if (copy) this.#account(record.id, copy.length);
    }
    this.#touch(record);
  }

  close(record: TraceRecord, response: Buffer | undefined, headers?: HeaderList): void {
    if (response) record.response = this.#keep(record, 'response', response);
    if (headers && headers.length > 0) this.#keptOf(record.id).responseHeaders = headers;
    if (isTrouble(record)) this.#errors++;
    for (const listener of this.#endListeners) listener(record);
    this.#touch(record);
  }

  /** Told, in batches, what came and what changed. Returns the way to unsubscribe. */
  onChange(listener: (change: TraceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told at once of every call that is over: for counters, which must be quick. */
  onEnd(listener: (record: TraceRecord) => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** A pinned call survives `clear`, and its bodies are the last to go. */
  pin(id: number, pinned: boolean): void {
    const row = this.get(id);
    if (!row) return;
    if (pinned) this.#pinned.add(id);
    else this.#pinned.delete(id);
    this.#touch(row);
  }

  /** Forgets all calls but the pinned and those still under way. Returns how many. */
  clear(): number {
    const before = this.count;
    const stays = this.#rows.slice(this.#head).filter((row) => this.#pinned.has(row.id) || isRunning(row));
    const staying = new Set(stays.map(({ id }) => id));
    for (const id of [...this.#kept.keys()]) if (!staying.has(id)) this.#forgetBodies(id);
    for (const id of [...this.#kept.keys()]) if (!staying.has(id)) this.#kept.delete(id);
    this.#rows = stays;
    this.#head = 0;
    this.#bodyQueue = this.#bodyQueue.slice(this.#bodyHead).filter((id) => staying.has(id));
    this.#bodyHead = 0;
    this.#errors = stays.filter(isTrouble).length;
    this.#cleared = true;
    this.#schedule();
    return before - stays.length;
  }

  setLimits(limits: TraceLimits): void {
    this.#limits = limits;
    while (this.count > limits.maxRows) this.#dropOldestRow();
    this.#makeRoom();
  }

  #keptOf(id: number): Kept {
    let kept = this.#kept.get(id);
    if (!kept) this.#kept.set(id, (kept = {}));
    return kept;
  }

  #keep(row: TraceRecord, part: 'request' | 'response', bytes: Buffer): BodyRef {
    const { bodies, maxBodyBytes } = this.#capture(row.tunnel) ?? noCapture;
    if (!bodies) return { size: bytes.length, kept: 'off' };
    const copy = copyOf(bytes, maxBodyBytes);
    this.#keptOf(row.id)[part] = copy;
    this.#account(row.id, copy.length);
    return { size: bytes.length, kept: copy.length < bytes.length ? 'truncated' : 'kept' };
  }

  #account(id: number, bytes: number): void {
    this.#bodyBytes += bytes;
    if (this.#bodyQueue.at(-1) !== id) this.#bodyQueue.push(id);
    if (this.#bodyBytes > this.#limits.bodyBudget) this.#makeRoom();
  }

  /** Drops bodies, oldest call first, pinned ones only when nothing else is left. */
  #makeRoom(): void {
    const passed: number[] = [];
    while (this.#bodyBytes > this.#limits.bodyBudget && this.#bodyHead < this.#bodyQueue.length) {
      const id = this.#bodyQueue[this.#bodyHead++];
      if (id === undefined) break;
      if (this.#pinned.has(id)) passed.push(id);
      else this.#forgetBodies(id);
    }
    for (const id of passed) {
      if (this.#bodyBytes > this.#limits.bodyBudget) this.#forgetBodies(id);
      else this.#bodyQueue.push(id);
    }
    if (this.#bodyHead > 4096 && this.#bodyHead * 2 > this.#bodyQueue.length) {
      this.#bodyQueue = this.#bodyQueue.slice(this.#bodyHead);
      this.#bodyHead = 0;
    }
  }

  #forgetBodies(id: number): void {
    const kept = this.#kept.get(id);
    if (!kept) return;
    const row = this.get(id);
    for (const part of ['request', 'response'] as const) {
      const bytes = kept[part];
      if (!bytes) continue;
      this.#bodyBytes -= bytes.length;
      kept[part] = undefined;
      const ref = row?.[part];
      if (row && ref) row[part] = { size: ref.size, kept: 'dropped' };
    }
    for (const notification of kept.notifications ?? []) {
      this.#bodyBytes -= notification.bytes?.length ?? 0;
      notification.bytes = undefined;
    }
  }

  #dropOldestRow(): void {
    const row = this.#rows[this.#head];
    if (!row) return;
    this.#forgetBodies(row.id);
    this.#kept.delete(row.id);
    this.#pinned.delete(row.id);
    if (isTrouble(row)) this.#errors--;
    this.#head++;
    if (this.#head > 4096 && this.#head * 2 > this.#rows.length) {
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

const isRunning = ({ status }: TraceRecord): boolean => status === 'queued' || status === 'running';

/** A call that did not end well: what the count of errors counts. */
export const isTrouble = ({ status }: Pick<TraceRecord, 'status'>): boolean =>
  status === 'error' || status === 'failed' || status === 'expired' || status === 'undelivered';
