import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, methodNotAllowed, notFound } from './api-error.ts';
import { HarpoonSession } from './harpoon-session.ts';
import { readBody, sendJson } from './http.ts';
import { isObject, parseJson } from './json.ts';
import type { CallReport } from './mcp-routes.ts';
import type { RelayTunnel } from './tunnel.ts';

/** Members of authorization-server metadata that callers ask themselves, and the tag of the target behind each. */
const endpoints: Readonly<Record<string, string>> = {
  token_endpoint: 'token-endpoint',
  registration_endpoint: 'registration-endpoint',
  revocation_endpoint: 'revocation-endpoint',
  introspection_endpoint: 'introspection-endpoint',
  jwks_uri: 'jwks-uri',
};
const endpointTags = Object.values(endpoints);
const metadataTag = 'auth-server-metadata';
/** A client's registration with its keys is the largest that goes there. */
const maxRequestBytes = 64 * 1024;
const maxResponseBytes = 102_400;
const timeoutMs = 20_000;
const labelPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const forwarded = ['accept', 'authorization', 'content-type'];
const returned = ['cache-control', 'content-type', 'pragma', 'retry-after', 'www-authenticate'];

export interface ShimCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** This tunnel's shim as callers address it: `…/v1/oauth/{tunnel_id}`. It stands for the issuer. */
  readonly address: string;
  readonly report: (call: CallReport) => void;
}

interface Target {
  readonly label: string;
  readonly tags: readonly string[];
}

/**
 * The service's part of OAuth for an authorization server that only the tunnel's side reaches: its metadata with the
 * shim's addresses in place of `harpoon://…`, and behind those addresses its token, registration, revocation,
 * introspection and key endpoints. What the metadata names by its own address stays direct; `authorization_endpoint`
 * always does, as a browser goes there.
 */
export class OAuthShim {
  readonly #session: HarpoonSession;

  constructor(tunnel: RelayTunnel) {
    this.#session = new HarpoonSession(tunnel, timeoutMs);
  }

  /** Whether the tunnel offers its server's authorization server. False, too, where the client does not say. */
  async isOffered(): Promise<boolean> {
    try {
      return (await this.#metadataTarget()) !== undefined;
    } catch {
      return false;
    }
  }

  /** `GET` on any of the well-known addresses of the shim's issuer. Rejects with `ApiError`. */
  async metadata(call: ShimCall): Promise<void> {
    const { request, response, address } = call;
    if (request.method !== 'GET') throw methodNotAllowed('GET');
    const target = await this.#metadataTarget();
    if (!target) throw notFound('Authorization-server metadata');
    const answer = await this.#call(call, 'oauth_metadata', target.label, 'GET', { accept: 'application/json' });
    const document = parseJson(answer.body);
    if (answer.status !== 200 || !isObject(document))
      throw new ApiError(502, null, `The authorization server answered ${answer.status} for its metadata.`);
    const shown: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(document)) {
      const label = typeof value === 'string' && value.startsWith('harpoon://') ? value.slice(10) : undefined;
      if (label === undefined) shown[name] = value;
      else if (name in endpoints && labelPattern.test(label)) shown[name] = `${address}/${label}`;
    }
    shown['issuer'] = address;
    // the browser is sent back by the server itself, with its own name as `iss`: callers who compare would refuse it
    delete shown['authorization_response_iss_parameter_supported'];
    sendJson(response, 200, JSON.stringify(shown));
  }

  /** An endpoint, by its target's label. Rejects with `ApiError`. */
  async endpoint(call: ShimCall, label: string): Promise<void> {
    const { request, response } = call;
    const target = (await this.#targets()).find((one) => one.label === label);
    const role = target?.tags.find((tag) => endpointTags.includes(tag));
    if (!target?.tags.includes(metadataTag) || role === undefined) throw notFound('OAuth endpoint');
    const method = role === 'jwks-uri' ? 'GET' : 'POST';
    if (request.method !== method) throw methodNotAllowed(method);
    const body = method === 'POST' ? (await readBody(request, maxRequestBytes)).toString() : undefined;
    const headers = Object.fromEntries(
      forwarded.flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const answer = await this.#call(call, `oauth_${role}`, label, method, headers, body);
    sendJson(response, answer.status, answer.body, answer.headers);
  }

  async #call(
    { report }: ShimCall,
    name: string,
    label: string,
    method: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<{ status: number; headers: Record<string, string[]>; body: Buffer }> {
    const started = performance.now();
    const args = { label, method, headers, max_response_bytes: maxResponseBytes, follow_redirects: false };
    const outcome = await this.#session.call('call_target', body === undefined ? args : { ...args, body });
    const content = 'content' in outcome ? outcome.content : {};
    const status = content['status_code'];
    const encoded = content['body_base64'];
    const isWhole = typeof status === 'number' && status >= 200 && status < 600 && content['truncated'] !== true;
    report({ method: name, status: isWhole ? status : 502, ms: performance.now() - started, notifications: 0 });
    if (!isWhole) throw new ApiError(502, null, 'The authorization server cannot be reached through the tunnel.');
    return {
      status,
      headers: returnedOf(content['headers']),
      body: Buffer.from(typeof encoded === 'string' ? encoded : '', 'base64'),
    };
  }

  async #metadataTarget(): Promise<Target | undefined> {
    return (await this.#targets()).find(
      ({ tags }) => tags.includes(metadataTag) && !tags.some((tag) => tag === 'issuer' || endpointTags.includes(tag)),
    );
  }

  async #targets(): Promise<readonly Target[]> {
    const outcome = await this.#session.call('list_targets', { categories: ['oauth'] });
    const targets = 'content' in outcome ? outcome.content['targets'] : undefined;
    if (!Array.isArray(targets)) return [];
    return targets.flatMap((target: unknown) => {
      if (!isObject(target) || typeof target['label'] !== 'string') return [];
      const tags = Array.isArray(target['tags']) ? target['tags'].filter((tag) => typeof tag === 'string') : [];
      return [{ label: target['label'], tags }];
    });
  }
}

function returnedOf(headers: unknown): Record<string, string[]> {
  if (!isObject(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, values]) =>
      returned.includes(name.toLowerCase()) && Array.isArray(values)
        ? [[name, values.filter((value) => typeof value === 'string')]]
        : [],
    ),
  );
}
