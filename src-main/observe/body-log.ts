/** Small enough that little is held beyond the budget, large enough that the garbage collector hardly sees them. */
const slabBytes = 64 * 1024;
/** What is longer is kept by itself. */
const mostInSlab = slabBytes / 4;

/** Something that was kept: where it comes in the order of all that ever was, and where in its slab. */
export interface Place {
  readonly position: number;
  readonly offset: number;
  readonly length: number;
}

interface Slab {
  /** Position of the first piece in it. */
  readonly start: number;
  readonly bytes: Buffer;
}

/**
 * Pieces of bytes in the order in which they came, the oldest gone when there are more than the budget. Small ones are
 * copied into slabs that are used again: as objects of their own they kept the garbage collector busy.
 */
export class BodyLog {
  #budget: number;
  #slabs: Slab[] = [];
  #used = slabBytes;
  #spare: Buffer | undefined;
  /** By position, oldest first. */
  readonly #long = new Map<number, Buffer>();
  #head = 0;
  #tail = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Bytes that are kept. */
  get size(): number {
    return this.#tail - this.#head;
  }

  /** Position of what is put next. */
  get end(): number {
    return this.#tail;
  }

  set budget(bytes: number) {
    this.#budget = bytes;
    this.dropBefore(this.#tail - bytes);
  }

  /** A long piece that is most of its buffer is kept as it is: it must not change. */
  put(bytes: Buffer): Place {
    const { length } = bytes;
    const position = this.#tail;
    let offset = 0;
    if (length > mostInSlab) {
      this.#long.set(position, length * 2 >= bytes.buffer.byteLength ? bytes : Buffer.from(bytes));
    } else {
      if (this.#used + length > slabBytes) {
        this.#slabs.push({ start: position, bytes: this.#spare ?? Buffer.allocUnsafeSlow(slabBytes) });
        this.#spare = undefined;
        this.#used = 0;
      }
      offset = this.#used;
      this.#used += bytes.copy(this.#slabs.at(-1)?.bytes ?? bytes, offset);
    }
    this.#tail += length;
    if (this.size > this.#budget) this.dropBefore(this.#tail - this.#budget);
    return { position, offset, length };
  }

  /** Whether it is still there. */
  has({ position }: Place): boolean {
    return position >= this.#head;
  }

  /** A copy; undefined when it is gone. */
  get(place: Place): Buffer | undefined {
    const { position, offset, length } = place;
    if (!this.has(place)) return undefined;
    if (length > mostInSlab) return this.#long.get(position);
    const slab = this.#slabs.findLast(({ start }) => start <= position);
    return slab && Buffer.from(slab.bytes.subarray(offset, offset + length));
  }

  /** Gives up what came before `position`. */
  dropBefore(position: number): void {
    if (position <= this.#head) return;
    this.#head = Math.min(position, this.#tail);
    for (const old of this.#long.keys()) {
      if (old >= this.#head) break;
      this.#long.delete(old);
    }
    while ((this.#slabs[1]?.start ?? Infinity) <= this.#head) this.#spare = this.#slabs.shift()?.bytes;
  }
}
