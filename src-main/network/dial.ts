import { lookup, type LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { systemClock, type Clock } from '../base/clock.ts';

/** RFC 8305, section 5: how long an attempt is ahead of the next one, in milliseconds. */
const usualDelayMs = 250;
const leastDelayMs = 100;
const mostDelayMs = 2_000;
const memoryMs = 600_000;
const mostRemembered = 200;

export interface DialDeps {
  readonly clock: Clock;
  readonly lookup: (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;
  readonly connect: (address: LookupAddress, port: number) => Socket;
}

/** A connection being made. */
export interface Dial {
  readonly socket: Promise<Socket>;
  /** Gives up; `socket` rejects with the error. */
  destroy(error: Error): void;
}

const systemDeps: DialDeps = {
  clock: systemClock,
  lookup: (host, done) => lookup(host, { all: true, order: 'verbatim' }, (error, found) => done(error, found)),
  connect: ({ address, family }, port) => connect({ host: address, family, port }),
};

interface Seen {
  readonly family: number;
  readonly ms: number;
  readonly at: number;
}

/**
 * Opens TCP connections as RFC 8305 has it: the addresses of both families in turn, each attempt a little after the one
 * before, and none given up until one has won. Node's own gives each attempt 250 ms and then ends it, so that over a path of
 * 400 ms nothing is ever reached. The family that won and its round trip are remembered for ten minutes: it goes first the
 * next time, and the delay follows the round trip.
 */
export class Dialer {
  readonly #deps: DialDeps;
  readonly #seen = new Map<string, Seen>();

  constructor(deps: Partial<DialDeps> = {}) {
    this.#deps = { ...systemDeps, ...deps };
  }

  /**
   * `named` hears what a name stands for; `choose` returns the addresses that may be tried, and may throw. Rejects with the
   * system's error, or what `choose` threw; with an `AggregateError` of several attempts.
   */
  open(
    host: string,
    port: number,
    named?: (addresses: readonly string[]) => void,
    choose: (addresses: readonly LookupAddress[]) => readonly LookupAddress[] = (addresses) => addresses,
  ): Dial {
    const version = isIP(host);
    const key = `${host}:${port}`;
    const race = new Race(this.#deps, port, this.#known(key), (seen) => this.#remember(key, seen));
    const start = (addresses: readonly LookupAddress[]): void => {
      try {
        race.start(choose(addresses));
      } catch (error) {
        race.destroy(error as Error);
      }
    };
    if (version !== 0) start([{ address: host, family: version }]);
    else
      this.#deps.lookup(host, (error, addresses) => {
        if (error) return race.destroy(error);
        named?.(addresses.map(({ address }) => address));
        start(addresses);
      });
    return race;
  }

  /** Another network: what was seen holds no more. */
  forget(): void {
    this.#seen.clear();
  }

  #known(key: string): Seen | undefined {
    const seen = this.#seen.get(key);
    return seen && this.#deps.clock.now() - seen.at < memoryMs ? seen : undefined;
  }

  #remember(key: string, seen: Seen): void {
    this.#seen.delete(key);
    this.#seen.set(key, seen);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= mostRemembered) return;
      this.#seen.delete(oldest);
    }
  }
}

/** The families in turn, each in the resolver's order, `first` ahead. */
function inTurn(addresses: readonly LookupAddress[], first: number | undefined): LookupAddress[] {
  const lead = addresses.some(({ family }) => family === first) ? first : addresses[0]?.family;
  const leading = addresses.filter(({ family }) => family === lead);
  const others = addresses.filter(({ family }) => family !== lead);
  return Array.from({ length: Math.max(leading.length, others.length) }, (_, index) => [leading[index], others[index]])
    .flat()
    .filter((address) => address !== undefined);
}

const ignore = (): void => undefined;

class Race implements Dial {
  readonly socket: Promise<Socket>;
  readonly #deps: DialDeps;
  readonly #port: number;
  readonly #known: Seen | undefined;
  readonly #won: (seen: Seen) => void;
  readonly #open = new Set<Socket>();
  readonly #errors: Error[] = [];
  #waiting: LookupAddress[] = [];
  #stopTimer: (() => void) | undefined;
  #resolve: (socket: Socket) => void = ignore;
  #reject: (error: Error) => void = ignore;
  #over = false;

  constructor(deps: DialDeps, port: number, known: Seen | undefined, won: (seen: Seen) => void) {
    this.#deps = deps;
    this.#port = port;
    this.#known = known;
    this.#won = won;
    this.socket = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  start(addresses: readonly LookupAddress[]): void {
    if (this.#over) return;
    this.#waiting = inTurn(addresses, this.#known?.family);
    this.#next();
  }

  destroy(error: Error): void {
    if (this.#over) return;
    this.#end();
    this.#reject(error);
  }

  #next(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const address = this.#waiting.shift();
    if (!address) {
      if (this.#open.size === 0) this.#lost();
      return;
    }
    this.#attempt(address);
    const { ms } = this.#known ?? {};
    const delay = ms === undefined ? usualDelayMs : Math.min(mostDelayMs, Math.max(leastDelayMs, 2 * ms));
    if (this.#waiting.length > 0) this.#stopTimer = this.#deps.clock.after(delay, () => this.#next());
  }

  #attempt(address: LookupAddress): void {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    const socket = this.#deps.connect(address, this.#port);
    this.#open.add(socket);
    const failed = (error: Error): void => {
      if (this.#over || !this.#open.delete(socket)) return;
      socket.destroy();
      this.#errors.push(error);
      // nothing to wait for: the next goes out at once
      this.#next();
    };
    socket.on('error', failed);
    socket.once('close', () => failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    socket.once('connect', () => {
      if (this.#over) return;
      this.#open.delete(socket);
      this.#end();
      this.#won({ family: address.family, ms: clock.now() - startedAt, at: clock.now() });
      this.#resolve(socket);
    });
  }

  #lost(): void {
    this.#end();
    const [first, ...more] = this.#errors;
    if (first === undefined) this.#reject(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }));
    else this.#reject(more.length === 0 ? first : new AggregateError(this.#errors, 'no address could be reached'));
  }

  /** Attempts that are still under way are given up; their errors are nobody's. */
  #end(): void {
    this.#over = true;
    this.#stopTimer?.();
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
  }
}
