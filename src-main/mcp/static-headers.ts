import type { HttpChannelConfig, Profile, SecretRef } from '../../shared/profile.ts';
import { allInOrder } from '../base/all-in-order.ts';
import { overlaidHeaders } from '../settings/headers.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import { staticHeader, type StaticHeader } from './http-headers.ts';

type Settings = Pick<Profile['mcp'], 'extraHeaders' | 'discoveryExtraHeaders'>;

/**
 * The headers an operator set for a server. They go to its configured origin alone; those for discovery only with the
 * probe and the well-known requests, where no caller's own headers exist, and there they win over the others.
 */
export class StaticHeaders {
  readonly #url: URL;
  readonly #settings: Settings;
  readonly #secrets: SecretResolver;
  #calls: Promise<readonly StaticHeader[]> | undefined;
  #current: readonly StaticHeader[] | undefined;

  constructor(config: HttpChannelConfig, mcp: Settings, secrets: SecretResolver) {
    this.#url = new URL(config.url);
    this.#settings = { ...mcp, extraHeaders: overlaidHeaders(mcp.extraHeaders, config.extraHeaders ?? {}) };
    this.#secrets = secrets;
    for (const ref of Object.values(this.#settings.extraHeaders)) secrets.onReplaced(ref, () => this.#forget());
  }

  /** Those for calls, when they need not be read again. */
  get current(): readonly StaticHeader[] | undefined {
    return this.#current;
  }

  /** Rejects with the resolver's codes; the next call resolves anew. */
  forCalls(): Promise<readonly StaticHeader[]> {
    if (this.#calls) return this.#calls;
    const reading = this.#resolve(this.#settings.extraHeaders).then(
      (headers) => {
        if (this.#calls === reading) this.#current = headers;
        return headers;
      },
      (error: unknown) => {
        if (this.#calls === reading) this.#forget();
        throw error;
      },
    );
    return (this.#calls = reading);
  }

  #forget(): void {
    this.#calls = undefined;
    this.#current = undefined;
  }

  async forDiscovery(): Promise<readonly StaticHeader[]> {
    const own = await this.#resolved(this.#settings.discoveryExtraHeaders);
    const general = await this.forCalls();
    return [...own, ...general.filter(({ key }) => !own.some((header) => header.key === key))];
  }

  async #resolve(settings: Readonly<Record<string, SecretRef>>): Promise<readonly StaticHeader[]> {
    const configured = await this.#resolved(settings);
    const { username, password } = this.#url;
    const defaults = [
      staticHeader('Content-Type', 'application/json'),
      staticHeader('Accept', 'application/json, text/event-stream'),
      staticHeader('Accept-Encoding', 'identity'),
    ];
    if (username !== '' || password !== '') {
      const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      defaults.push(staticHeader('Authorization', `Basic ${Buffer.from(pair).toString('base64')}`));
    }
    return [...configured, ...defaults.filter(({ key }) => !configured.some((header) => header.key === key))];
  }

  #resolved(settings: Readonly<Record<string, SecretRef>>): Promise<StaticHeader[]> {
    return allInOrder(
      Object.entries(settings).map(async ([name, ref]) => staticHeader(name, await this.#secrets.resolve(ref))),
    );
  }
}
