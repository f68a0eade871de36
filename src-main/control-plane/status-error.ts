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

/** The service's own stable code in an error body, if it looks like one: nothing else of the body is kept. */
function serviceCode(body: Buffer): string | undefined {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { error?: { code?: unknown }; code?: unknown } | null;
    const code = parsed?.error?.code ?? parsed?.code;
    return typeof code === 'string' && /^[a-z0-9_]{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** A web page: the control plane speaks JSON alone, so that a gateway, a filter or a sign-in page has answered. */
export const isPage = (body: Buffer): boolean =>
  /^\s*<(?:!doctype|html|head|body|\?xml)\b/i.test(body.toString('latin1', 0, 200));

/** Names an answer of the control plane that is not a success. Parameters: `status`, `tunnelId`, `detail` (the service's code), `seconds` (Retry-After). */
export function statusError(
  status: number,
  body: Buffer,
  tunnelId: string,
  retryAfterMs: number | undefined,
): TunnelError {
  if (status >= 400 && status < 500 && isPage(body))
    return new TunnelError('intercepted', 'control-plane', { status, tunnelId });
  const detail = serviceCode(body);
  return new TunnelError(codeFor(status), 'control-plane', {
    status,
    tunnelId,
    ...(detail && { detail }),
    ...(retryAfterMs !== undefined && { seconds: Math.ceil(retryAfterMs / 1_000) }),
  });
}
