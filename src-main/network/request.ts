import { TunnelError, type Leg } from '../../shared/errors.ts';
import type { Lease } from './routes.ts';

export interface SmallRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly leg: Leg;
  readonly timeoutMs: number;
  /** Of the answer's body; more is cut off. */
  readonly maxBytes: number;
}

export interface SmallAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * A request off the hot path with its whole answer. Redirects are not followed. Rejects with `TunnelError`: `timed_out`,
 * `body_too_large`, or what the route makes of a failure. Only undici's `dispatch` is used: that is all the bundle has.
 */
export function requestSmall(lease: Lease, request: SmallRequest): Promise<SmallAnswer> {
  const { url, method, headers, body, leg, timeoutMs, maxBytes } = request;
  return new Promise<SmallAnswer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let over: TunnelError | undefined;
    let abort: ((error?: Error) => void) | undefined;
    const give = (error: TunnelError): void => {
      clearTimeout(timer);
      reject(error);
      over = error;
      abort?.(error);
    };
    const timer = setTimeout(() => give(new TunnelError('timed_out', leg, { seconds: timeoutMs / 1_000 })), timeoutMs);
    lease.dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body: body ?? null },
      {
        onConnect: (doAbort: (error?: Error) => void) => {
          if (over) doAbort(over);
          else abort = doAbort;
        },
        onHeaders: (code: number) => {
          status = code;
          return true;
        },
        onData: (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > maxBytes) give(new TunnelError('body_too_large', leg, { bytes: maxBytes }));
          return true;
        },
        onComplete: () => {
          clearTimeout(timer);
          resolve({ status, text: Buffer.concat(chunks).toString('utf8') });
        },
        onError: (cause: Error) => {
          clearTimeout(timer);
          reject(lease.explain(cause));
        },
      },
    );
  });
}
