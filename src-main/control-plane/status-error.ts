import { TunnelError, type ErrorCode } from '../../shared/errors.ts';

function codeFor(status: number): ErrorCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'tunnel_not_found';
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'control_plane_error';
  if (status >= 300 && status < 400) return 'redirected';
  return 'unexpected_status';
}

interface ErrorBody {
  readonly error?: { readonly code?: unknown; readonly param?: unknown } | string | null;
  readonly code?: unknown;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The service's own stable code in an error body, if it looks like one: nothing else of the body is kept. */
function serviceCode(body: Buffer): string | undefined {
  const { error, code: outer } = (parsed(body) ?? {}) as ErrorBody;
  const code = (isRecord(error) ? error['code'] : undefined) ?? outer;
  return typeof code === 'string' && /^[a-z0-9_]{1,64}$/.test(code) ? code : undefined;
}

/** Which member the service complains about. */
function serviceParam(body: Buffer): string | undefined {
  const { error } = (parsed(body) ?? {}) as ErrorBody;
  const param = isRecord(error) ? error['param'] : undefined;
  return typeof param === 'string' && /^[A-Za-z_.-]{1,64}$/.test(param) ? param : undefined;
}

/** A web page: the control plane speaks JSON alone, so that a gateway, a filter or a sign-in page has answered. */
const isPage = (body: Buffer): boolean =>
  /^\s*<(?:!doctype|html|head|body|\?xml)\b/i.test(body.toString('latin1', 0, 200));

/** What a body is that the control plane does not send; `undefined` for one that it may have sent, and for none. */
export type Foreign = 'page' | 'text' | 'json';

/** An answer to a poll or for a tunnel's name. `json` is for the caller to say: it knows what should be in there. */
export function foreignText(body: Buffer): 'page' | 'text' | undefined {
  if (isPage(body)) return 'page';
  const start = body.toString('latin1', 0, 200).trimStart();
  return start === '' || start.startsWith('{') || start.startsWith('[') ? undefined : 'text';
}

/** A refusal without a word. */
const isBare = (body: Buffer): boolean => /^(?:\{\s*\})?$/.test(body.toString('latin1', 0, 200).trim());

/** A refusal of the control plane is JSON with an `error` (openapi.json, `APIErrorResponse`). */
function foreignRefusal(body: Buffer): Foreign | undefined {
  const found = foreignText(body);
  if (found !== undefined || isBare(body)) return found;
  const json = parsed(body);
  return isRecord(json) && (isRecord(json['error']) || serviceCode(body) !== undefined) ? undefined : 'json';
}

/** Answers that say something of the key or of the tunnel, when it is the control plane that gives them. */
const aboutUs: ReadonlySet<number> = new Set([401, 403, 404]);

/** Something has answered that is not the control plane. Parameters: `status`, `tunnelId`, `form`. */
export const intercepted = (status: number, tunnelId: string, form: Foreign): TunnelError =>
  new TunnelError('intercepted', 'control-plane', { status, tunnelId, form });

/** Names an answer of the control plane that is not a success. Parameters: `status`, `tunnelId`, `detail` (the service's code), `param` (the member it names), `seconds` (Retry-After), `bare` (a refusal without a word: anybody's). */
export function statusError(
  status: number,
  body: Buffer,
  tunnelId: string,
  retryAfterMs: number | undefined,
): TunnelError {
  const refused = aboutUs.has(status);
  const form = refused ? foreignRefusal(body) : isPage(body) && status >= 400 && status < 500 ? 'page' : undefined;
  if (form !== undefined) return intercepted(status, tunnelId, form);
  const detail = serviceCode(body);
  const param = serviceParam(body);
  return new TunnelError(codeFor(status), 'control-plane', {
    status,
    tunnelId,
    ...(detail && { detail }),
    ...(param && { param }),
    ...(refused && isBare(body) && { bare: true }),
    ...(retryAfterMs !== undefined && { seconds: Math.ceil(retryAfterMs / 1_000) }),
  });
}
