import type { Proxy } from './proxy.ts';

/** A little less than the minute after which a poll is tried again, so that the poll is the one that gets through. */
const betweenTriesMs = 59_000;

interface Refused {
  count: number;
  /** Monotonic time before which the proxy is not asked again. */
  notBefore: number;
}

/**
 * Remembers which proxies refused which password. Companies lock an account after a few wrong ones, and polls, answers,
 * checks and calls all go through the same proxy: after the second refusal there is one try a minute for all of them.
 */
export class ProxySignIns {
  readonly #refused = new Map<string, Refused>();
  readonly #now: () => number;

  /** @param now - monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether it may be asked now. After a refusal each yes is one try. */
  mayAsk(proxy: Proxy): boolean {
    const refused = this.#refused.get(keyOf(proxy));
    if (!refused) return true;
    const now = this.#now();
    if (now < refused.notBefore) return false;
    refused.notBefore = now + betweenTriesMs;
    return true;
  }

  refused(proxy: Proxy): void {
    const key = keyOf(proxy);
    const refused = this.#refused.get(key);
    if (!refused) this.#refused.set(key, { count: 1, notBefore: 0 });
    else if (++refused.count > 1) refused.notBefore = Math.max(refused.notBefore, this.#now() + betweenTriesMs);
  }

  accepted(proxy: Proxy): void {
    if (this.#refused.size > 0) this.#refused.delete(keyOf(proxy));
  }

  /** A person has acted: each may be asked again. */
  forget(): void {
    this.#refused.clear();
  }
}

/** Another password is another try. */
const keyOf = ({ label, authorization, credentials }: Proxy): string =>
  JSON.stringify([label, authorization, credentials?.username, credentials?.password]);
