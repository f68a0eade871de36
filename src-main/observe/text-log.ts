/** Small enough that little is held in vain, large enough that the garbage collector hardly sees them. */
const slabBytes = 64 * 1024;
/** Bytes of a UTF-16 unit in UTF-8, at most. */
const mostBytes = 3;

interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** Texts in it that somebody still has. */
  live: number;
}

/** Where a text is: in one slab, its head before its tail. Kept in the object that has the text, which spares one of its own. */
export interface HasText {
  slab: Slab | undefined;
  offset: number;
  headBytes: number;
  tailBytes: number;
}

/**
 * Texts outside the heap: as strings, thousands that live for a while are copied twice by the garbage collector before it
 * lets them be. Slabs are used again once nobody has a text in them.
 */
export class TextLog {
  #slab: Slab = newSlab(slabBytes);
  #spare: Slab | undefined;

  /** Writes a text in two parts, which can be read by themselves, in place of what `holder` had. */
  put(holder: HasText, head: string, tail: string): void {
    this.drop(holder);
    const most = (head.length + tail.length) * mostBytes;
    const slab = most > slabBytes / 4 ? newSlab(most) : this.#slabFor(most);
    holder.slab = slab;
    holder.offset = slab.used;
    holder.headBytes = slab.bytes.write(head, slab.used, 'utf8');
    holder.tailBytes = slab.bytes.write(tail, slab.used + holder.headBytes, 'utf8');
    slab.used += holder.headBytes + holder.tailBytes;
    slab.live++;
  }

  head({ slab, offset, headBytes }: HasText): string {
    return slab?.bytes.toString('utf8', offset, offset + headBytes) ?? '';
  }

  tail({ slab, offset, headBytes, tailBytes }: HasText): string {
    const start = offset + headBytes;
    return slab?.bytes.toString('utf8', start, start + tailBytes) ?? '';
  }

  drop(holder: HasText): void {
    const { slab } = holder;
    if (slab === undefined) return;
    holder.slab = undefined;
    slab.live--;
    if (slab.live > 0 || slab === this.#slab || slab.bytes.length !== slabBytes) return;
    slab.used = 0;
    this.#spare = slab;
  }

  #slabFor(bytes: number): Slab {
    if (this.#slab.used + bytes <= slabBytes) return this.#slab;
    const full = this.#slab;
    this.#slab = this.#spare ?? newSlab(slabBytes);
    this.#spare = undefined;
    if (full.live === 0) {
      full.used = 0;
      this.#spare = full;
    }
    return this.#slab;
  }
}

const newSlab = (bytes: number): Slab => ({ bytes: Buffer.allocUnsafeSlow(bytes), used: 0, live: 0 });
