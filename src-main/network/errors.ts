import { outOfFiles } from '../base/as-tunnel-error.ts';
import { isOutOfFiles } from '../base/open-files.ts';
import { TunnelError, type ErrorCode, type ErrorParams, type Leg } from '../../shared/errors.ts';

/** Facts of Node's and undici's errors, as far as they are there. */
interface NetworkCause {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
  readonly address?: unknown;
  readonly hostname?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}

const byCode: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'dns_failed',
  EAI_AGAIN: 'dns_failed',
  EAI_FAIL: 'dns_failed',
  EAI_NODATA: 'dns_failed',
  EAI_NONAME: 'dns_failed',
  ENODATA: 'dns_failed',
  ECONNREFUSED: 'connect_refused',
  EHOSTUNREACH: 'connect_unreachable',
  ENETUNREACH: 'connect_unreachable',
  EHOSTDOWN: 'connect_unreachable',
  ENETDOWN: 'connect_unreachable',
  EADDRNOTAVAIL: 'connect_unreachable',
  EACCES: 'connect_unreachable',
  EPERM: 'connect_unreachable',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ECONNRESET: 'connect_reset',
  ECONNABORTED: 'connect_reset',
  EPIPE: 'connect_reset',
  UND_ERR_SOCKET: 'closed_early',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed_early',
  ERR_STREAM_PREMATURE_CLOSE: 'closed_early',
  UND_ERR_HEADERS_TIMEOUT: 'timed_out',
  UND_ERR_BODY_TIMEOUT: 'timed_out',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'body_too_large',
  UND_ERR_HEADERS_OVERFLOW: 'bad_http',
  ENOENT: 'socket_missing',
  ENOTSOCK: 'socket_missing',
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_hostname',
  // The alerts with which a server asks for a client certificate or turns ours down.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'tls_client_certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'tls_client_certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'tls_client_certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'tls_client_certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'tls_client_certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'tls_client_certificate',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'tls_client_certificate',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'tls_client_certificate',
};

/** OpenSSL's verification results that mean "no root we trust vouches for it". */
const untrusted = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_SIGNATURE_FAILURE',
  'CERT_REVOKED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
]);

const codeFor = (code: string): ErrorCode | undefined => {
  const known = byCode[code];
  if (known !== undefined) return known;
  if (untrusted.has(code)) return 'tls_untrusted';
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') return 'tls_failed';
  if (code.startsWith('HPE_')) return 'bad_http';
  return undefined;
};

/** The cause that says most: the first known code of the error, of an AggregateError's parts, then of its causes. */
function explain(cause: unknown, depth = 0): { code: ErrorCode; detail: string; error: NetworkCause } | undefined {
  if (typeof cause !== 'object' || cause === null || depth > 4) return undefined;
  const error = cause as NetworkCause;
  // TLS failures may come wrapped in a closed socket: what is inside says more.
  const inner = explain(error.cause, depth + 1);
  if (inner !== undefined) return inner;
  if (Array.isArray(error.errors)) {
    const parts = error.errors.map((part) => explain(part, depth + 1)).filter((part) => part !== undefined);
    // Of several addresses tried, the one that answered (refused) says more than those that were out of reach.
    const best = parts.find((part) => part.code === 'connect_refused') ?? parts[0];
    if (best !== undefined) return best;
  }
  // Not even a status line: undici's parser then gives its error no code.
  if (error.name === 'HTTPParserError' && error.code === undefined)
    return { code: 'bad_http', detail: 'HTTPParserError', error };
  if (typeof error.code !== 'string') return undefined;
  const code = codeFor(error.code);
  return code === undefined ? undefined : { code, detail: error.code, error };
}

/**
 * Names a failure of Node's sockets, of TLS or of undici. `where` (host, port, proxy…) joins the parameters; a
 * `TunnelError` passes through as it is. Parameters: `reason` is the system's own code, `host` and `port` where known.
 * Never the URL, a header or the text of the exception.
 */
export function toTunnelError(cause: unknown, leg: Leg, where: ErrorParams = {}): TunnelError {
  if (cause instanceof TunnelError) return cause;
  if (isOutOfFiles(cause)) return outOfFiles(cause);
  const found = explain(cause);
  if (found === undefined) {
    // undici passes on whatever a connector failed with.
    const inner = typeof cause === 'object' && cause !== null ? (cause as NetworkCause).cause : undefined;
    if (inner instanceof TunnelError) return inner;
    return new TunnelError('internal', leg, { ...detailOf(cause), ...where }, { cause });
  }
  return new TunnelError(found.code, leg, { detail: found.detail, ...placeOf(found.error), ...where }, { cause });
}

const detailOf = (cause: unknown): ErrorParams => {
  const code = typeof cause === 'object' && cause !== null ? (cause as NetworkCause).code : undefined;
  if (typeof code === 'string') return { detail: code };
  return cause instanceof Error ? { detail: cause.name } : {};
};

function placeOf(error: NetworkCause): ErrorParams {
  const host = [error.hostname, error.host, error.address].find((value) => typeof value === 'string');
  if (host === undefined) return {};
  if (typeof error.port === 'number' && error.port > 0) return { host, address: hostPort(host, error.port) };
  return host.startsWith('/') ? { path: host } : { host };
}

/** `host:port`, an IPv6 address in brackets. */
export const hostPort = (host: string, port: number | string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
