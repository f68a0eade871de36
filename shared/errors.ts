/** Who is at fault: the layers of the pipe, and the words that window, tray, command line and `/readyz` use. */
export const layers = ['app', 'network', 'control-plane', 'mcp-server', 'calling-product'] as const;
export type Layer = (typeof layers)[number];

/** `tunnel_failure.source` on the wire (protocol.md, "Structured MCP errors and synthesized tunnel failures"). */
export const failureSources = [
  'target_http',
  'dns',
  'tls',
  'connect',
  'transport_closed',
  'timeout',
  'protocol',
  'client_internal',
] as const;
export type FailureSource = (typeof failureSources)[number];

/** Which edge of Culvert a failure happened on. */
export const legs = ['control-plane', 'mcp-server', 'oauth', 'harpoon', 'local'] as const;
export type Leg = (typeof legs)[number];

/**
 * Every failure Culvert can name. A code says what happened, finer than `tunnel_failure.source`, and names its source;
 * where it happened is the error's `leg`. Sentences for people are in `shared/messages.ts`, never here.
 */
export const errorCodes = {
  // reaching a host: any leg
  dns_failed: { source: 'dns' },
  connect_refused: { source: 'connect' },
  connect_unreachable: { source: 'connect' },
  connect_timeout: { source: 'timeout' },
  connect_reset: { source: 'transport_closed' },
  closed_early: { source: 'transport_closed' },
  socket_missing: { source: 'connect' },
  tls_untrusted: { source: 'tls' },
  tls_expired: { source: 'tls' },
  tls_not_yet_valid: { source: 'tls' },
  tls_hostname: { source: 'tls' },
  tls_client_certificate: { source: 'tls' },
  tls_failed: { source: 'tls' },
  certificate_ends: { source: 'tls' },
  certificate_ends_there: { source: 'tls' },
  proxy_unreachable: { source: 'connect' },
  proxy_auth: { source: 'connect' },
  proxy_refused: { source: 'connect' },
  proxy_timeout: { source: 'timeout' },
  proxy_tls: { source: 'tls' },
  bad_http: { source: 'protocol' },
  timed_out: { source: 'timeout' },
  // the control plane's answers
  unauthorized: { source: 'client_internal' },
  forbidden: { source: 'client_internal' },
  tunnel_not_found: { source: 'client_internal' },
  rate_limited: { source: 'client_internal' },
  admin_key_missing: { source: 'client_internal' },
  admin_key_refused: { source: 'client_internal' },
  management_forbidden: { source: 'client_internal' },
  management_refused: { source: 'client_internal' },
  tunnel_not_usable_yet: { source: 'client_internal' },
  role_not_active: { source: 'client_internal' },
  control_plane_error: { source: 'client_internal' },
  redirected: { source: 'client_internal' },
  intercepted: { source: 'client_internal' },
  unexpected_status: { source: 'client_internal' },
  bad_poll_body: { source: 'client_internal' },
  poll_cut: { source: 'client_internal' },
  // the MCP server
  http_status: { source: 'target_http' },
  bad_json: { source: 'protocol' },
  redirect_unencrypted: { source: 'protocol' },
  not_an_answer: { source: 'protocol' },
  no_answer: { source: 'protocol' },
  batch_refused: { source: 'protocol' },
  body_too_large: { source: 'protocol' },
  line_too_long: { source: 'protocol' },
  server_exited: { source: 'transport_closed' },
  server_crash_loop: { source: 'transport_closed' },
  call_ends_server: { source: 'transport_closed' },
  server_not_ready: { source: 'transport_closed' },
  command_not_found: { source: 'client_internal' },
  command_not_executable: { source: 'client_internal' },
  command_not_approved: { source: 'client_internal' },
  folder_missing: { source: 'client_internal' },
  files_exhausted: { source: 'client_internal' },
  spawn_failed: { source: 'client_internal' },
  handshake_failed: { source: 'protocol' },
  auth_required: { source: 'target_http' },
  oauth_metadata: { source: 'protocol' },
  // this app
  address_refused: { source: 'client_internal' },
  unsupported_channel: { source: 'client_internal' },
  shutting_down: { source: 'client_internal' },
  cancelled: { source: 'client_internal' },
  stage_failed: { source: 'client_internal' },
  stage_full: { source: 'client_internal' },
  tunnel_not_running: { source: 'client_internal' },
  internal: { source: 'client_internal' },
  // configuration and the machine
  config_invalid: { source: 'client_internal' },
  config_unreadable: { source: 'client_internal' },
  save_failed: { source: 'client_internal' },
  profile_not_found: { source: 'client_internal' },
  profile_exists: { source: 'client_internal' },
  profile_form: { source: 'client_internal' },
  profile_running: { source: 'client_internal' },
  nothing_running: { source: 'client_internal' },
  several_running: { source: 'client_internal' },
  process_unreachable: { source: 'client_internal' },
  revision_conflict: { source: 'client_internal' },
  tunnel_id_invalid: { source: 'client_internal' },
  key_missing: { source: 'client_internal' },
  key_is_admin: { source: 'client_internal' },
  key_is_runtime: { source: 'client_internal' },
  secret_env_missing: { source: 'client_internal' },
  secret_file_unreadable: { source: 'client_internal' },
  secret_empty: { source: 'client_internal' },
  keychain_unavailable: { source: 'client_internal' },
  keychain_missing: { source: 'client_internal' },
  ca_invalid: { source: 'client_internal' },
  client_certificate_invalid: { source: 'client_internal' },
  proxy_invalid: { source: 'client_internal' },
  header_invalid: { source: 'client_internal' },
  port_in_use: { source: 'client_internal' },
  listen_failed: { source: 'client_internal' },
  not_allowed: { source: 'client_internal' },
  not_found: { source: 'client_internal' },
  bad_request: { source: 'client_internal' },
} as const satisfies Record<string, { source: FailureSource }>;

export type ErrorCode = keyof typeof errorCodes;
export type ErrorParams = Readonly<Record<string, string | number | boolean>>;

export interface TunnelErrorData {
  readonly code: ErrorCode;
  readonly leg: Leg;
  readonly params: ErrorParams;
}

/** The one error type of the engine. `message` is for developers' stacks; people read `shared/messages.ts`. */
export class TunnelError extends Error implements TunnelErrorData {
  override readonly name = 'TunnelError';
  readonly code: ErrorCode;
  readonly leg: Leg;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, leg: Leg, params: ErrorParams = {}, options?: { cause?: unknown }) {
    super(`${leg}: ${code}`, options);
    this.code = code;
    this.leg = leg;
    this.params = params;
  }

  get source(): FailureSource {
    return errorCodes[this.code].source;
  }

  toJSON(): TunnelErrorData {
    return { code: this.code, leg: this.leg, params: this.params };
  }
}
