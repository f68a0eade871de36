import type { ErrorCode } from './errors.ts';
import type { Words } from './words.ts';

const server = 'The MCP server[ of channel {channel}]';
const checkProxy = 'Check the proxy address and whether this machine may use it.';
const place = '{file|the configuration}[, line {line}][, column {column}]';

/** Every code of ours, in words: window, tray, notifications, command line, doctor and logs all speak through it. */
export const errorWords: Readonly<Record<ErrorCode, Words>> = {
  dns_failed: {
    title: '{Where} has no address',
    cause: 'The name {host|of the host} could not be looked up[ ({detail})].',
    next: 'Check the name, the network and, behind a company proxy, the proxy settings.',
  },
  connect_refused: {
    title: '{Where} refuses connections',
    cause: 'Nothing listens at {address|the address that is set}.',
    next: 'Start what should listen there, or correct the address.',
  },
  connect_unreachable: {
    title: '{Where} cannot be reached',
    cause: 'There is no network route to {address|that address}[ ({detail})].',
    next: 'Check the network, the VPN and the firewall.',
  },
  connect_timeout: {
    title: '{Where} does not answer',
    cause: 'The connection to {address|it} timed out[ after {seconds} s].',
    next: 'Check the address, the VPN and whether a firewall drops the connection.',
  },
  connect_reset: {
    title: 'The connection to {where} was reset',
    cause: '{address|The remote host} or a device on the route closed it abruptly.',
    next: 'Try again; if it persists, look for a firewall or proxy that closes connections.',
  },
  closed_early: {
    title: '{Where} closed the connection before its answer was complete',
    cause: 'The connection[ to {address}] ended[ after {bytes} bytes] in the middle of an answer.',
    next: 'Try again; if it persists, look at the log of the remote host.',
  },
  socket_missing: {
    title: 'The socket of {where} is not there',
    cause: 'There is no Unix socket at {path|the path that is set}[ ({detail})].',
    next: 'Start the program that creates it, or correct the path.',
  },
  tls_untrusted: {
    title: 'The certificate of {where} is not trusted',
    cause:
      '{host|The host} shows a certificate[ issued by {issuer}] that no trusted authority has signed[ ({detail})].',
    next: 'Set the CA bundle of your company for this connection, or correct the address.',
  },
  tls_expired: {
    title: 'The certificate of {where} has expired',
    cause:
      'The certificate of {host|the host}[ stands on that of {authority}, which] was valid until {notAfter|an earlier date}.',
    next: 'Have it renewed, and check the clock of this machine.',
  },
  tls_not_yet_valid: {
    title: 'The certificate of {where} is not valid yet',
    cause: 'The certificate of {host|the host} is valid from {notBefore|a later date}.',
    next: 'Check the clock of this machine.',
  },
  tls_hostname: {
    title: 'The certificate of {where} is for another name',
    cause: 'It is not for {host|the host that is set}[ but for {names}].',
    next: 'Use a name that the certificate covers.',
  },
  tls_client_certificate: {
    title: '{Where} refuses the client certificate',
    cause: '{host|The host} asks for a certificate and did not accept {subject|what was sent}[ ({detail})].',
    next: 'Set a client certificate and key that it accepts.',
  },
  tls_failed: {
    title: 'No secure connection to {where}',
    cause: 'The TLS handshake with {host|the host} failed[ ({detail})].',
    next: 'Check that the address speaks TLS, and whether a proxy changes it in transit.',
  },
  certificate_ends: {
    title: 'A certificate must be renewed {when|soon}',
    cause:
      'The certificate {subject|of this tunnel} is valid until {notAfter|soon}; without a new one, connections will fail.',
    next: 'Have it renewed, and put the new files in the place of the old ones: no restart is needed.',
  },
  certificate_ends_there: {
    title: 'A certificate of {where} must be renewed {when|soon}',
    cause:
      'The certificate {subject|that it shows} is valid until {notAfter|soon}; without a new one, connections will fail.',
    next: 'Nothing to do here: whoever runs {where} has to renew it.',
  },
  proxy_unreachable: {
    title: 'The proxy cannot be reached',
    cause: 'The proxy {proxy|that is set} could not be reached[ ({detail})].',
    next: checkProxy,
  },
  proxy_auth: {
    title: 'The proxy asks for a sign-in',
    cause: '{proxy|The proxy} answered 407 to the user and password that are set, or to none.',
    next: 'Set the user and password of the proxy in its address, best as an env: or file: reference.',
  },
  proxy_refused: {
    title: 'The proxy does not let the connection through',
    cause: '{proxy|The proxy} answered {status|with a refusal} when asked for {host|the host}.',
    next: 'Ask for this host to be allowed, or set another proxy.',
  },
  proxy_timeout: {
    title: 'The proxy does not answer',
    cause:
      '{proxy|The proxy} took the connection but did not say whether it may go on to {host|the host}[ within {seconds} s].',
    next: 'Ask whoever runs the proxy, or set another one.',
  },
  proxy_tls: {
    title: 'No secure connection to the proxy',
    cause: 'The TLS handshake with the proxy {proxy|that is set} failed[ ({detail})].',
    next: 'Set the CA bundle of your company, or use the http:// address of the proxy.',
  },
  bad_http: {
    title: '{Where} does not speak HTTP',
    cause: 'What {address|the remote host} sent is not an HTTP response[ ({detail})].',
    next: 'Check the address, its port, and whether it wants https://.',
  },
  timed_out: {
    title: '{Where} took too long',
    cause: 'No answer came[ within {seconds} s].',
    next: 'Look at what it does in that time, or let the caller wait longer.',
  },

  unauthorized: {
    title: 'The key is refused',
    cause: 'The control plane answered 401: the runtime key is wrong, expired or revoked.',
    next: 'Set a valid runtime key for this tunnel.',
  },
  forbidden: {
    title: 'The key may not use this tunnel',
    cause:
      'The control plane answered 403[ for tunnel {tunnelId}]: the key lacks the right, or belongs to another organization.',
    next: 'Give the key the right to use this tunnel, or set another key.',
  },
  tunnel_not_found: {
    title: 'The tunnel does not exist',
    cause: 'The control plane knows no tunnel {tunnelId|with this id}.',
    next: 'Check the tunnel id and the control plane address; if it was deleted there, create a new one and set its id here.',
  },
  rate_limited: {
    title: 'The control plane asks to slow down',
    cause: 'It answered 429[ and asks to wait {seconds} s].',
    next: 'Nothing to do: polling goes on by itself.',
  },
  admin_key_missing: {
    title: 'The admin key is missing',
    cause: 'Managing the tunnels of {origin|a control plane} takes an admin key, and none is kept for it.',
    next: 'Give an admin key with Tunnels Read and Manage.',
  },
  admin_key_refused: {
    title: 'The admin key is refused',
    cause: 'The control plane answered 401: the admin key is wrong, expired or revoked[ ({detail})].',
    next: 'Give a valid admin key; on the command line in OPENAI_ADMIN_KEY or with --admin-key.',
  },
  management_forbidden: {
    title: 'The key may not manage tunnels',
    cause: 'The control plane answered 403: managing takes an admin key with the right to it[ ({detail})].',
    next: 'Use an admin key of the organization or workspace that the tunnel belongs to.',
  },
  management_refused: {
    title: 'The control plane refused the change',
    cause: 'It answered {status|that it will not}[: {problem}][ ({detail})].',
    next: 'Correct what it names and try again.',
  },
  tunnel_not_usable_yet: {
    title: 'The new tunnel is still not usable',
    cause: 'It was created {seconds|some} s ago, and the control plane answers {status|with a refusal}[ ({detail})].',
    next: 'Look at the tunnel’s owners and the key’s rights, or check it again later: the tunnel exists and keeps its id.',
  },
  role_not_active: {
    title: 'The key may still not use the tunnel',
    cause: 'After {minutes|many} min the control plane answers {status|with a refusal}[ ({detail})].',
    next: 'Ask whoever gave the role whether it is Tunnels Read and Use and the key’s owner has it; a new key may be needed.',
  },
  control_plane_error: {
    title: 'The control plane has a fault',
    cause: 'It answered {status|with a server error}.',
    next: 'Nothing to do: it is tried again by itself; look at its status page if it lasts.',
  },
  redirected: {
    title: 'The control plane redirects elsewhere',
    cause: 'It answered {status|with a redirect}[ to {location}], which is never followed with a key.',
    next: 'Check the control plane address, and whether a sign-in page of the network is in the way.',
  },
  intercepted: {
    title: 'Something else answers in place of {where}',
    cause: 'It answered {status|a request} with a web page, and {where} sends none.',
    next: 'Check the address, and whether a sign-in page, a proxy or a filter of the network answers in its place.',
  },
  unexpected_status: {
    title: '{Where} gave an answer that is not expected',
    cause: 'It answered {status|with an unknown status}[ to {request}].',
    next: 'Check the address: it may not be that of {where}.',
  },
  bad_poll_body: {
    title: 'The control plane gave an answer that cannot be read',
    cause: 'The body of a poll is not what the protocol says[ ({detail})].',
    next: 'Check the control plane address, and whether a proxy changes answers in transit.',
  },
  poll_cut: {
    title: 'A poll was cut off',
    cause: 'The connection ended before the poll’s answer was complete[, after {bytes} bytes].',
    next: 'Nothing to do: polling goes on by itself; if it lasts, look for a proxy with a short time limit.',
  },

  http_status: {
    title: `${server} answers {status|with an error}`,
    cause: 'It answered {status|with an HTTP error}[ to {method}] without a JSON-RPC answer.',
    next: 'Look at the log of the server.',
  },
  bad_json: {
    title: `${server} sends something that is not JSON`,
    cause: 'Its answer is not a JSON-RPC message[ ({detail})].',
    next: 'Check the address or the command; over stdio nothing but JSON-RPC may go to standard output.',
  },
  redirect_unencrypted: {
    title: `${server} redirects to an unencrypted address`,
    cause:
      'It is reached over HTTPS and redirects to plain HTTP at {host|another address}: the arguments of the call would go there in clear text, so the redirect is not followed.',
    next: 'Set the address that the server should be called at, or correct its redirect.',
  },
  not_an_answer: {
    title: `${server} answers something else`,
    cause: 'What it sent is not a response to the call[ ({detail})].',
    next: 'Check that the address or the command is that of an MCP server.',
  },
  no_answer: {
    title: `${server} ended its answer without a result`,
    cause: 'The stream ended before the response to {method|the call} came.',
    next: 'Look at the log of the server.',
  },
  batch_refused: {
    title: 'A batch of calls was refused',
    cause: 'The caller sent a JSON-RPC batch, which MCP no longer has.',
    next: 'Send the calls one by one.',
  },
  body_too_large: {
    title: 'An answer is too large',
    cause: '{Where} sent more than {limit|the limit of} bytes.',
    next: 'Ask for less at once, or raise the limit; for polls, lower control_plane.max_inflight_requests.',
  },
  line_too_long: {
    title: `${server} sent a line that is too long`,
    cause: 'One line of its output is longer than {limit|the limit of} bytes.',
    next: 'Have the server send less at once.',
  },
  server_exited: {
    title: `${server} ended`,
    cause: 'It ended[ with exit code {exitCode}][ by {signal}][: {stderr}].',
    next: 'What it last wrote says why, and so does its command in a terminal; a tunnel that is on starts it again by itself.',
  },
  server_crash_loop: {
    title: `${server} exits on start`,
    cause: 'It ended {attempts|several} times in a row[, last with exit code {exitCode}][ by {signal}][: {stderr}].',
    next: 'Correct what it says, then retry; it is also retried slowly by itself.',
  },
  call_ends_server: {
    title: `This call ends ${server.replace('The', 'the')}`,
    cause:
      'The server ended {times|several} times while it worked on this very call ({method}[ {target}]), so the call is not sent to it for a minute. Other calls go on.',
    next: 'Look at what the server wrote when it ended; change the arguments, or correct the server.',
  },
  server_not_ready: {
    title: `${server} is not ready`,
    cause: 'It is starting or restarting[: {detail}].',
    next: 'Try again in a moment.',
  },
  command_not_found: {
    title: 'The command is not there',
    cause: 'There is no program {program|by that name}[ in {folder}][ on the PATH, which is {path}].',
    next: '{hint|Install it, or give its full path.}',
  },
  command_not_executable: {
    title: 'The command cannot be run',
    cause: '{program|The program} is not an executable file[ ({detail})].',
    next: 'Make it executable, or name the interpreter that runs it.',
  },
  command_not_approved: {
    title: 'This command waits for your consent',
    cause:
      'The command of channel {channel|main} was not agreed to on this machine: {command|it is new or has changed}.',
    next: 'Look at the program, its arguments, folder and environment, then allow it.',
  },
  folder_missing: {
    title: 'The folder of the server is not there',
    cause: 'There is no folder {folder|at the path that is set}.',
    next: 'Correct the folder[ of channel {channel}].',
  },
  files_exhausted: {
    title: 'No file or connection can be opened any more',
    cause: 'This process has as many files and connections open as the machine allows it[: {limit}].',
    next: 'Raise the limit (`ulimit -n`, or LimitNOFILE= in a systemd unit), or find what keeps so many connections open.',
  },
  spawn_failed: {
    title: `${server} could not be started`,
    cause: 'The system refused to start {program|the program}[ ({detail})].',
    next: 'Check the command, its rights and how many processes may run.',
  },
  handshake_failed: {
    title: `${server} does not speak MCP with Culvert`,
    cause: 'Neither `server/discover` nor `initialize` got a usable answer[: {detail}].',
    next: 'Check that the command or address is that of an MCP server, and its log.',
  },
  oauth_metadata: {
    title: `${server} does not say how to sign in`,
    cause: '{address|It} gave no OAuth protected resource metadata[ ({detail})].',
    next: 'Look at its /.well-known/oauth-protected-resource; a server without sign-in needs none.',
  },
  auth_required: {
    title: `${server} asks for a sign-in`,
    cause: 'It answered {status|401} to a call without credentials[ at {url}].',
    next: 'Set the header it wants, or let the calling product sign in through OAuth.',
  },

  address_refused: {
    title: 'The address of a Harpoon target is not allowed',
    cause:
      '{host|The host} leads to {address|an address} that this target may not reach: loopback, link-local, metadata and private addresses are refused unless the host counts as private.',
    next: 'If the host is one of your own network, add its domain to harpoon.hosts_include_suffix; otherwise look at what its name leads to.',
  },
  unsupported_channel: {
    title: 'There is no channel {channel|by that name}',
    cause: 'A call came for channel {channel|that is not set up}; this tunnel has {channels|others}.',
    next: 'Add the channel here, or correct the name at the caller.',
  },
  shutting_down: {
    title: 'The tunnel is stopping',
    cause: 'The call came or was still running while the tunnel stopped.',
    next: 'Start the tunnel and call again.',
  },
  cancelled: {
    title: 'The call was cancelled',
    cause: 'The caller no longer waits for it.',
    next: 'Nothing to do.',
  },
  stage_failed: {
    title: 'Culvert could not check a call, and refused it',
    cause: 'The stage {stage|that checks calls} failed.',
    next: 'Look at the log, and switch the stage off if it keeps failing.',
  },
  stage_full: {
    title: 'Too many calls are held',
    cause: 'The stage {stage|that checks calls} already holds {held|as many as it may}.',
    next: 'Release or refuse the calls that are held.',
  },
  tunnel_not_running: {
    title: 'The tunnel is not running',
    cause: 'A call can only be made through a tunnel that runs.',
    next: 'Start the tunnel and call again.',
  },
  internal: {
    title: 'Culvert has a fault of its own',
    cause: 'Something failed that should not have[ ({detail})].',
    next: 'Look at the log, and report it with a support bundle.',
  },

  config_invalid: {
    title: 'The configuration has a mistake',
    cause: `{field|A setting} in ${place}: {problem|its value is not allowed}[ (allowed: {allowed})].`,
    next: '{hint|Correct it and try again.}',
  },
  config_unreadable: {
    title: 'The configuration cannot be read',
    cause: `${place}: {problem|it cannot be opened}.`,
    next: '{hint|Check that the file is there, is readable and is complete.}',
  },
  save_failed: {
    title: 'A file cannot be saved',
    cause: `${place}: {problem|it cannot be written}.`,
    next: 'Make room, or give this user the right to write there, and try again.',
  },
  profile_not_found: {
    title: 'There is no such profile',
    cause: 'No profile {name|by that name} was found[ in {folder}][; there are {names}].',
    next: '{hint|List the profiles with `culvert profiles list`, or create one with `culvert init`.}',
  },
  profile_exists: {
    title: 'The profile is already there',
    cause: 'A profile {name|by that name} exists[ at {file}].',
    next: 'Choose another name, or change the one that is there.',
  },
  profile_form: {
    title: 'This setting needs a Culvert profile',
    cause: '{field|The setting} has no place in {form|the form this profile is kept in}.',
    next: 'Make it a Culvert profile, which is a copy in Culvert’s own folder, and change it there.',
  },
  profile_running: {
    title: 'The profile is in use',
    cause: 'Another Culvert[ (process {pid})] runs or changes {name|this profile}.',
    next: 'Stop the other one first, or use another profile.',
  },
  nothing_running: {
    title: 'No Culvert runs here',
    cause: 'Neither the app nor `culvert run` is there for this account[ with the process id {pid}].',
    next: 'Start the app, or a tunnel with `culvert run`.',
  },
  several_running: {
    title: 'Several Culverts run here',
    cause: '{what|This} could mean any of the processes {pids|that run}.',
    next: 'Name one with --pid; `culvert status` tells what each of them does.',
  },
  process_unreachable: {
    title: 'Culvert does not answer',
    cause: 'The process {pid|that runs} cannot be asked[ at {address}][: {detail}].',
    next: 'Look at its log; if it hangs, end it and start it again.',
  },
  revision_conflict: {
    title: 'The file has changed since it was opened',
    cause: '{name|The profile} was saved by another program or window.',
    next: 'Open it again, and make your changes there.',
  },
  tunnel_id_invalid: {
    title: 'The tunnel id is not valid',
    cause: 'A tunnel id is `tunnel_` and 32 lower-case letters or digits[; {problem}].',
    next: 'Copy the id from where the tunnel was created[ and set it as {field}].',
  },
  key_missing: {
    title: 'The runtime key is missing',
    cause: 'No key for the control plane is set.',
    next: '{hint|Set CONTROL_PLANE_API_KEY, or --control-plane.api-key env:NAME or file:/path.}',
  },
  key_is_admin: {
    title: 'This is an admin key',
    cause: '{problem|The key begins like an admin key}, which must not run a tunnel.',
    next: 'Create a runtime key for this tunnel and set that.',
  },
  key_is_runtime: {
    title: 'This is a runtime key',
    cause: 'The key begins like a runtime key, which runs a tunnel and cannot manage any.',
    next: 'Give an admin key: it begins with sk-admin-.',
  },
  secret_env_missing: {
    title: 'A variable that is referred to is not set',
    cause: 'The environment variable {name|that is referred to}[, to which {field} refers,] is not set or is empty.',
    next: 'Set it before the start, or refer to another one.',
  },
  secret_file_unreadable: {
    title: 'A file that is referred to cannot be read',
    cause: '{file|The file that is referred to}[, to which {field} refers,] cannot be read[ ({detail})].',
    next: 'Check that the file exists and that this user may read it.',
  },
  secret_empty: {
    title: 'A reference leads to nothing',
    cause: '{ref|The reference}[ of {field}] stands for an empty value.',
    next: 'Put the value there, or refer to another place.',
  },
  keychain_unavailable: {
    title: 'The keychain is not available',
    cause: 'The keychain of this system did not answer[ ({detail})].',
    next: '{hint|Unlock or install a keychain, or use an env: or file: reference.}',
  },
  keychain_missing: {
    title: 'The secret is not in the keychain',
    cause: 'There is no entry {ref|for this reference} in the keychain[, to which {field} refers].',
    next: 'Enter the secret again, or use an env: or file: reference.',
  },
  ca_invalid: {
    title: 'The CA bundle is not usable',
    cause: '{file|The file} has no certificate that can be read[ ({detail})].',
    next: 'Give a file with one or more certificates in PEM form.',
  },
  client_certificate_invalid: {
    title: 'The client certificate is not usable',
    cause: '{file|Certificate or key} cannot be used[ ({detail})].',
    next: 'Give a certificate and the private key that belongs to it, both in PEM form, and the passphrase if the key has one.',
  },
  proxy_invalid: {
    title: 'The proxy address is not valid',
    cause: '{proxy|The address} is not an address of a proxy[ ({detail})].',
    next: 'Give it as http://host:port, https://host:port or socks5://host:port.',
  },
  header_invalid: {
    title: 'A header is not allowed',
    cause: 'The header {name|that is set} {problem|cannot be sent}[ ({field})].',
    next: 'Remove it, or correct its name or value.',
  },
  port_in_use: {
    title: 'The port is taken',
    cause: 'Another program listens at {address|that address}.',
    next: '{hint|Stop the other program, or choose another address with --health.listen-addr (port 0 takes any free one).}',
  },
  listen_failed: {
    title: 'Culvert cannot listen',
    cause: '{address|The address} cannot be listened at[ ({detail})].',
    next: 'Choose an address of this machine and a port that this user may open.',
  },
  not_allowed: {
    title: 'This is not allowed',
    cause: 'The request was refused[: {detail}].',
    next: 'Use the address that Culvert printed at start, from this machine.',
  },
  not_found: {
    title: 'There is nothing here',
    cause: '{what|What was asked for} does not exist.',
    next: 'Check the name or the path.',
  },
  bad_request: {
    title: 'The request is not valid',
    cause: '{field|Something in it} is wrong[: {problem}][ (allowed: {allowed})].',
    next: 'Correct it and try again.',
  },
};
