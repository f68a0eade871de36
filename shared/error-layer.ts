import type { ErrorCode, Layer, TunnelErrorData } from './errors.ts';

/** A call that could not have worked: the calling product sent it so, or gave it up. */
const callersFault: ReadonlySet<ErrorCode> = new Set([
  'batch_refused',
  'unsupported_channel',
  'cancelled',
  'bad_request',
  'not_found',
]);

/** Settings and the machine Culvert runs on, whichever edge they were needed for. */
const ownFault: ReadonlySet<ErrorCode> = new Set([
  'shutting_down',
  'stage_failed',
  'stage_full',
  'tunnel_not_running',
  'internal',
  'config_invalid',
  'config_unreadable',
  'save_failed',
  'profile_not_found',
  'profile_exists',
  'profile_form',
  'profile_running',
  'nothing_running',
  'several_running',
  'process_unreachable',
  'revision_conflict',
  'tunnel_id_invalid',
  'key_missing',
  'key_is_admin',
  'key_is_runtime',
  'secret_env_missing',
  'secret_file_unreadable',
  'secret_empty',
  'keychain_unavailable',
  'keychain_missing',
  'ca_invalid',
  'client_certificate_invalid',
  'proxy_invalid',
  'header_invalid',
  'port_in_use',
  'listen_failed',
  'not_allowed',
  'command_not_approved',
  'unauthorized',
  'forbidden',
  'tunnel_not_found',
  'admin_key_missing',
  'admin_key_refused',
  'management_forbidden',
  'management_refused',
  'tunnel_not_usable_yet',
  'role_not_active',
]);

/** The edge between Culvert and the control plane: nobody at either end is to blame. */
const onTheWay: ReadonlySet<ErrorCode> = new Set([
  'dns_failed',
  'connect_refused',
  'connect_unreachable',
  'connect_timeout',
  'connect_reset',
  'closed_early',
  'poll_cut',
  'tls_untrusted',
  'tls_expired',
  'tls_not_yet_valid',
  'tls_hostname',
  'tls_client_certificate',
  'tls_failed',
  'proxy_unreachable',
  'proxy_auth',
  'proxy_refused',
  'proxy_timeout',
  'proxy_tls',
  'timed_out',
  'redirected',
  'intercepted',
  'socket_missing',
]);

/** Whether it failed on the way there: what lies between may lie on other ways as well. */
export const isOnTheWay = ({ code }: TunnelErrorData): boolean => onTheWay.has(code);

/**
 * Who is at fault. A key or a tunnel id that the control plane refuses is the app's: it is set here, and only here can it
 * be put right.
 */
export function layerOf(error: TunnelErrorData): Layer {
  if (ownFault.has(error.code)) return 'app';
  if (callersFault.has(error.code)) return 'calling-product';
  switch (error.leg) {
    case 'control-plane':
      return onTheWay.has(error.code) ? 'network' : 'control-plane';
    case 'mcp-server':
    case 'oauth':
    case 'harpoon':
      return 'mcp-server';
    case 'local':
      return 'app';
  }
}
