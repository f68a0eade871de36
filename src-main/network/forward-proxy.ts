import type { Dispatcher } from 'undici';
import type { Leg } from '../../shared/errors.ts';
import { proxyRefusal } from './connect.ts';
import type { Proxy } from './proxy.ts';
import type { ProxySignIns } from './proxy-sign-in.ts';

/**
 * Speaks to a proxy in absolute form (RFC 9112, 3.2.2), which is how plain HTTP goes through one: the path becomes the
 * target's whole URL, Host stays the target's. A 407 is the proxy's own answer and fails the request with `proxy_auth`.
 */
export function throughForwardProxy(
  target: URL,
  proxy: Proxy,
  leg: Leg,
  signIns: ProxySignIns | undefined,
): Dispatcher.DispatcherComposeInterceptor {
  const refusal = (): Error => proxyRefusal(leg, 407, { proxy: proxy.label, host: target.hostname });
  return (dispatch) => (options, handler) => {
    if (signIns?.mayAsk(proxy) === false) {
      // as a failure to connect would come: never from within the call
      queueMicrotask(() => failUnsent(handler, refusal()));
      return true;
    }
    return dispatch(
      {
        ...options,
        path: target.origin + options.path,
        headers: proxyHeaders(options.headers, target, proxy),
      },
      watching(handler, (status) => {
        if (status !== 407) {
          signIns?.accepted(proxy);
          return undefined;
        }
        signIns?.refused(proxy);
        return refusal();
      }),
    );
  };
}

function failUnsent(handler: Dispatcher.DispatchHandler, error: Error): void {
  if (handler.onResponseError === undefined) return handler.onError?.(error);
  const controller = { aborted: true, paused: false, reason: error, abort: ignore, pause: ignore, resume: ignore };
  handler.onResponseError(controller, error);
}

const ignore = (): void => undefined;

type Headers = Dispatcher.DispatchOptions['headers'];

function proxyHeaders(headers: Headers, target: URL, proxy: Proxy): string[] {
  const list: string[] = [];
  if (Array.isArray(headers)) list.push(...headers);
  else if (headers) {
    const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
    for (const [name, value] of entries) {
      if (value === undefined) continue;
      for (const one of Array.isArray(value) ? value : [value]) list.push(name, one);
    }
  }
  const hasHost = list.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (!hasHost) list.push('host', target.host);
  if (proxy.authorization !== undefined) list.push('proxy-authorization', proxy.authorization);
  return list;
}

/** Passes everything on but what `refusal` makes of the status. undici hands its two generations of handlers through unchanged, so both are here. */
function watching(
  handler: Dispatcher.DispatchHandler,
  refusal: (status: number) => Error | undefined,
): Dispatcher.DispatchHandler {
  if (handler.onRequestStart !== undefined) {
    return {
      onRequestStart: (controller, context: unknown) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade: (controller, status, headers, socket) =>
        handler.onRequestUpgrade?.(controller, status, headers, socket),
      onResponseStart: (controller, status, headers, message) => {
        const refused = refusal(status);
        if (refused) controller.abort(refused);
        else handler.onResponseStart?.(controller, status, headers, message);
      },
      onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
      onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
      onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
    };
  }
  let abort: (error?: Error) => void = () => undefined;
  return {
    onConnect: (abortRequest) => {
      abort = abortRequest;
      handler.onConnect?.(abortRequest);
    },
    onError: (error) => handler.onError?.(error),
    onUpgrade: (status, headers, socket) => handler.onUpgrade?.(status, headers, socket),
    onHeaders: (status, headers, resume, text) => {
      const refused = refusal(status);
      if (!refused) return handler.onHeaders?.(status, headers, resume, text) ?? true;
      abort(refused);
      return true;
    },
    onData: (chunk) => handler.onData?.(chunk) ?? true,
    onComplete: (trailers) => handler.onComplete?.(trailers),
    onBodySent: (chunk, total) => handler.onBodySent?.(chunk, total),
  };
}
