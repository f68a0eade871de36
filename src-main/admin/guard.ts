import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { uiClientHeader } from '../../shared/ui-transport.ts';
import { isLoopbackAddress, isLoopbackName } from '../base/loopback.ts';
import type { Access } from './listener.ts';
import type { Sessions } from './sessions.ts';

/** Why a request is refused: the status, and a word for the answer's body. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

export interface GuardOptions {
  /** An address off loopback was asked for: probes answer any Host. */
  readonly offLoopback: boolean;
  readonly unixSocket: boolean;
  readonly allowRemoteUi: boolean;
  /** The instance's own token, for the command line; sent as a bearer token. */
  readonly instanceToken: string;
  readonly sessions: Sessions;
}

/** `localhost`, `127.0.0.1` or `[::1]`, with any port: names that no foreign page can make its own by DNS rebinding. */
export function isLoopbackHost(host: string | undefined): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(host ?? '');
  return isLoopbackName(match?.[1] ?? match?.[2] ?? '');
}

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Our own page, or no page at all. `null` and foreign origins are refused, whatever the Host says. */
function originFits(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin === `http://${host ?? ''}`;
}

/**
 * The one place where Host, Origin, peer and token are checked. Undefined = go on. `entering`: the address itself
 * carries a one-time token, which is checked next, and may have been followed from anywhere.
 */
export function refuse(
  request: IncomingMessage,
  access: Access,
  entering: boolean,
  options: GuardOptions,
): Refusal | undefined {
  const remote = !options.unixSocket && !isLoopbackAddress(request.socket.remoteAddress ?? '');
  const foreignHost = !options.unixSocket && !isLoopbackHost(request.headers.host);
  if (access === 'probe') {
    return foreignHost && !options.offLoopback ? { status: 403, reason: 'this Host is not known here' } : undefined;
  }
  const widened = access === 'ui' && options.allowRemoteUi;
  if (remote && !widened) return { status: 403, reason: 'only programs on this machine may ask this' };
  if (foreignHost && !widened) return { status: 403, reason: 'this Host is not known here' };
  if (entering) return undefined;
  if (!originFits(request)) return { status: 403, reason: 'this page may not ask this' };
  if (access === 'local') return undefined;

  const [, bearer] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (bearer !== undefined)
    return same(bearer, options.instanceToken) ? undefined : { status: 401, reason: 'this token is not valid' };
  if (!options.sessions.has(request.headers.cookie)) {
    return { status: 401, reason: 'open the address that Culvert prints; its token works once' };
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const ownHeader = (request.headers[uiClientHeader.toLowerCase()] ?? '') !== '';
  if (!reads && (!ownHeader || request.headers.origin === undefined))
    return { status: 403, reason: 'this call does not come from our own page' };
  return undefined;
}
