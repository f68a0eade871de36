import type { Dispatcher } from 'undici';
import { toTunnelError } from '../network/errors.ts';
import type { Lease, Routes } from '../network/routes.ts';
import type { FetchHandler } from './types.ts';

type Options = Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'method' | 'headers' | 'body'>;

/** What an HTTP call hears of its answer (undici's handler of raw header buffers). */
interface Handler {
  onConnect?(abort: (error?: Error) => void): void;
  onHeaders?(status: number, raw: Buffer[], resume: () => void, text: string): boolean;
  onData?(chunk: Buffer): boolean;
  onComplete?(trailers: null): void;
  onError?(error: Error): void;
}

/**
 * Routes that lead to a function of this process in place of a network: so the channel for Streamable HTTP serves it as it
 * serves any other server, streams, sessions and cancellation included.
 */
export function handlerRoutes(handler: FetchHandler): Routes {
  const dispatcher = {
    dispatch: (options: Options, receiver: Handler): boolean => {
      void serve(handler, options, receiver);
      return true;
    },
  } as unknown as Dispatcher;
  const lease: Lease = {
    dispatcher,
    explain: (cause) => toTunnelError(cause, 'mcp-server'),
    release: () => undefined,
  };
  const nothing = (): Promise<never> => Promise.reject(new Error('there is no network between'));
  return {
    leaseNow: () => lease,
    dispatcherFor: () => Promise.resolve(lease),
    check: () => Promise.resolve(),
    test: nothing,
    walk: nothing,
    describe: nothing,
    certificates: () => [],
    closeIdle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  } as unknown as Routes;
}

async function serve(handler: FetchHandler, options: Options, receiver: Handler): Promise<void> {
  const aborter = new AbortController();
  const isAborted = (): boolean => aborter.signal.aborted;
  try {
    receiver.onConnect?.((error) => aborter.abort(error));
    if (isAborted()) return;
    const flat = options.headers as readonly string[];
    const headers = new Headers();
    for (let index = 0; index + 1 < flat.length; index += 2) headers.append(flat[index] ?? '', flat[index + 1] ?? '');
    const method = options.method;
    const body = options.body as Buffer | null;
    const request = new Request(new URL(options.path, String(options.origin)), {
      method,
      headers,
      signal: aborter.signal,
      ...(body !== null && method !== 'GET' && { body: new Uint8Array(body) }),
    });
    const response = await handler(request);
    receiver.onHeaders?.(response.status, rawHeaders(response.headers), () => undefined, '');
    if (response.body) {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        if (isAborted()) break;
        receiver.onData?.(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      }
    }
    if (isAborted()) receiver.onError?.(abortedBy(aborter.signal));
    else receiver.onComplete?.(null);
  } catch (error) {
    receiver.onError?.(error instanceof Error ? error : new Error('the handler failed'));
  }
}

const abortedBy = ({ reason }: AbortSignal): Error => (reason instanceof Error ? reason : new Error('aborted'));

const rawHeaders = (headers: Headers): Buffer[] =>
  [...headers].flatMap(([name, value]) => [Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')]);
