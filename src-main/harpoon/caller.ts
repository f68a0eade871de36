import { TunnelError } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { version } from '../base/version.ts';
import type { Routes } from '../network/routes.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import { exchange, type Incoming } from './exchange.ts';
import { asBytes, canonicalHeader, isHeaderText, outboundHeaders } from './headers.ts';
import { Refusal } from './refusal.ts';
import { hasTraversal, type ExactTarget, type Registry, type TemplateTarget } from './registry.ts';
import { Slots } from './slots.ts';
import { maxHeaderBytes } from './template.ts';

const methods: readonly string[] = ['GET', 'POST', 'PUT'];
const defaultTimeoutMs = 30_000;
const userAgent = `culvert/${version}`;

export interface CallArguments {
  readonly label: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeout_ms?: number;
  readonly max_response_bytes?: number;
  readonly follow_redirects?: boolean;
  readonly max_redirects?: number;
}

export interface TemplateArguments {
  readonly label: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout_ms?: number;
  readonly max_response_bytes?: number;
}

export interface CalloutArguments {
  readonly target: string;
  readonly path: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface GraphqlArguments {
  readonly target: string;
  readonly operation: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A request that the rules allow, before anything is sent. */
export interface PlannedRequest {
  readonly label: string;
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** 0: a redirect is the answer. */
  readonly redirects: number;
}

export interface Answered extends Incoming {
  readonly url: URL;
}

export interface CallerDeps {
  readonly registry: Registry;
  readonly settings: Pick<Profile['harpoon'], 'maxResponseBytes' | 'maxRedirects'>;
  readonly routes: Routes;
  readonly secrets: SecretResolver;
  readonly clock: Clock;
}

/**
 * Makes the calls that targets allow, and no other. `plan…` decide without sending anything, for calls and dry runs alike;
 * `send` carries a plan out. All of them throw `Refusal`.
 */
export class Caller {
  readonly #deps: CallerDeps;
  readonly #slots = new Slots();

  constructor(deps: CallerDeps) {
    this.#deps = deps;
  }

  planCall(given: CallArguments): PlannedRequest {
    const label = given.label.trim();
    const target = this.#exact(label);
    const method = this.#method(target, given.method);
    const { url } = target;
    const maxBytes = this.#maxBytes(label, given.max_response_bytes, target);
    return {
      label,
      url,
      method,
      headers: [...outboundHeaders(given.headers ?? {}).flat, 'User-Agent', userAgent],
      body: this.#body(target, method, given.body, maxBytes),
      timeoutMs: timeoutOf(label, given.timeout_ms ?? target.timeoutMs),
      maxBytes,
      redirects: this.#redirects(label, given.follow_redirects ?? true, given.max_redirects),
    };
  }

  /** A path below the base URL of a target that allows it. */
  planCallout({ target: name, path, method: wanted, headers = {}, body }: CalloutArguments): PlannedRequest {
    const label = name.trim();
    const target = this.#exact(label);
    if (target.allowsPaths !== true) throw new Refusal(label, 'target does not allow paths below its URL');
    const method = this.#method(target, wanted);
    const url = below(target.url, path);
    if (url === undefined) throw new Refusal(label, 'path leads outside of the target');
    const maxBytes = this.#maxBytes(label, undefined, target);
    return {
      label,
      url,
      method,
      headers: [...outboundHeaders(headers).flat, 'User-Agent', userAgent],
      body: this.#body(target, method, body, maxBytes),
      timeoutMs: timeoutOf(label, target.timeoutMs),
      maxBytes,
      redirects: this.#deps.settings.maxRedirects,
    };
  }

  /** A listed operation of a GraphQL target. */
  planGraphql({ target: name, operation, variables = {} }: GraphqlArguments): PlannedRequest {
    const label = name.trim();
    const target = this.#deps.registry.get(label);
    if (target?.kind !== 'exact' || !target.graphql) throw new Refusal(label, 'unknown GraphQL target');
    const { graphql, url } = target;
    const body = attempt(label, () => graphql.body(operation, variables));
    const maxBytes = this.#maxBytes(label, undefined, target);
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    return {
      label,
      url,
      method: 'POST',
      headers: [...outboundHeaders(headers).flat, 'User-Agent', userAgent],
      body: this.#body(target, 'POST', body, maxBytes),
      timeoutMs: timeoutOf(label, target.timeoutMs),
      maxBytes,
      redirects: 0,
    };
  }

  /** Rejects with `Refusal`, and with the resolver's `TunnelError` when a fixed header leads to nothing. */
  async planTemplate(given: TemplateArguments): Promise<PlannedRequest> {
    const target = this.#deps.registry.get(given.label);
    if (target?.kind !== 'template') throw new Refusal('', 'unknown template target');
    const { label, template } = target;
    const url = attempt(label, () => template.render(given.parameters));
    const headers = attempt(label, () => template.callerHeaders(given.headers ?? {}));
    for (const [name, value] of await this.#fixedHeaders(target)) headers.set(name, value);
    headers.set('User-Agent', userAgent);
    const size = [...headers].reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
    if (size > maxHeaderBytes) throw new Refusal(label, 'headers exceed size limit');
    return {
      label,
      url,
      method: template.config.method,
      headers: [...headers].flatMap(([name, value]) => [name, asBytes(value)]),
      body: undefined,
      timeoutMs: timeoutOf(label, given.timeout_ms),
      maxBytes: this.#maxBytes(label, given.max_response_bytes),
      redirects: 0,
    };
  }

  /** Rejects with `Refusal`; with `TunnelError` `cancelled` when its caller has left. */
  send(request: PlannedRequest, cancellation: Cancellation): Promise<Answered> {
    return this.#slots.run(request.label, () => this.#send(request, cancellation));
  }

  async #send(request: PlannedRequest, cancellation: Cancellation): Promise<Answered> {
    const { clock } = this.#deps;
    const deadlineAt = clock.now() + request.timeoutMs;
    let { url, method, body, headers } = request;
    for (let hops = 0; ; hops++) {
      const answer = await this.#once(request, { url, method, headers, body }, deadlineAt, cancellation);
      const location = answer.headers.get('Location')?.[0];
      const redirects = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
      if (!redirects || request.redirects === 0) return { ...answer, url };
      if (hops >= request.redirects) throw new Refusal(request.label, 'redirect limit exceeded');
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      const target = next && this.#deps.registry.at(next);
      // its operations are listed: what another target's answer makes of a body is none of them
      if (!next || !target || target.graphql) throw new Refusal(request.label, this.#redirectProblem(next));
      if (answer.status <= 303 && method !== 'GET') {
        method = 'GET';
        body = undefined;
      }
      if (target.allowedMethods && !target.allowedMethods.includes(method))
        throw new Refusal(request.label, 'redirect blocked: method is not allowed there');
      // what signs in at one origin is no other's business
      if (next.origin !== url.origin) headers = withoutCredentials(headers);
      url = next;
    }
  }

  async #once(
    { label, maxBytes }: PlannedRequest,
    outgoing: { url: URL; method: string; headers: readonly string[]; body: Buffer | undefined },
    deadlineAt: number,
    cancellation: Cancellation,
  ): Promise<Incoming> {
    const { routes, clock, registry } = this.#deps;
    const name = registry.at(outgoing.url)?.label ?? label;
    try {
      const lease = await routes.dispatcherFor('harpoon', { url: outgoing.url, name });
      try {
        const headers = [...outgoing.headers, 'Accept-Encoding', 'identity'];
        const limits = { maxBytes, deadlineAt };
        const answer = await exchange(lease, { ...outgoing, headers }, limits, clock, cancellation);
        if (answer.tooLarge) throw new Refusal(label, 'response exceeds size limit');
        return answer;
      } finally {
        lease.release();
      }
    } catch (error) {
      throw named(label, error);
    }
  }

  #redirectProblem(url: URL | undefined): string {
    if (!url) return 'redirect blocked';
    const other = new URL(url);
    other.protocol = url.protocol === 'https:' ? 'http:' : 'https:';
    const match = this.#deps.registry.targets.find(
      (target) => target.kind === 'exact' && target.url.href === other.href,
    );
    if (!match) return 'redirect blocked';
    return `redirect blocked: scheme mismatch (allowlisted ${other.protocol.slice(0, -1)}, redirected to ${url.protocol.slice(0, -1)})`;
  }

  #exact(label: string): ExactTarget {
    if (label === '') throw new Refusal(label, 'label is required');
    const target = this.#deps.registry.get(label);
    if (target?.kind !== 'exact') throw new Refusal(label, 'unknown target');
    if (target.graphql) throw new Refusal(label, 'target takes named operations only, by graphql_callout');
    return target;
  }

  #method({ label, allowedMethods, allowsPaths }: ExactTarget, wanted: string): string {
    const method = wanted.trim().toUpperCase();
    const allowed = allowedMethods ?? methods;
    const known = allowsPaths === true ? [...methods, 'PATCH', 'DELETE', 'HEAD'] : methods;
    if (!known.includes(method) || !allowed.includes(method)) throw new Refusal(label, 'invalid method');
    return method;
  }

  #body(target: ExactTarget, method: string, body: string | undefined, maxBytes: number): Buffer | undefined {
    const bytes = body === undefined || body === '' ? undefined : Buffer.from(body);
    if ((bytes?.length ?? 0) > (target.maxRequestBytes ?? maxBytes))
      throw new Refusal(target.label, 'request body exceeds size limit');
    return bytes ?? (method === 'GET' || method === 'HEAD' ? undefined : Buffer.alloc(0));
  }

  #maxBytes(label: string, wanted: number | undefined, target?: ExactTarget): number {
    const most = target?.maxResponseBytes ?? this.#deps.settings.maxResponseBytes;
    if (wanted === undefined) return most;
    if (wanted <= 0) throw new Refusal(label, 'max_response_bytes must be positive');
    if (wanted > most) throw new Refusal(label, `max_response_bytes must be less than or equal to ${most}`);
    return wanted;
  }

  #redirects(label: string, follow: boolean, wanted: number | undefined): number {
    if (!follow) return 0;
    const most = this.#deps.settings.maxRedirects;
    if (wanted === undefined) return most;
    if (wanted < 0) throw new Refusal(label, 'max_redirects must be non-negative');
    if (wanted > most) throw new Refusal(label, `max_redirects must be less than or equal to ${most}`);
    return wanted;
  }

  async #fixedHeaders({ label, template }: TemplateTarget): Promise<readonly (readonly [string, string])[]> {
    const headers: [string, string][] = [];
    for (const [name, reference] of Object.entries(template.config.headers)) {
      const value = (await this.#deps.secrets.resolve(reference)).replace(/\r?\n$/, '');
      if (!isHeaderText(value)) throw new Refusal(label, 'a fixed header has a value that HTTP does not allow');
      headers.push([canonicalHeader(name), value]);
    }
    return headers;
  }
}

function attempt<T>(label: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Refusal(label, error instanceof Error ? error.message : 'invalid template arguments');
  }
}

function timeoutOf(label: string, wanted: number | undefined): number {
  if (wanted === undefined) return defaultTimeoutMs;
  if (wanted <= 0) throw new Refusal(label, 'timeout must be positive');
  if (wanted < 100) throw new Refusal(label, 'timeout must be at least 100ms');
  if (wanted > 120_000) throw new Refusal(label, 'timeout must be at most 120000ms');
  return wanted;
}

/** What a failure is for the caller: addresses, names and texts of the other end stay here. */
function named(label: string, error: unknown): Error {
  if (error instanceof Refusal) return error;
  if (!(error instanceof TunnelError)) return new Refusal(label, 'request failed', { cause: error });
  if (error.code === 'cancelled' || error.code === 'shutting_down') return error;
  const reason =
    error.code === 'address_refused'
      ? 'address is not allowed for this target'
      : error.code === 'timed_out'
        ? 'request failed: timeout'
        : 'request failed';
  return new Refusal(label, reason, { cause: error });
}

const signsIn = /authorization|cookie|token|secret|password|key/i;

function withoutCredentials(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!signsIn.test(name)) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}

/** `path` below `base`; undefined when it leads elsewhere, in whatever spelling. */
export function below(base: URL, path: string): URL | undefined {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (!path.startsWith('/') || path.startsWith('//') || /[\u0000-\u0020\\#]|\u007f/.test(path)) return undefined;
  const [plain = ''] = path.split('?', 1);
  // twice: what is decoded once more behind a proxy must not lead up either
  if (hasTraversal(plain) || hasTraversal(decodedTwice(plain)) || /%2f|%5c|%00/i.test(plain)) return undefined;
  const root = base.pathname.endsWith('/') ? base.pathname.slice(0, -1) : base.pathname;
  const text = `${base.origin}${root}${path}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const inside = url.origin === base.origin && (url.pathname === root || url.pathname.startsWith(`${root}/`));
  return inside && url.username === '' && url.hash === '' ? url : undefined;
}

function decodedTwice(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '/..';
  }
}
