/** Something that is in flight for a while, and knows its place in the list of those that are. */
export interface Slotted {
  slot: number;
}

/**
 * What is in flight right now, in no order. A `Set` with as many additions as removals is rebuilt again and again, and
 * each dead one holds on to the next until a full collection: that doubled the price of collecting garbage under load.
 */
export class InFlight<T extends Slotted> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.slot = this.#items.push(item) - 1;
  }

  /** Does nothing when it is not in the list. */
  delete(item: T): void {
    if (this.#items[item.slot] !== item) return;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#items[item.slot] = last;
    last.slot = item.slot;
  }

  /** A copy: what is done to the items may take them off the list. */
  all(): T[] {
    return [...this.#items];
  }
}
