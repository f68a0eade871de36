import type { Clock } from '../base/clock.ts';

/** Who has the lease, as it is stored. */
export interface LeaseEntry {
  /** Empty once it was given back. */
  readonly holder: string;
  /** What people see of the holder: machine and process. */
  readonly place: string;
  readonly leaseMs: number;
  /** Another one with every write. */
  readonly version: string;
}

/** Where a lease is kept. Both reject with what the file system or the network says. */
export interface LeaseStore {
  /** For people: the path or the address. */
  readonly name: string;
  read(): Promise<LeaseEntry | undefined>;
  /** Writes this holder over `previous`. False when somebody else has written in between. */
  write(previous: LeaseEntry | undefined): Promise<boolean>;
  /** Gives it back if it is this holder's. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** The token that this process writes. */
  readonly holder: string;
  readonly acquired: () => void;
  readonly lost: (why: string) => void;
  /** Somebody else has it; told once for each holder. */
  readonly standingBy: (place: string) => void;
  readonly failed: (error: unknown) => void;
}

/** How long a holder that says nothing keeps it: what a takeover after a crash costs, in milliseconds. */
export const leaseMs = 6_000;
const standingMs = 1_000;
const holdingMs = 2_000;
/** A holder that could not renew gives up before anyone may take it. */
const giveUpMs = 4_000;

/**
 * One of several processes holds a lease, renews it, and gives it back at the end; the others look every second. Clocks of
 * different machines are never compared: a lease is over when its entry has not changed for its time by one's own clock.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #holding = false;
  #renewedAt = 0;
  #seen: { readonly version: string; readonly at: number } | undefined;
  #toldOf: string | undefined;
  #isFailing = false;
  #stopTimer: (() => void) | undefined;
  #stopGuard: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  start(): void {
    this.#looking = this.#look();
  }

  /** Resolves once it was given back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopTimer?.();
    this.#stopGuard?.();
    await this.#looking;
    if (this.#holding) await this.#options.store.release().catch(() => undefined);
    this.#holding = false;
  }

  async #look(): Promise<void> {
    const { clock, failed } = this.#options;
    try {
      await (this.#holding ? this.#renew() : this.#try());
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) failed(error);
      this.#isFailing = true;
    }
    if (this.#stopped) return;
    this.#stopTimer = clock.after(this.#holding ? holdingMs : standingMs, () => {
      this.#looking = this.#look();
    });
  }

  async #renew(): Promise<void> {
    const { store, clock, holder } = this.#options;
    const at = clock.now();
    const entry = await store.read();
    if (entry?.holder !== holder) return this.#lose(entry === undefined ? 'it is gone' : `${entry.place} has it`);
    if (!(await store.write(entry))) return this.#lose('somebody else has written it');
    this.#renewed(at);
  }

  async #try(): Promise<void> {
    const { store, clock, holder, acquired, standingBy } = this.#options;
    const at = clock.now();
    const entry = await store.read();
    if (entry && entry.holder !== '' && entry.holder !== holder) {
      if (this.#toldOf !== entry.holder) standingBy(entry.place);
      this.#toldOf = entry.holder;
      if (this.#seen?.version !== entry.version) this.#seen = { version: entry.version, at };
      if (at - this.#seen.at <= entry.leaseMs) return;
    }
    if (!(await store.write(entry)) || this.#stopped) return;
    this.#holding = true;
    this.#toldOf = this.#seen = undefined;
    this.#renewed(at);
    acquired();
  }

  #renewed(at: number): void {
    const { clock } = this.#options;
    this.#renewedAt = at;
    this.#stopGuard?.();
    // a store that hangs must not make two serve
    this.#stopGuard = clock.after(at + giveUpMs - clock.now(), () => {
      if (this.#holding && this.#renewedAt === at) this.#lose('it could not be renewed');
    });
  }

  #lose(why: string): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.#stopGuard?.();
    this.#options.lost(why);
  }
}
