import { logLevels } from '../../shared/log-level.ts';

/**
 * Every setting that can come from a flag or a variable: the reference client's names (its configuration.md), the
 * shorter ones of published guides, and Culvert's own. `path` is where the same setting stands in a profile's YAML.
 */
export interface Option {
  /** Long flag without the dashes. */
  readonly flag: string;
  readonly aliases?: readonly string[];
  readonly env?: string;
  readonly path: readonly string[];
  readonly kind: 'text' | 'bool' | 'list' | 'headers' | 'servers' | 'commands' | 'targets' | 'key';
  /** Separators of lists in the variable. */
  readonly split?: RegExp;
  /** A variable that is set but empty is a mistake rather than nothing. */
  readonly emptyMeans?: 'mistake';
  readonly argument: string;
  /** The words that it takes, where they are few: for completion. What reads the setting checks it. */
  readonly choices?: readonly string[];
  readonly group: (typeof groups)[number];
  readonly help: string;
  /** Accepted, so that what people have runs unchanged, but without effect; not in the help. `true` = harmless. */
  readonly inert?: string | true;
}

export const groups = [
  'Control plane',
  'MCP servers',
  'Network',
  'Log',
  'Listener (health, readiness, metrics)',
  'Process',
  'Harpoon (allow-listed HTTP callouts)',
] as const;

const comma = /,/;
const headerList = /[,;]/;
const lines = /[\r\n]/;
const entries = /[;\n]/;

type Row = Omit<Option, 'group'>;
const inGroup = (group: Option['group'], rows: readonly Row[], inert?: true): readonly Option[] =>
  rows.map((row) => ({ ...(inert === undefined ? {} : { inert }), ...row, group }));

const controlPlane: readonly Row[] = [
  {
    flag: 'control-plane.tunnel-id',
    aliases: ['control-plane-tunnel-id', 'tunnel-id'],
    env: 'CONTROL_PLANE_TUNNEL_ID',
    path: ['control_plane', 'tunnel_id'],
    kind: 'text',
    emptyMeans: 'mistake',
    argument: '<id>',
    help: 'the tunnel: tunnel_ and 32 lower-case letters or digits',
  },
  {
    flag: 'control-plane.api-key',
    aliases: ['control-plane-api-key', 'control-plane-api-key-ref'],
    env: 'CONTROL_PLANE_API_KEY',
    path: ['control_plane', 'api_key'],
    kind: 'key',
    argument: '<ref>',
    help: 'the runtime key as env:NAME, file:/path or keychain:…; without it CONTROL_PLANE_API_KEY, then OPENAI_API_KEY',
  },
  {
    flag: 'control-plane.base-url',
    aliases: ['control-plane-base-url', 'control-plane-url'],
    env: 'CONTROL_PLANE_BASE_URL',
    path: ['control_plane', 'base_url'],
    kind: 'text',
    argument: '<url>',
    help: 'the control plane (default https://api.openai.com, with a client certificate https://mtls.api.openai.com)',
  },
  {
    flag: 'control-plane.url-path',
    aliases: ['control-plane-url-path'],
    env: 'CONTROL_PLANE_URL_PATH',
    path: ['control_plane', 'url_path'],
    kind: 'text',
    argument: '<path>',
    help: 'a path before /v1/…, for gateways',
  },
  {
    flag: 'control-plane.organization-id',
    aliases: ['control-plane-organization-id', 'organization-id'],
    env: 'CONTROL_PLANE_ORGANIZATION_ID',
    path: ['control_plane', 'organization_id'],
    kind: 'text',
    argument: '<id>',
    help: 'sent as OpenAI-Organization',
  },
  {
    flag: 'control-plane.client-cert',
    aliases: ['control-plane-client-cert', 'control-plane-cert'],
    env: 'CONTROL_PLANE_CLIENT_CERT',
    path: ['control_plane', 'client_cert'],
    kind: 'text',
    argument: '<file>',
    help: 'client certificate (PEM) for the control plane',
  },
  {
    flag: 'control-plane.client-key',
    aliases: ['control-plane-client-key', 'control-plane-key'],
    env: 'CONTROL_PLANE_CLIENT_KEY',
    path: ['control_plane', 'client_key'],
    kind: 'text',
    argument: '<file>',
    help: 'its private key (PEM)',
  },
  {
    flag: 'control-plane.http-proxy',
    env: 'CONTROL_PLANE_HTTP_PROXY',
    path: ['control_plane', 'http_proxy'],
    kind: 'text',
    argument: '<url>',
    help: 'proxy for the control plane alone',
  },
  {
    flag: 'control-plane.unix-socket',
    env: 'TUNNEL_INTEGRATION_TUNNEL_SERVICE_SOCKET_PATH',
    path: ['culvert', 'control_plane', 'unix_socket'],
    kind: 'text',
    argument: '<path>',
    help: 'reach the control plane through a Unix socket',
  },
  {
    flag: 'control-plane.extra-headers',
    env: 'CONTROL_PLANE_EXTRA_HEADERS',
    path: ['control_plane', 'extra_headers'],
    kind: 'headers',
    split: headerList,
    argument: '<header>',
    help: '"Name: value" for every control-plane call; the value may be env:NAME or file:/path; repeatable',
  },
  {
    flag: 'control-plane.max-inflight',
    env: 'CONTROL_PLANE_MAX_INFLIGHT_REQUESTS',
    path: ['control_plane', 'max_inflight_requests'],
    kind: 'text',
    emptyMeans: 'mistake',
    argument: '<n>',
    help: 'polled commands that may wait (default 20, at most 10000)',
  },
  {
    flag: 'control-plane.poll-timeout',
    env: 'CONTROL_PLANE_POLL_TIMEOUT',
    path: ['control_plane', 'poll_timeout'],
    kind: 'text',
    argument: '<duration>',
    help: 'how long an empty poll may wait (default 30s)',
  },
  {
    flag: 'control-plane.initial-poll-timeout',
    env: 'CONTROL_PLANE_INITIAL_POLL_TIMEOUT',
    path: ['control_plane', 'initial_poll_timeout'],
    kind: 'text',
    argument: '<duration>',
    help: 'the same until a poll was answered (default 1s, so that readiness is soon known)',
  },
  {
    flag: 'control-plane.poll-deadline-guardrail',
    env: 'CONTROL_PLANE_POLL_DEADLINE_GUARDRAIL',
    path: ['control_plane', 'poll_deadline_guardrail'],
    kind: 'text',
    argument: '<duration>',
    help: 'time beyond that before a poll is given up (default 5s)',
  },
  {
    flag: 'control-plane.poll-channel',
    env: 'CONTROL_PLANE_POLL_CHANNELS',
    path: ['control_plane', 'poll_channels'],
    kind: 'list',
    split: comma,
    emptyMeans: 'mistake',
    argument: '<name>',
    help: 'poll only this channel; repeatable',
  },
  {
    flag: 'control-plane.max-polls',
    env: 'CULVERT_MAX_POLLS',
    path: ['culvert', 'control_plane', 'max_polls'],
    kind: 'text',
    argument: '<n>',
    help: 'how many long polls may overlap (default 8; 1 = one at a time)',
  },
  {
    flag: 'control-plane.poll-interval',
    env: 'CULVERT_POLL_INTERVAL',
    path: ['culvert', 'control_plane', 'poll_interval'],
    kind: 'text',
    argument: '<duration>',
    help: 'least time between two polls that came back empty at once (default none)',
  },
];

const mcp: readonly Row[] = [
  {
    flag: 'mcp.server-url',
    aliases: ['mcp-server-url'],
    env: 'MCP_SERVER_URL',
    path: ['mcp', 'server_urls'],
    kind: 'servers',
    split: lines,
    argument: '<url>',
    help: 'a Streamable HTTP server: a URL, or "channel=…,url=…,unix-socket=…,http-proxy=…,client-cert=…,client-key=…"; repeatable',
  },
  {
    flag: 'mcp.command',
    aliases: ['mcp-command', 'command'],
    env: 'MCP_COMMAND',
    path: ['mcp', 'commands'],
    kind: 'commands',
    split: lines,
    argument: '<command>',
    help: 'a stdio server: a command line (no shell runs it), or "channel=…,command=…"; repeatable',
  },
  {
    flag: 'mcp.extra-headers',
    aliases: ['mcp-extra-headers'],
    env: 'MCP_EXTRA_HEADERS',
    path: ['mcp', 'extra_headers'],
    kind: 'headers',
    split: headerList,
    argument: '<header>',
    help: '"Name: value" for the MCP server; a command’s own headers win; repeatable',
  },
  {
    flag: 'mcp.discovery-extra-headers',
    aliases: ['mcp-discovery-extra-headers'],
    env: 'MCP_DISCOVERY_EXTRA_HEADERS',
    path: ['mcp', 'discovery_extra_headers'],
    kind: 'headers',
    split: headerList,
    argument: '<header>',
    help: '"Name: value" for probe and discovery alone; repeatable',
  },
  {
    flag: 'mcp.client-cert',
    env: 'MCP_CLIENT_CERT',
    path: ['mcp', 'client_cert'],
    kind: 'text',
    argument: '<file>',
    help: 'client certificate (PEM) for MCP servers',
  },
  {
    flag: 'mcp.client-key',
    env: 'MCP_CLIENT_KEY',
    path: ['mcp', 'client_key'],
    kind: 'text',
    argument: '<file>',
    help: 'its private key (PEM)',
  },
  {
    flag: 'mcp.http-proxy',
    env: 'MCP_HTTP_PROXY',
    path: ['mcp', 'http_proxy'],
    kind: 'text',
    argument: '<url>',
    help: 'proxy for MCP servers',
  },
  {
    flag: 'mcp.max-concurrent-requests',
    env: 'MCP_MAX_CONCURRENT_REQUESTS',
    path: ['mcp', 'max_concurrent_requests'],
    kind: 'text',
    argument: '<n>',
    help: 'calls that run at a time (default 10)',
  },
  {
    flag: 'mcp.connection-max-ttl',
    env: 'MCP_CONNECTION_MAX_TTL',
    path: ['mcp', 'connection_max_ttl'],
    kind: 'text',
    argument: '<duration>',
    help: 'the longest a call without a deadline may take (default 10m)',
  },
  {
    flag: 'mcp.startup-wait-timeout',
    env: 'MCP_STARTUP_WAIT_TIMEOUT',
    path: ['mcp', 'startup_wait_timeout'],
    kind: 'text',
    argument: '<duration>',
    help: 'wait this long for the main server to listen before polling (default 0s)',
  },
  {
    flag: 'mcp.forward-trace-context',
    env: 'MCP_FORWARD_TRACE_CONTEXT',
    path: ['mcp', 'forward_trace_context'],
    kind: 'bool',
    argument: '[bool]',
    help: 'pass the caller’s trace context (traceparent, tracestate) on to servers, in params._meta',
  },
  {
    flag: 'mcp.oauth-trusted-origin',
    env: 'MCP_OAUTH_TRUSTED_ORIGINS',
    path: ['mcp', 'oauth_trusted_origins'],
    kind: 'list',
    split: comma,
    argument: '<origin>',
    help: 'an origin beside the server’s own that OAuth discovery may ask; repeatable',
  },
  {
    flag: 'mcp.stdio-send-initialized-notification',
    env: 'MCP_STDIO_SEND_INITIALIZED_NOTIFICATION',
    path: ['mcp', 'stdio_send_initialized_notification'],
    kind: 'bool',
    argument: '[bool]',
    help: 'tell a stdio server notifications/initialized for callers that leave it out',
  },
];

const network: readonly Row[] = [
  {
    flag: 'http-proxy',
    env: 'TUNNEL_CLIENT_HTTP_PROXY',
    path: ['http_proxy'],
    kind: 'text',
    argument: '<url>',
    help: 'proxy for everything that has none of its own; without it HTTP_PROXY, HTTPS_PROXY and NO_PROXY apply',
  },
  {
    flag: 'ca-bundle',
    env: 'CA_BUNDLE',
    path: ['ca_bundle'],
    kind: 'text',
    argument: '<file>',
    help: 'certificates (PEM) to trust beside the system’s',
  },
  {
    flag: 'proxy.check-interval',
    env: 'PROXY_CHECK_INTERVAL',
    path: ['proxy', 'check_interval'],
    kind: 'text',
    argument: '<duration>',
    help: 'how often proxies are checked (default 60s)',
  },
];

const log: readonly Row[] = [
  {
    flag: 'log.level',
    aliases: ['log-level'],
    env: 'LOG_LEVEL',
    path: ['log', 'level'],
    kind: 'text',
    argument: '<level>',
    choices: logLevels,
    help: 'trace, debug, info, warn or error (default info)',
  },
  {
    flag: 'log.format',
    aliases: ['log-format'],
    env: 'LOG_FORMAT',
    path: ['log', 'format'],
    kind: 'text',
    argument: '<format>',
    choices: ['json', 'struct-text'],
    help: 'json or struct-text; without it lines for people',
  },
  {
    flag: 'log.file',
    aliases: ['log-file'],
    env: 'LOG_FILE',
    path: ['log', 'file'],
    kind: 'text',
    argument: '<file>',
    help: 'write the log there instead of standard output',
  },
  {
    flag: 'log.http-raw-unsafe',
    env: 'LOG_HTTP_RAW_UNSAFE',
    path: ['log', 'http_raw_unsafe'],
    kind: 'bool',
    argument: '[bool]',
    inert: 'bodies are kept in the traces, not in the log',
    help: 'log the bodies of commands and answers; they may hold personal data',
  },
];

const listener: readonly Row[] = [
  {
    flag: 'health.listen-addr',
    aliases: ['health-listen-addr'],
    env: 'HEALTH_LISTEN_ADDR',
    path: ['health', 'listen_addr'],
    kind: 'text',
    argument: '<host:port>',
    help: 'where to listen (default 127.0.0.1:8090, or the next free port); port 0 takes any free one, :8080 listens on all interfaces',
  },
  {
    flag: 'health.unix-socket',
    aliases: ['health-unix-socket'],
    env: 'HEALTH_UNIX_SOCKET',
    path: ['health', 'unix_socket'],
    kind: 'text',
    argument: '<path>',
    help: 'listen on a Unix socket instead',
  },
  {
    flag: 'health.url-file',
    aliases: ['health-url-file'],
    env: 'HEALTH_URL_FILE',
    path: ['health', 'url_file'],
    kind: 'text',
    argument: '<file>',
    help: 'write the listener’s address there; removed at the end',
  },
  {
    flag: 'health.show-details',
    env: 'HEALTH_SHOW_DETAILS',
    path: ['health', 'show_details'],
    kind: 'bool',
    argument: '[bool]',
    help: '/health tells every component unless asked otherwise',
  },
  {
    flag: 'allow-remote-ui',
    env: 'ALLOW_REMOTE_UI',
    path: ['admin_ui', 'allow_remote'],
    kind: 'bool',
    argument: '[bool]',
    help: 'let other machines reach interface and API, too',
  },
  {
    flag: 'open-web-ui',
    env: 'OPEN_WEB_UI',
    path: ['admin_ui', 'open_browser'],
    kind: 'bool',
    argument: '[bool]',
    help: 'open the interface in the browser at start',
  },
  {
    flag: 'admin-ui.log-buffer-events',
    env: 'ADMIN_UI_LOG_BUFFER_EVENTS',
    path: ['admin_ui', 'log_buffer_events'],
    kind: 'text',
    argument: '<n>',
    help: 'log lines kept for the interface (default 2000)',
  },
];

const process: readonly Row[] = [
  {
    flag: 'exclusive',
    env: 'CULVERT_EXCLUSIVE',
    path: ['culvert', 'exclusive'],
    kind: 'text',
    argument: '[where]',
    help: 'serve only while no other instance does: by a Kubernetes lease in a pod, else a lease file; or name kubernetes or a shared folder',
  },
  {
    flag: 'pid.file',
    aliases: ['pid-file'],
    env: 'PID_FILE',
    path: ['process', 'pid_file'],
    kind: 'text',
    argument: '<file>',
    help: 'write the process id there; removed at the end',
  },
];

const harpoon: readonly Row[] = [
  {
    flag: 'harpoon.target',
    env: 'HARPOON_TARGETS',
    path: ['harpoon', 'targets'],
    kind: 'targets',
    split: entries,
    argument: '<target>',
    help: '"label=…,url=…,unix-socket=…,desc=…"; repeatable',
  },
  {
    flag: 'harpoon.allow-plaintext-http',
    env: 'HARPOON_ALLOW_PLAINTEXT_HTTP',
    path: ['harpoon', 'allow_plaintext_http'],
    kind: 'bool',
    argument: '[bool]',
    help: 'allow http:// targets and redirects',
  },
  {
    flag: 'harpoon.max-response-bytes',
    env: 'HARPOON_MAX_RESPONSE_BYTES',
    path: ['harpoon', 'max_response_bytes'],
    kind: 'text',
    argument: '<n>',
    help: 'largest answer (default and most 102400)',
  },
  {
    flag: 'harpoon.max-redirects',
    env: 'HARPOON_MAX_REDIRECTS',
    path: ['harpoon', 'max_redirects'],
    kind: 'text',
    argument: '<n>',
    help: 'redirects followed (default and most 5)',
  },
  {
    flag: 'harpoon.http-proxy',
    env: 'HARPOON_HTTP_PROXY',
    path: ['harpoon', 'http_proxy'],
    kind: 'text',
    argument: '<url>',
    help: 'proxy for Harpoon',
  },
  {
    flag: 'harpoon.additional-transport',
    env: 'HARPOON_ADDITIONAL_TRANSPORTS',
    path: ['harpoon', 'additional_transports'],
    kind: 'list',
    split: entries,
    argument: '<name>',
    help: 'http-streamable: also serve Harpoon on the listener; repeatable',
  },
  {
    flag: 'harpoon.capture-payloads',
    env: 'HARPOON_CAPTURE_PAYLOADS',
    path: ['harpoon', 'capture_payloads'],
    kind: 'bool',
    argument: '[bool]',
    help: 'keep request and answer bodies for the interface',
  },
  {
    flag: 'harpoon.hosts-include-suffix',
    env: 'HARPOON_HOSTS_INCLUDE_SUFFIX',
    path: ['harpoon', 'hosts_include_suffix'],
    kind: 'list',
    split: entries,
    argument: '<suffix>',
    help: 'hosts to treat as private; repeatable',
  },
  {
    flag: 'harpoon.hosts-include-regex',
    env: 'HARPOON_HOSTS_INCLUDE_REGEX',
    path: ['harpoon', 'hosts_include_regex'],
    kind: 'list',
    split: entries,
    argument: '<regex>',
    help: 'hosts to treat as private; repeatable',
  },
  {
    flag: 'harpoon.hosts-include-loopback',
    env: 'HARPOON_HOSTS_INCLUDE_LOOPBACK',
    path: ['harpoon', 'hosts_include_loopback'],
    kind: 'bool',
    argument: '[bool]',
    help: 'treat loopback as private (default true)',
  },
  {
    flag: 'harpoon.hosts-include-private',
    env: 'HARPOON_HOSTS_INCLUDE_PRIVATE',
    path: ['harpoon', 'hosts_include_private'],
    kind: 'bool',
    argument: '[bool]',
    help: 'treat private addresses as private (default true)',
  },
];

export const options: readonly Option[] = [
  ...inGroup('Control plane', controlPlane),
  ...inGroup('MCP servers', mcp),
  ...inGroup('Network', network),
  ...inGroup('Log', log),
  ...inGroup('Listener (health, readiness, metrics)', listener),
  ...inGroup('Process', process),
  ...inGroup('Harpoon (allow-listed HTTP callouts)', harpoon),
];
