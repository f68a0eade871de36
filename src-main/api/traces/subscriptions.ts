import { TunnelError } from '../../../shared/errors.ts';
import type { Caller } from '../../../shared/ipc.ts';
import { parseFilter } from '../../../shared/trace-filter.ts';
import type { TraceRow, TraceWindow, WindowRequest } from '../../../shared/trace-view.ts';
import type { TraceRecord } from '../../call/record.ts';
import type { BodyReader } from '../../detect/body-reader.ts';
import type { TraceChange, TraceStore } from '../../observe/trace-store.ts';
import { TraceSearch } from './search.ts';

/** A window on screen is sent at most ten times a second. */
const sendEveryMs = 100;

interface Subscription {
  readonly id: number;
  readonly caller: Caller;
  readonly search: TraceSearch;
  window: WindowRequest;
  dirty: boolean;
  timer: NodeJS.Timeout | undefined;
}

export const rowOf = (store: TraceStore, record: TraceRecord): TraceRow => ({
  ...record,
  pinned: store.isPinned(record.id),
});

/** Lists of calls that somebody looks at: each a filter, the part that is on screen, and deltas when that part changes. */
export class TraceSubscriptions {
  readonly #store: TraceStore;
  readonly #bodies: BodyReader;
  readonly #nameOf: (tunnel: string) => string;
  readonly #subscriptions = new Map<number, Subscription>();
  #nextId = 1;
  #stopListening: (() => void) | undefined;

  constructor(store: TraceStore, bodies: BodyReader, nameOf: (tunnel: string) => string) {
    this.#store = store;
    this.#bodies = bodies;
    this.#nameOf = nameOf;
  }

  subscribe(query: string, window: WindowRequest, caller: Caller): { subscription: number; window: TraceWindow } {
    const id = this.#nextId++;
    let subscription: Subscription | undefined = undefined;
    const search = new TraceSearch(this.#store, this.#bodies, parseFilter(query), this.#nameOf, () => {
      if (subscription) this.#schedule(subscription);
    });
    subscription = { id, caller, search, window, dirty: false, timer: undefined };
    this.#subscriptions.set(id, subscription);
    this.#stopListening ??= this.#store.onChange((change) => this.#changed(change));
    caller.onGone(() => this.#end(id));
    return { subscription: id, window: this.#windowOf(subscription) };
  }

  move(id: number, window: WindowRequest, caller: Caller): TraceWindow {
    const subscription = this.#of(id, caller);
    subscription.window = window;
    subscription.dirty = false;
    return this.#windowOf(subscription);
  }

  unsubscribe(id: number, caller: Caller): void {
    if (this.#subscriptions.get(id)?.caller === caller) this.#end(id);
  }

  #of(id: number, caller: Caller): Subscription {
    const subscription = this.#subscriptions.get(id);
    if (subscription?.caller !== caller) throw new TunnelError('not_found', 'local', { what: 'subscription' });
    return subscription;
  }

  #end(id: number): void {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return;
    subscription.search.stop();
    clearTimeout(subscription.timer);
    this.#subscriptions.delete(id);
    if (this.#subscriptions.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #changed({ changed, cleared }: TraceChange): void {
    for (const subscription of this.#subscriptions.values()) {
      if (cleared) subscription.search.restart();
      else subscription.search.changed(changed);
      this.#schedule(subscription);
    }
  }

  #schedule(subscription: Subscription): void {
    subscription.dirty = true;
    subscription.timer ??= setTimeout(() => {
      subscription.timer = undefined;
      if (!subscription.dirty) return;
      subscription.dirty = false;
      subscription.caller.send('traces.delta', {
        subscription: subscription.id,
        window: this.#windowOf(subscription),
      });
    }, sendEveryMs);
  }

  #windowOf({ search, window }: Subscription): TraceWindow {
    const newer = window.upTo === undefined ? 0 : search.newerThan(window.upTo);
    const total = search.total - newer;
    const rows: TraceRow[] = [];
    for (let index = window.from; index < Math.min(window.from + window.count, total); index++) {
      const record = this.#store.get(search.at(newer + index) ?? -1);
      if (record) rows.push(rowOf(this.#store, record));
    }
    const { searched } = search;
    return {
      version: window.version,
      total,
      newer,
      ...(searched === undefined ? {} : { searched }),
      kept: this.#store.count,
      from: window.from,
      rows,
    };
  }
}
