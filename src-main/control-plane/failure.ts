import { STATUS_CODES } from 'node:http';
import type { ErrorCode, FailureSource, TunnelError } from '../../shared/errors.ts';
import type { Command } from '../call/command.ts';

/** `transport_error_kind` values that openapi.json knows. */
const kinds = [
  'closed_pipe',
  'connection_aborted',
  'connection_closed',
  'connection_refused',
  'connection_reset',
  'dial',
  'dns',
  'eof',
  'host_unreachable',
  'http_status',
  'invalid_mcp_error',
  'invalid_protocol_response',
  'malformed_json',
  'network_unreachable',
  'non_protocol_response',
  'response_body_missing',
  'response_body_too_large',
  'response_body_unreadable',
  'timeout',
  'tls',
  'unexpected_eof',
  'unknown',
] as const;
type TransportErrorKind = (typeof kinds)[number];

const kindOf: Readonly<Partial<Record<ErrorCode, TransportErrorKind>>> = {
  dns_failed: 'dns',
  connect_refused: 'connection_refused',
  connect_unreachable: 'host_unreachable',
  connect_timeout: 'timeout',
  connect_reset: 'connection_reset',
  closed_early: 'unexpected_eof',
  socket_missing: 'dial',
  tls_untrusted: 'tls',
  tls_expired: 'tls',
  tls_not_yet_valid: 'tls',
  tls_hostname: 'tls',
  tls_client_certificate: 'tls',
  tls_failed: 'tls',
  proxy_unreachable: 'dial',
  proxy_auth: 'dial',
  proxy_refused: 'dial',
  proxy_timeout: 'timeout',
  proxy_tls: 'tls',
  bad_http: 'invalid_protocol_response',
  timed_out: 'timeout',
  http_status: 'http_status',
  auth_required: 'http_status',
  redirected: 'invalid_protocol_response',
  redirect_unencrypted: 'invalid_protocol_response',
  bad_json: 'malformed_json',
  not_an_answer: 'invalid_protocol_response',
  no_answer: 'response_body_missing',
  batch_refused: 'invalid_protocol_response',
  body_too_large: 'response_body_too_large',
  line_too_long: 'response_body_too_large',
  server_exited: 'connection_closed',
  server_crash_loop: 'connection_closed',
  server_not_ready: 'connection_closed',
  call_ends_server: 'connection_closed',
  handshake_failed: 'invalid_protocol_response',
};

const isKind = (value: unknown): value is TransportErrorKind => (kinds as readonly unknown[]).includes(value);

/** A stage could not decide about the call: its caller gets a JSON-RPC error that clients do not take for a broken connection. */
const isRefusal = ({ code }: TunnelError): boolean => code === 'stage_failed' || code === 'stage_full';

/** What goes into `error.data.tunnel_failure`, and the status of the answer that carries it. */
export interface Failure {
  readonly status: number;
  readonly source: FailureSource;
  readonly json: string;
}

/**
 * Describes a failure as openapi.json's `x-tunnel-failure-schema` has it. `target_http` is only ever claimed with the
 * status that was seen; no address, text or secret gets in.
 */
export function describeFailure(error: TunnelError): Failure {
  const { status } = error.params;
  const seen = typeof status === 'number' && status >= 100 && status <= 599 ? status : undefined;
  const isTarget = error.source === 'target_http' && seen !== undefined && seen >= 400;
  const source = error.source === 'target_http' && !isTarget ? 'protocol' : error.source;
  const kind = isKind(error.params.kind) ? error.params.kind : kindOf[error.code];
  const failure = {
    version: 1,
    source,
    ...(kind && { transport_error_kind: kind }),
    upstream_response_received: isTarget || (source === 'protocol' && seen !== undefined),
    ...(isTarget && { upstream_status: seen }),
  };
  const outer = isTarget
    ? seen
    : error.code === 'shutting_down'
      ? 503
      : error.code === 'unsupported_channel'
        ? 400
        : isRefusal(error)
          ? 200
          : 502;
  return { status: outer, source, json: JSON.stringify(failure) };
}

/** The JSON-RPC error that stands in for an answer that never came. The caller's id goes back byte for byte. */
export function failureMessage(command: Command, error: TunnelError, failure: Failure): Buffer {
  const reason = STATUS_CODES[failure.status] ?? 'MCP transport error';
  const unsupported = error.code === 'unsupported_channel';
  const message = unsupported
    ? `${reason}: unsupported channel "${command.channel}"`
    : isRefusal(error)
      ? 'The tunnel client refused the call'
      : error.code === 'body_too_large' && error.leg === 'control-plane'
        ? `The answer is too large for the tunnel service (${error.params.bytes ?? 'too many'} bytes)`
        : reason;
  const code = unsupported ? '"code":"unsupported_channel",' : '';
  return Buffer.from(
    `{"jsonrpc":"2.0","id":${command.rpcIdJson ?? 'null'},"error":{"code":-32603,"message":${JSON.stringify(message)},` +
      `"data":{${code}"tunnel_failure":${failure.json}}}}`,
  );
}

/** The JSON-RPC error of a call that a stage refused. */
export const refusalMessage = (command: Command, code: number, message: string, data: unknown): Buffer =>
  Buffer.from(
    `{"jsonrpc":"2.0","id":${command.rpcIdJson ?? 'null'},"error":${JSON.stringify({ code, message, data })}}`,
  );

/** The answer to a JSON-RPC batch, which belongs to a revision that nothing here speaks. */
export const batchRefusal: Buffer = Buffer.from(
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request: JSON-RPC batches are not supported"}}',
);

/** The answer to an OAuth discovery on a channel that has none, as the reference gives it. */
export const unsupportedDiscovery = (channel: string): Buffer =>
  Buffer.from(
    `{"error":{"message":"unsupported channel \\"${channel}\\"","type":"invalid_request_error","code":"unsupported_channel"}}`,
  );
