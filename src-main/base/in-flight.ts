/** Something that is in flight for a while, and knows its place in the list of those that are. */
export interface Slotted {
  slot: number;
}

/**
 * What is in flight right now, in no order. Under load a `Set` or `Map` with as many additions as removals is rebuilt
 * again and again, and each dead table holds on to the next with all that is in it until a full collection: that alone
 * was a third of the CPU of a call.
 */
export class InFlight<T extends Slotted> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#items[item.slot] === item;
  }

  add(item: T): void {
    item.slot = this.#items.push(item) - 1;
  }

  /** False, and nothing happens, when it is not in the list. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.slot] = last;
      last.slot = item.slot;
    }
    return true;
  }

  /** As it stands, for looking only. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.values();
  }

  /** A copy: what is done to the items may take them off the list. */
  all(): T[] {
    return [...this.#items];
  }
}

/** The same by number. A bare object's table of elements is rebuilt without that chain. */
export class InFlightById<T> {
  #items = Object.create(null) as Record<number, T>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `id` must not be in flight yet. */
  set(id: number, item: T): void {
    this.#items[id] = item;
    this.#size += 1;
  }

  get(id: number): T | undefined {
    return this.#items[id];
  }

  /** The item, now off the table; undefined when there is none of that id. */
  take(id: number): T | undefined {
    const item = this.#items[id];
    if (item === undefined) return undefined;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- see above: a Map is what this is not
    delete this.#items[id];
    this.#size -= 1;
    return item;
  }

  /** All ids and items, lowest id first. */
  entries(): [number, T][] {
    return Object.entries(this.#items).map(([id, item]) => [Number(id), item]);
  }

  clear(): void {
    this.#items = Object.create(null) as Record<number, T>;
    this.#size = 0;
  }
}
