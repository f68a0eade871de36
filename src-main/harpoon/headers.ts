/** Headers that a caller cannot set: of one hop, of whoever forwards, of the service, and what the client says itself. */
const blocked: ReadonlySet<string> = new Set([
  'accept-encoding',
  'cf-connecting-ip',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'true-client-ip',
  'upgrade',
  'user-agent',
  'via',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-custom-cf-witness-actor',
  'x-custom-cf-witness-authorization',
  'x-envoy-external-address',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-openai-actor-authorization',
  'x-openai-authorization',
  'x-openai-authorization-error',
  'x-openai-internal-caller',
  'x-openai-skip-auth',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-tunnel-traffic-source',
]);

/** In templates these are not passed on even where they are listed. */
const blockedInTemplates =
  /^(?:x-forwarded-|x-envoy-|x-openai-|x-tunnel-)|^x-http-method|^x-method-override$|^x-original-|^x-rewrite-/;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// eslint-disable-next-line no-control-regex -- what HTTP forbids in a value, but for the tab
const forbiddenInValue = /[\u0000-\u0008\u000a-\u001f\u007f]/;

export const isHeaderName = (name: string): boolean => token.test(name);
export const isHeaderText = (value: string): boolean => !forbiddenInValue.test(value);

/** `x-request-tag` → `X-Request-Tag`. */
export const canonicalHeader = (name: string): string =>
  name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

export const isBlockedHeader = (name: string): boolean => blocked.has(name.toLowerCase());

export const isBlockedInTemplates = (name: string): boolean =>
  isBlockedHeader(name) || blockedInTemplates.test(name.toLowerCase());

const credentialParts = new Set(['authorization', 'cookie', 'key', 'secret', 'token', 'password']);

/** Whether a header's name says that it carries credentials: only the operator may set one of these in a template. */
export function isCredentialHeader(name: string): boolean {
  const lower = name.toLowerCase();
  if (lower.split(/[-._]/).some((part) => credentialParts.has(part))) return true;
  return /(?:api|access|auth|client|private|secret|session|bearer|refresh)(?:key|token|secret|password)|authorization|password|passwd|credential/.test(
    lower.replaceAll(/[-._]/g, ''),
  );
}

/**
 * The headers of a call as they go out, as undici's flat list. What may not be set is left out, with whatever `Connection`
 * names; a name or value that HTTP does not allow is left out as well.
 */
export function outboundHeaders(given: Readonly<Record<string, string>>): {
  readonly flat: string[];
  readonly dropped: number;
} {
  const nominated = new Set<string>();
  for (const [name, value] of Object.entries(given))
    if (name.trim().toLowerCase() === 'connection')
      for (const one of value.split(',')) nominated.add(one.trim().toLowerCase());
  const kept = new Map<string, string>();
  let dropped = 0;
  for (const [name, value] of Object.entries(given)) {
    const trimmed = name.trim();
    const lower = trimmed.toLowerCase();
    const passes = isHeaderName(trimmed) && isHeaderText(value) && !blocked.has(lower) && !nominated.has(lower);
    if (passes) kept.set(canonicalHeader(trimmed), value);
    else if (trimmed !== '') dropped += 1;
  }
  return { flat: [...kept].flatMap(([name, value]) => [name, asBytes(value)]), dropped };
}

/** A value as undici writes it, one character a byte: UTF-8 beyond Latin-1 (RFC 9110, 5.5). */
export const asBytes = (value: string): string =>
  /[\u0100-\uffff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
