import type { Lease } from '../network/routes.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { TunnelError } from '../../shared/errors.ts';

export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  /** Flat, as undici takes them. */
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
}

export interface Incoming {
  readonly status: number;
  /** Canonical names, in their order; repeated ones as several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** At most one byte more than was allowed. */
  readonly body: Buffer;
  readonly tooLarge: boolean;
}

export interface ExchangeLimits {
  readonly maxBytes: number;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
}

/**
 * One HTTP exchange over a leased route. Rejects with `TunnelError`: `timed_out`, `cancelled`, or what the route makes of a
 * failure. A body that is larger than it may be is given up where it exceeds the limit.
 */
export function exchange(
  lease: Lease,
  { url, method, headers, body }: Outgoing,
  limits: ExchangeLimits,
  clock: Clock,
  cancellation: Cancellation,
): Promise<Incoming> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let raw: Buffer[] = [];
    let abort: ((error?: Error) => void) | undefined;
    let over = false;
    const finish = (settle: () => void): void => {
      if (over) return;
      over = true;
      stop();
      unsubscribe();
      settle();
    };
    const fail = (error: TunnelError): void =>
      finish(() => {
        reject(error);
        abort?.(error);
      });
    const answer = (tooLarge: boolean): void =>
      finish(() => resolve({ status, headers: headerMap(raw), body: Buffer.concat(chunks), tooLarge }));
    const stop = clock.after(Math.max(0, limits.deadlineAt - clock.now()), () =>
      fail(new TunnelError('timed_out', 'harpoon')),
    );
    let unsubscribe: () => void = () => undefined;
    if (cancellation.reason !== undefined)
      return fail(new TunnelError('cancelled', 'harpoon', { reason: cancellation.reason }));
    unsubscribe = cancellation.onCancel((reason) => fail(new TunnelError('cancelled', 'harpoon', { reason })));
    lease.dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: method,
        headers: [...headers],
        body: body ?? null,
      },
      {
        onConnect: (doAbort: (error?: Error) => void) => {
          if (over) doAbort();
          else abort = doAbort;
        },
        onHeaders: (code: number, list: Buffer[]) => {
          if (code < 200) return true;
          status = code;
          raw = list.map((bytes) => Buffer.from(bytes));
          return true;
        },
        onData: (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(Buffer.from(chunk));
          if (size > limits.maxBytes) {
            answer(true);
            abort?.();
          }
          return true;
        },
        onComplete: () => answer(false),
        onError: (cause: Error) => fail(lease.explain(cause)),
      },
    );
  });
}

/** Of one hop, and taken off by whoever reads it. */
const ofTheHop = new Set(['Transfer-Encoding', 'Trailer']);

function headerMap(raw: readonly Buffer[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index]?.toString('latin1') ?? '')
      .toLowerCase()
      .replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
    if (ofTheHop.has(name)) continue;
    const value = raw[index + 1]?.toString('latin1') ?? '';
    const values = map.get(name);
    if (values) values.push(value);
    else map.set(name, [value]);
  }
  return map;
}
