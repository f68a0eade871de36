import { z } from 'zod';
import { check, newerSections, type PlaceOf } from './check.ts';
import { parseDuration } from './duration.ts';
import type { RawMap } from './raw-tree.ts';

/** Leaves arrive as text (raw-tree.ts). A message says what is allowed, not what is wrong. */
const text = z.string('text');

const integer = text.transform((value, context) => {
  if (/^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  context.addIssue('a whole number');
  return z.NEVER;
});

const truth = new Set(['1', 't', 'true', 'y', 'yes', 'on']);
const falsehood = new Set(['0', 'f', 'false', 'n', 'no', 'off']);
const bool = text.transform((value, context) => {
  const word = value.toLowerCase();
  if (truth.has(word)) return true;
  if (falsehood.has(word)) return false;
  context.addIssue('true or false');
  return z.NEVER;
});

/** Milliseconds. */
const duration = text.transform((value, context) => {
  const ms = parseDuration(value.trim());
  if (ms !== undefined) return ms;
  context.addIssue('a duration such as 30s, 500ms or 1m30s');
  return z.NEVER;
});

const oneOf = <const T extends string>(...values: readonly T[]) =>
  text.transform((value, context) => {
    const found = values.find((candidate) => candidate === value.trim().toLowerCase());
    if (found !== undefined) return found;
    context.addIssue(values.join(', '));
    return z.NEVER;
  });

const list = z.array(text, 'a list of text');
const textMap = z.record(z.string(), text, 'names with a text each');
const section = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape, 'a section with settings');

/** `config_version: 2`, `template.version: 1`. */
const harpoonTemplate = section({
  version: integer,
  origin: text,
  method: text,
  path_template: text,
  query: textMap.optional(),
  parameters: z.record(
    z.string(),
    section({
      type: text,
      required: bool,
      description: text.optional(),
      pattern: text.optional(),
      enum: list.optional(),
      min_length: integer.optional(),
      max_length: integer.optional(),
      reserved_values: list.optional(),
    }),
    'parameters by name',
  ),
  headers: textMap.optional(),
  allowed_headers: list.optional(),
  follow_redirects: bool.optional(),
});

/** The reference client's YAML, `config_version` 1 and 2 (its configuration.md), and Culvert's one section. */
export const fileSchema = section({
  config_version: integer.optional(),
  ca_bundle: text.optional(),
  http_proxy: text.optional(),
  control_plane: section({
    base_url: text.optional(),
    url_path: text.optional(),
    tunnel_id: text.optional(),
    organization_id: text.optional(),
    api_key: text.optional(),
    client_cert: text.optional(),
    client_key: text.optional(),
    http_proxy: text.optional(),
    max_inflight_requests: integer.optional(),
    poll_timeout: duration.optional(),
    initial_poll_timeout: duration.optional(),
    poll_deadline_guardrail: duration.optional(),
    poll_channels: list.optional(),
    extra_headers: textMap.optional(),
  }).optional(),
  log: section({
    level: oneOf('trace', 'debug', 'info', 'warn', 'error').optional(),
    format: oneOf('struct-text', 'json').optional(),
    file: text.optional(),
    http_raw_unsafe: bool.optional(),
  }).optional(),
  health: section({
    listen_addr: text.optional(),
    unix_socket: text.optional(),
    url_file: text.optional(),
    show_details: bool.optional(),
  }).optional(),
  admin_ui: section({
    allow_remote: bool.optional(),
    open_browser: bool.optional(),
    log_buffer_events: integer.optional(),
  }).optional(),
  process: section({ pid_file: text.optional() }).optional(),
  cloudflared: section({
    token: text.optional(),
    managed: bool.optional(),
    path: text.optional(),
    ready_timeout: duration.optional(),
  }).optional(),
  mcp: section({
    server_urls: z
      .array(
        section({
          channel: text.optional(),
          url: text,
          unix_socket: text.optional(),
          http_proxy: text.optional(),
          client_cert: text.optional(),
          client_key: text.optional(),
        }),
        'a list of servers',
      )
      .optional(),
    commands: z.array(section({ channel: text.optional(), command: text }), 'a list of commands').optional(),
    http_proxy: text.optional(),
    client_cert: text.optional(),
    client_key: text.optional(),
    extra_headers: textMap.optional(),
    discovery_extra_headers: textMap.optional(),
    startup_wait_timeout: duration.optional(),
    connection_max_ttl: duration.optional(),
    max_concurrent_requests: integer.optional(),
    stdio_send_initialized_notification: bool.optional(),
    forward_trace_context: bool.optional(),
    oauth_trusted_origins: list.optional(),
  }).optional(),
  harpoon: section({
    targets: z
      .array(
        section({
          label: text,
          url: text.optional(),
          unix_socket: text.optional(),
          description: text.optional(),
          template: harpoonTemplate.optional(),
        }),
        'a list of targets',
      )
      .optional(),
    allow_plaintext_http: bool.optional(),
    max_response_bytes: integer.optional(),
    max_redirects: integer.optional(),
    http_proxy: text.optional(),
    additional_transports: list.optional(),
    capture_payloads: bool.optional(),
    hosts_include_suffix: list.optional(),
    hosts_include_regex: list.optional(),
    hosts_include_loopback: bool.optional(),
    hosts_include_private: bool.optional(),
  }).optional(),
  proxy: section({ check_interval: duration.optional() }).optional(),
  culvert: section({
    /** Immutable: keychain entries hang on it. */
    id: text.optional(),
    start_with_app: bool.optional(),
    exclusive: text.optional(),
    ui: bool.optional(),
    no_proxy: list.optional(),
    capture: section({ bodies: bool.optional(), max_body_bytes: integer.optional() }).optional(),
    control_plane: section({
      unix_socket: text.optional(),
      ca_bundle: text.optional(),
      client_key_passphrase: text.optional(),
      poll_interval: duration.optional(),
      max_polls: integer.optional(),
    }).optional(),
    mcp: section({ ca_bundle: text.optional(), client_key_passphrase: text.optional() }).optional(),
    channels: z
      .record(
        z.string(),
        section({
          env: textMap.optional(),
          folder: text.optional(),
          stdio_concurrency: oneOf('parallel', 'serial').optional(),
          extra_headers: textMap.optional(),
          ca_bundle: text.optional(),
          client_key_passphrase: text.optional(),
        }),
        'channels with their settings',
      )
      .optional(),
    harpoon_targets: z
      .record(
        z.string(),
        section({
          allowed_methods: list.optional(),
          max_request_bytes: integer.optional(),
          max_response_bytes: integer.optional(),
          timeout: duration.optional(),
          paths: bool.optional(),
          graphql: section({
            operations: list,
            max_depth: integer.optional(),
            max_cost: integer.optional(),
          }).optional(),
        }),
        'targets with their settings',
      )
      .optional(),
  }).optional(),
});
export type FileConfig = z.output<typeof fileSchema>;

/** Checks a profile's settings, without sections that only a newer tunnel-client may know. Throws `config_invalid`. */
export function checkFile(raw: RawMap, placeOf: PlaceOf): FileConfig {
  const newer = new Set(newerSections(fileSchema, raw));
  const known = Object.fromEntries(Object.entries(raw).filter(([key]) => !newer.has(key)));
  return check(fileSchema, known, placeOf);
}

/** The JSON form of published guides (`~/.tunnel-client/profiles/NAME.json`). */
export const jsonFileSchema = section({
  tunnel_id: text.optional(),
  mcp_server_url: text.optional(),
  mcp_command: text.optional(),
  control_plane_url: text.optional(),
  poll_interval_ms: integer.optional(),
  admin_ui_enabled: bool.optional(),
  admin_ui_address: text.optional(),
  ca_bundle_path: text.optional(),
  proxy: section({ https_proxy: text.optional(), no_proxy: list.optional() }).optional(),
  control_plane_mtls: section({ cert_path: text.optional(), key_path: text.optional() }).optional(),
  mcp_client_mtls: section({
    cert_path: text.optional(),
    key_path: text.optional(),
    ca_bundle_path: text.optional(),
  }).optional(),
  harpoon: section({
    enabled: bool.optional(),
    targets: z
      .array(
        section({
          label: text,
          base_url: text,
          description: text.optional(),
          allowed_methods: list.optional(),
          max_request_size_bytes: integer.optional(),
          max_response_size_bytes: integer.optional(),
          timeout_seconds: integer.optional(),
        }),
        'a list of targets',
      )
      .optional(),
  }).optional(),
});
