import { defaultCapture, type ChannelConfig, type HarpoonTemplate, type Profile } from '../../../shared/profile.ts';
import { formatDuration } from '../../settings/duration.ts';
import { defaultBaseUrl } from '../profile-rules.ts';

/** What a profile says in its file: settings that differ from their defaults, by the file's own names. */
export type Shape = string | number | boolean | readonly Shape[] | ShapeMap;
export interface ShapeMap {
  readonly [key: string]: Shape;
}

type Loose = Readonly<Record<string, Shape | undefined>>;

/** Without what is undefined or empty; undefined when nothing is left. */
function map(entries: Loose): ShapeMap | undefined {
  const kept = Object.entries(entries).filter(
    (entry): entry is [string, Shape] =>
      entry[1] !== undefined && !(typeof entry[1] === 'object' && Object.keys(entry[1]).length === 0),
  );
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const unless = <T extends Shape>(value: T, usual: T): T | undefined => (value === usual ? undefined : value);
const duration = (ms: number, usual: number): string | undefined => (ms === usual ? undefined : formatDuration(ms));

const channelKey = (channel: ChannelConfig) => unless(channel.name, 'main');

/** The reference client refuses to start with one. A reference to one is not known before it is resolved. */
export const isSocksProxy = (key: string, value: Shape | undefined): boolean =>
  key === 'http_proxy' && typeof value === 'string' && /^socks5?:/i.test(value);

/** The reference's part. */
function referenceShape(profile: Profile): Loose {
  const { controlPlane, mcp, harpoon } = profile;
  return {
    ca_bundle: profile.caBundle,
    http_proxy: profile.httpProxy,
    control_plane: map({
      base_url: unless(controlPlane.baseUrl, defaultBaseUrl),
      url_path: unless(controlPlane.urlPath, ''),
      tunnel_id: controlPlane.tunnelId,
      organization_id: controlPlane.organizationId,
      api_key: controlPlane.apiKey,
      client_cert: controlPlane.clientCert,
      client_key: controlPlane.clientKey,
      http_proxy: controlPlane.httpProxy,
      max_inflight_requests: unless(controlPlane.maxInflight, 20),
      poll_timeout: duration(controlPlane.pollTimeoutMs, 30_000),
      initial_poll_timeout:
        controlPlane.initialPollTimeoutMs === undefined ? undefined : formatDuration(controlPlane.initialPollTimeoutMs),
      poll_deadline_guardrail: duration(controlPlane.pollDeadlineGuardrailMs, 5_000),
      poll_channels: controlPlane.pollChannels,
      extra_headers: controlPlane.extraHeaders,
    }),
    mcp: map({
      server_urls: profile.channels.flatMap((channel) =>
        channel.kind === 'http'
          ? (map({
              channel: channelKey(channel),
              url: channel.url,
              unix_socket: channel.unixSocket,
              http_proxy: channel.httpProxy,
              client_cert: channel.clientCert,
              client_key: channel.clientKey,
            }) ?? [])
          : [],
      ),
      commands: profile.channels.flatMap((channel) =>
        channel.kind === 'stdio' ? (map({ channel: channelKey(channel), command: channel.command }) ?? []) : [],
      ),
      http_proxy: mcp.httpProxy,
      client_cert: mcp.clientCert,
      client_key: mcp.clientKey,
      extra_headers: mcp.extraHeaders,
      discovery_extra_headers: mcp.discoveryExtraHeaders,
      startup_wait_timeout: duration(mcp.startupWaitMs, 0),
      connection_max_ttl: duration(mcp.connectionMaxTtlMs, 600_000),
      max_concurrent_requests: unless(mcp.maxConcurrentRequests, 10),
      stdio_send_initialized_notification: mcp.stdioSendInitialized,
      forward_trace_context: mcp.forwardTraceContext,
      oauth_trusted_origins: mcp.oauthTrustedOrigins,
    }),
    harpoon: map({
      targets: harpoon.targets.flatMap(
        (target) =>
          map({
            label: target.label,
            url: target.template ? undefined : target.url,
            unix_socket: target.unixSocket,
            description: target.description,
            template: target.template && templateShape(target.template),
          }) ?? [],
      ),
      allow_plaintext_http: unless(harpoon.allowPlaintextHttp, false),
      max_response_bytes: unless(harpoon.maxResponseBytes, 102_400),
      max_redirects: unless(harpoon.maxRedirects, 5),
      http_proxy: harpoon.httpProxy,
      additional_transports: harpoon.additionalTransports,
      capture_payloads: harpoon.capturePayloads,
      hosts_include_suffix: harpoon.hostsIncludeSuffix,
      hosts_include_regex: harpoon.hostsIncludeRegex,
      hosts_include_loopback: unless(harpoon.hostsIncludeLoopback, true),
      hosts_include_private: unless(harpoon.hostsIncludePrivate, true),
    }),
    proxy: map({ check_interval: duration(profile.proxyCheckIntervalMs, 60_000) }),
  };
}

const templateShape = ({ parameters, ...template }: HarpoonTemplate) =>
  map({
    version: 1,
    origin: template.origin,
    method: template.method,
    path_template: template.pathTemplate,
    query: template.query,
    parameters: map(
      Object.fromEntries(
        Object.entries(parameters).map(([name, parameter]) => [
          name,
          map({
            type: parameter.type,
            required: parameter.required,
            description: parameter.description,
            pattern: parameter.pattern,
            enum: parameter.enum,
            min_length: parameter.minLength,
            max_length: parameter.maxLength,
            reserved_values: parameter.reservedValues,
          }),
        ]),
      ),
    ),
    headers: template.headers,
    allowed_headers: template.allowedHeaders,
  });

/** What only Culvert has, without the id: empty for a profile that the reference can hold. */
export function ownShape(profile: Profile): ShapeMap {
  const { controlPlane, mcp, capture } = profile;
  const channels = profile.channels.map((channel) => [
    channel.name,
    channel.kind === 'stdio'
      ? map({ env: channel.env, folder: channel.cwd, stdio_concurrency: unless(channel.concurrency, 'parallel') })
      : map({
          extra_headers: channel.extraHeaders,
          ca_bundle: channel.caBundle,
          client_key_passphrase: channel.clientKeyPassphrase,
        }),
  ]);
  const targets = profile.harpoon.targets.map((target) => [
    target.label,
    map({
      allowed_methods: target.allowedMethods,
      max_request_bytes: target.maxRequestBytes,
      max_response_bytes: target.maxResponseBytes,
      timeout: target.timeoutMs === undefined ? undefined : formatDuration(target.timeoutMs),
      paths: target.allowsPaths,
      graphql: map({
        operations: target.graphql?.operations,
        max_depth: target.graphql?.maxDepth,
        max_cost: target.graphql?.maxCost,
      }),
    }),
  ]);
  return (
    map({
      start_with_app: unless(profile.startWithApp, false),
      exclusive: profile.exclusive,
      no_proxy: profile.noProxy,
      capture: map({
        bodies: unless(capture.bodies, defaultCapture.bodies),
        max_body_bytes: unless(capture.maxBodyBytes, defaultCapture.maxBodyBytes),
      }),
      control_plane: map({
        unix_socket: controlPlane.unixSocket,
        ca_bundle: controlPlane.caBundle,
        client_key_passphrase: controlPlane.clientKeyPassphrase,
        poll_interval: duration(controlPlane.pollIntervalMs, 0),
        max_polls: unless(controlPlane.maxPolls, 8),
      }),
      mcp: map({ ca_bundle: mcp.caBundle, client_key_passphrase: mcp.clientKeyPassphrase }),
      channels: map(Object.fromEntries(channels) as Loose),
      harpoon_targets: map(Object.fromEntries(targets) as Loose),
    }) ?? {}
  );
}

/** The whole file's shape; `id` only where the file has a place for it. */
export const fileShape = (profile: Profile, id: string | undefined): ShapeMap =>
  map({ ...referenceShape(profile), culvert: map({ id, ...ownShape(profile) }) }) ?? {};
