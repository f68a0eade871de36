import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopbackName } from '../base/loopback.ts';
import { ApiError } from './api-error.ts';

const hostnameOf = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase();
};

/**
 * Refuses requests that a web page could have made: by DNS rebinding (a Host that is a foreign name) or across origins.
 * An IP literal cannot be rebound, so off loopback every literal is good, and names only when they are listed.
 */
export class Guard {
  readonly #names: ReadonlySet<string>;
  readonly #anyLiteral: boolean;

  constructor(loopbackOnly: boolean, allowedHosts: readonly string[]) {
    this.#names = new Set(allowedHosts.map((host) => host.toLowerCase()));
    this.#anyLiteral = !loopbackOnly;
  }

  /** Throws 403 unless Host and, if sent, Origin are ours. */
  check(request: IncomingMessage): void {
    if (!this.#allows(hostnameOf(`http://${request.headers.host ?? ''}`)))
      throw new ApiError(
        403,
        null,
        'This Host is not served here. Start the relay with --allow-host NAME to serve it.',
      );
    const { origin } = request.headers;
    if (origin !== undefined && !this.#allows(hostnameOf(origin)))
      throw new ApiError(403, null, 'This Origin may not call the relay. Start it with --allow-host NAME to let it.');
  }

  #allows(name: string | undefined): boolean {
    return (
      name !== undefined && (isLoopbackName(name) || this.#names.has(name) || (this.#anyLiteral && isIP(name) !== 0))
    );
  }
}
