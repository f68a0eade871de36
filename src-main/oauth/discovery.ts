import { TunnelError, type ErrorParams } from '../../shared/errors.ts';
import type { HttpChannelConfig, Profile } from '../../shared/profile.ts';
import type { HeaderList } from '../../shared/trace.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import { isWellFormed } from '../json/structure.ts';
import type { ChannelAnswer } from '../call/channel.ts';
import { HttpCall, placeOf, type HttpCallRequest, type Outcome } from '../mcp/http-call.ts';
import { headerValue, requestHeaders, type StaticHeader } from '../mcp/http-headers.ts';
import { StaticHeaders } from '../mcp/static-headers.ts';
import type { Routes } from '../network/routes.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import {
  discoveredUrls,
  webUrl,
  type AuthServerMetadata,
  type DiscoveredUrl,
  type ResourceDocument,
} from './discovered-urls.ts';
import { resourceMetadataOf, resourceMetadataUrls, serverMetadataUrls } from './metadata-url.ts';

/** Protected-resource metadata as a server gave it: its status, headers and exact bytes, checked to be JSON. */
export interface ResourceMetadata extends ChannelAnswer {
  readonly body: Buffer;
  readonly source: URL;
}

/** What a look at start found: how to sign in, that there is no sign-in, or that looking failed. */
export type DiscoveryResult =
  | {
      readonly kind: 'found';
      readonly resource: ResourceMetadata;
      readonly urls: readonly DiscoveredUrl[];
      /** Origins that the server names and that were not asked: neither its own nor listed. */
      readonly notAsked: readonly string[];
      /** The authorization server calls itself by another name than the one it was asked under; both are addresses. */
      readonly issuerMismatch?: { readonly asked: string; readonly said: string };
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: TunnelError };

/** OAuth discovery for one HTTP server: the `oauth_discovery` command, and one look at start. */
export interface OAuthDiscovery {
  /** For the command (`resp_type` `oauth_discovery_response`). Rejects with `TunnelError`, and then nothing is posted. */
  answer(cancellation: Cancellation): Promise<ResourceMetadata>;
  /** Also asks the first authorization server for its endpoints, which Harpoon may offer. Never rejects. */
  discover(cancellation: Cancellation): Promise<DiscoveryResult>;
}

export interface OAuthDiscoveryDeps {
  readonly routes: Routes;
  readonly secrets: SecretResolver;
  readonly clock: Clock;
}

type DiscoverySettings = Pick<Profile['mcp'], 'extraHeaders' | 'discoveryExtraHeaders' | 'oauthTrustedOrigins'>;

const maxBodyBytes = 1024 * 1024;
const maxRedirects = 10;
const challengeLimitMs = 1_000;
const requestLimitMs = 10_000;

/**
 * Asks the server's own origin and those that are listed (`mcp.oauth_trusted_origins`), at every redirect, too: what a server
 * names could be any address of the network that Culvert is in. Behind a Unix socket there is only the server.
 * Every request takes the server's own route: proxy, CA and Unix socket. The operator's static headers, those for
 * discovery included, go to the server's origin and nowhere else.
 */
export function createOAuthDiscovery(
  config: HttpChannelConfig,
  mcp: DiscoverySettings,
  deps: OAuthDiscoveryDeps,
): OAuthDiscovery {
  return new Discovery(config, mcp, deps);
}

class Discovery implements OAuthDiscovery {
  readonly #config: HttpChannelConfig;
  readonly #url: URL;
  readonly #deps: OAuthDiscoveryDeps;
  readonly #headers: StaticHeaders;
  readonly #trusted: ReadonlySet<string>;

  constructor(config: HttpChannelConfig, mcp: DiscoverySettings, deps: OAuthDiscoveryDeps) {
    this.#config = config;
    this.#url = new URL(config.url);
    this.#deps = deps;
    this.#trusted = new Set([this.#url.origin, ...(mcp.oauthTrustedOrigins ?? [])]);
    this.#headers = new StaticHeaders(config, mcp, deps.secrets);
  }

  async answer(cancellation: Cancellation): Promise<ResourceMetadata> {
    const challenged = await this.#challenge(cancellation);
    return this.#fetchResource(challenged, cancellation);
  }

  async discover(cancellation: Cancellation): Promise<DiscoveryResult> {
    let challenged: URL | undefined;
    try {
      challenged = await this.#challenge(cancellation);
      const resource = await this.#fetchResource(challenged, cancellation);
      const metadata = JSON.parse(resource.body.toString()) as ResourceDocument;
      const issuer = metadata.authorization_servers?.[0];
      const issuerUrl = webUrl(issuer);
      const server = issuer && issuerUrl && (await this.#serverMetadata(issuer, issuerUrl, cancellation));
      const { unixSocket } = this.#config;
      const urls = discoveredUrls(metadata, resource.source, server || undefined, {
        serverUrl: this.#url,
        isTrusted: (url) => this.#trusted.has(url.origin),
        ...(unixSocket !== undefined && { unixSocket }),
      });
      const named = [challenged, issuerUrl].flatMap((url) => (url && !this.#mayAsk(url) ? [url.origin] : []));
      const said = server ? server.document['issuer'] : undefined;
      const issuerMismatch = issuer &&
        server &&
        said !== issuer && { asked: issuer, said: typeof said === 'string' ? said : '' };
      return {
        kind: 'found',
        resource,
        urls,
        notAsked: [...new Set(named)],
        ...(issuerMismatch && { issuerMismatch }),
      };
    } catch (error) {
      const failure = asTunnelError(error, 'oauth');
      // A server that only says 404 has no sign-in to describe, and nothing is wrong with that.
      const absent = failure.code === 'oauth_metadata' && failure.params['status'] === 404 && challenged === undefined;
      return absent ? { kind: 'none' } : { kind: 'failed', error: failure };
    }
  }

  /** Asks the server itself, without a message: its 401 may name the place. */
  async #challenge(cancellation: Cancellation): Promise<URL | undefined> {
    const stopAt = this.#deps.clock.now() + challengeLimitMs;
    for (const method of ['POST', 'GET'] as const) {
      const left = stopAt - this.#deps.clock.now();
      if (left <= 0) return undefined;
      try {
        const { status, headers } = await this.#request(this.#url, cancellation, left, { method });
        if (status !== 401) continue;
        const found = resourceMetadataOf(headers.filter(([name]) => isChallenge(name)).map(([, value]) => value));
        if (webUrl(found?.href)) return found;
      } catch (error) {
        if (cancellation.reason !== undefined) throw error;
      }
    }
    return undefined;
  }

  async #fetchResource(challenged: URL | undefined, cancellation: Cancellation): Promise<ResourceMetadata> {
    const candidates = [
      ...(challenged && this.#mayAsk(challenged) ? [challenged] : []),
      ...resourceMetadataUrls(this.#url),
    ];
    const urls = [...new Map(candidates.map((url) => [url.href, url])).values()];
    let last: TunnelError | undefined;
    for (const [index, url] of urls.entries()) {
      const isLast = index === urls.length - 1;
      let answer: ChannelAnswer;
      try {
        answer = await this.#request(url, cancellation, requestLimitMs, { method: 'GET', wantsBody: true });
      } catch (error) {
        if (cancellation.reason !== undefined) throw error;
        last = asTunnelError(error, 'oauth');
        continue;
      }
      const { status, headers, body = Buffer.alloc(0) } = answer;
      const problem = problemOf(body);
      const mayBeElsewhere = status === 404 || status >= 500;
      if (problem === undefined && (isLast || !mayBeElsewhere)) return { status, headers, body, source: url };
      last = failure(url, { status, detail: mayBeElsewhere ? `status ${status}` : (problem ?? '') });
      if (!mayBeElsewhere) break;
    }
    throw last ?? failure(this.#url, {});
  }

  /** The first document that names its issuer as it was asked for; failing that, the first at all. Undefined: none. */
  async #serverMetadata(
    issuer: string,
    issuerUrl: URL,
    cancellation: Cancellation,
  ): Promise<AuthServerMetadata | undefined> {
    if (!this.#mayAsk(issuerUrl)) return undefined;
    let fallback: AuthServerMetadata | undefined;
    for (const url of serverMetadataUrls(issuerUrl)) {
      try {
        const answer = await this.#request(url, cancellation, requestLimitMs, { method: 'GET', wantsBody: true });
        const type = headerValue(answer.headers, 'content-type')?.split(';')[0]?.trim().toLowerCase();
        if (answer.status !== 200 || type !== 'application/json' || answer.body === undefined) continue;
        const document = JSON.parse(answer.body.toString()) as Record<string, unknown>;
        const found = { issuerUrl, metadataUrl: url, document };
        if (document['issuer'] === issuer) return found;
        fallback ??= found;
      } catch (error) {
        if (cancellation.reason !== undefined) throw error;
      }
    }
    return fallback;
  }

  #mayAsk(url: URL): boolean {
    return this.#trusted.has(url.origin) || this.#config.unixSocket !== undefined;
  }

  /** One request with its redirects. */
  async #request(
    url: URL,
    cancellation: Cancellation,
    limitMs: number,
    options: Pick<HttpCallRequest, 'method' | 'wantsBody'>,
  ): Promise<ChannelAnswer> {
    const { clock } = this.#deps;
    const limited = new Cancellation();
    const unsubscribe = cancellation.onCancel((reason) => limited.cancel(reason));
    const stop = clock.after(limitMs, () => limited.cancel('deadline'));
    try {
      let next = url;
      for (let hops = 0; hops <= maxRedirects; hops += 1) {
        if (!this.#mayAsk(next))
          throw failure(url, { detail: `redirect to ${next.origin}, which mcp.oauth_trusted_origins does not list` });
        const outcome = await this.#once(next, limited, options);
        if ('failure' in outcome) throw outcome.failure;
        if (!('redirect' in outcome)) return outcome;
        next = outcome.redirect;
      }
      throw failure(url, { detail: 'too many redirects' });
    } catch (error) {
      if (limited.reason === undefined || cancellation.reason !== undefined) throw error;
      throw new TunnelError('timed_out', 'oauth', { seconds: limitMs / 1_000, host: url.hostname });
    } finally {
      stop();
      unsubscribe();
    }
  }

  async #once(
    url: URL,
    cancellation: Cancellation,
    options: Pick<HttpCallRequest, 'method' | 'wantsBody'>,
  ): Promise<Outcome> {
    const { routes, clock } = this.#deps;
    const own = url.origin === this.#url.origin;
    const statics: readonly StaticHeader[] = own ? await this.#headers.forDiscovery() : [];
    const headers = requestHeaders(
      asked,
      statics.filter(({ key }) => key !== 'content-type'),
    );
    const lease = await routes.dispatcherFor(own ? 'mcp-discovery' : 'oauth', { url, name: this.#config.name });
    const request = { ...options, place: placeOf(url), headers };
    const limits = { maxMessageBytes: maxBodyBytes };
    return new Promise((resolve, reject) =>
      new HttpCall({ lease, request, limits, clock, cancellation }, resolve, reject).send(),
    );
  }
}

const asked: HeaderList = [['Accept', 'application/json']];

const isChallenge = (name: string): boolean => name.toLowerCase() === 'www-authenticate';

const failure = (url: URL, params: ErrorParams): TunnelError =>
  new TunnelError('oauth_metadata', 'oauth', { address: `${url.origin}${url.pathname}`, ...params });

/** Why `body` is no protected-resource metadata; undefined when it is. */
function problemOf(body: Buffer): string | undefined {
  if (body.length === 0) return 'empty';
  if (!isWellFormed(body)) return 'not JSON';
  const metadata = JSON.parse(body.toString()) as Partial<Record<keyof ResourceDocument, unknown>> | null;
  if (typeof metadata !== 'object' || metadata === null) return 'not an object';
  if (typeof metadata.resource !== 'string' || metadata.resource === '') return 'no resource';
  const { authorization_servers: servers = [] } = metadata;
  const areStrings = Array.isArray(servers) && servers.every((server) => typeof server === 'string');
  return areStrings || servers === null ? undefined : 'authorization_servers';
}
