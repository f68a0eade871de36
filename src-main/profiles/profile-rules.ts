import { isAbsolute } from 'node:path';
import { TunnelError } from '../../shared/errors.ts';
import { channelNamePattern, tunnelIdPattern } from '../../shared/names.ts';
import { defaultCapture, profileSchema, type Profile } from '../../shared/profile.ts';
import type { PlaceOf } from '../settings/check.ts';
import { channels } from './channel-rules.ts';
import type { FileConfig } from '../settings/file-schema.ts';
import { checkHeaders } from '../settings/headers.ts';
import type { Path } from '../settings/raw-tree.ts';
import { isReference, Rules, tidy } from '../settings/rules.ts';
import { harpoonOf } from './harpoon-rules.ts';

export const defaultBaseUrl = 'https://api.openai.com';

function urlPath(rules: Rules, value: string | undefined, path: Path): string | undefined {
  const text = rules.text(value, path);
  if (text === undefined || isReference(text)) return text;
  if (!text.startsWith('/') || text.startsWith('//') || /[?#\s]/.test(text)) {
    rules.fail(path, 'it is not a path', 'a path that starts with /, without host, query or fragment');
  }
  return text === '/' ? '' : text;
}

function controlPlane(config: FileConfig, rules: Rules, placeOf: PlaceOf): Profile['controlPlane'] {
  const at = (key: string) => ['control_plane', key];
  const from = config.control_plane ?? {};
  const own = config.culvert?.control_plane ?? {};
  const tunnelId = from.tunnel_id?.trim() ?? '';
  if (!tunnelIdPattern.test(tunnelId)) {
    throw new TunnelError('tunnel_id_invalid', 'local', {
      ...placeOf(at('tunnel_id')),
      ...(tunnelId === ''
        ? {
            problem: 'none is set',
            field: '--control-plane.tunnel-id, CONTROL_PLANE_TUNNEL_ID or control_plane.tunnel_id',
          }
        : { problem: `\`${tunnelId.slice(0, 80)}\` is not one` }),
    });
  }
  const organizationId = rules.text(from.organization_id, at('organization_id'));
  const guardrail = from.poll_deadline_guardrail ?? 5_000;
  const timeout = from.poll_timeout ?? 30_000;
  if (guardrail <= 0 || guardrail >= 60_000)
    rules.fail(at('poll_deadline_guardrail'), 'it is out of range', 'more than 0 and less than 60s');
  if (timeout <= 0 || timeout + guardrail > 600_000) {
    rules.fail(at('poll_timeout'), 'it is out of range', 'more than 0; with poll_deadline_guardrail at most 10m');
  }
  return profileSchema.shape.controlPlane.parse(
    tidy({
      baseUrl: rules.url(from.base_url, at('base_url')),
      urlPath: urlPath(rules, from.url_path, at('url_path')),
      tunnelId,
      apiKey: rules.text(from.api_key, at('api_key')),
      organizationId,
      unixSocket: rules.text(own.unix_socket, ['culvert', 'control_plane', 'unix_socket']),
      ...rules.pair(from.client_cert, from.client_key, ['control_plane']),
      clientKeyPassphrase: rules.text(own.client_key_passphrase, ['culvert', 'control_plane', 'client_key_passphrase']),
      httpProxy: rules.proxy(from.http_proxy, at('http_proxy')),
      caBundle: rules.text(own.ca_bundle, ['culvert', 'control_plane', 'ca_bundle']),
      extraHeaders: checkHeaders(from.extra_headers ?? {}, at('extra_headers'), placeOf, 'control-plane'),
      pollTimeoutMs: timeout,
      initialPollTimeoutMs: rules.range(
        from.initial_poll_timeout,
        at('initial_poll_timeout'),
        1,
        600_000 - guardrail,
        'more than 0; with poll_deadline_guardrail at most 10m',
      ),
      pollDeadlineGuardrailMs: guardrail,
      pollIntervalMs: rules.range(
        own.poll_interval,
        ['culvert', 'control_plane', 'poll_interval'],
        0,
        600_000,
        '0s to 10m',
      ),
      maxInflight: rules.range(from.max_inflight_requests, at('max_inflight_requests'), 1, 10_000, '1 to 10000'),
      pollChannels: pollChannels(rules, from.poll_channels),
      maxPolls: rules.range(own.max_polls, ['culvert', 'control_plane', 'max_polls'], 1, 64, '1 to 64'),
    }),
  );
}

function pollChannels(rules: Rules, values: readonly string[] | undefined): string[] | undefined {
  if (values === undefined) return undefined;
  const path = ['control_plane', 'poll_channels'];
  if (values.length === 0) rules.fail(path, 'it names no channel');
  values.forEach((value, index) => {
    if (value.trim() === '') rules.fail([...path, index], 'it names an empty channel');
    if (!channelNamePattern.test(value))
      rules.fail(
        [...path, index],
        `\`${value}\` is not a channel name as it is polled`,
        'lower-case a–z, 0–9, _ and -',
      );
    if (values.indexOf(value) !== index) rules.fail([...path, index], `the channel ${value} is named twice`);
  });
  return [...values].sort();
}

/** `true`, `kubernetes` or a folder; `false` is nothing. */
function exclusiveIn(rules: Rules, value: string | undefined): string | undefined {
  const text = rules.text(value, ['culvert', 'exclusive']);
  if (text === undefined || /^(?:0|f|false|n|no|off)$/i.test(text)) return undefined;
  if (/^(?:1|t|true|y|yes|on)$/i.test(text)) return 'true';
  if (text.toLowerCase() === 'kubernetes') return 'kubernetes';
  if (!isAbsolute(text))
    rules.fail(
      ['culvert', 'exclusive'],
      'it is none of what is allowed',
      'true, kubernetes, or the absolute path of a folder that all instances see',
    );
  return text;
}

/** Origins as `URL.origin` spells them. */
function trustedOrigins(rules: Rules, values: readonly string[] | undefined): string[] | undefined {
  if (values === undefined || values.length === 0) return undefined;
  const origins = values.map((value, index) => {
    const text = value.trim();
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isOrigin =
      (url?.protocol === 'https:' || url?.protocol === 'http:') &&
      url.pathname === '/' &&
      url.search + url.hash + url.username + url.password === '';
    if (!url || !isOrigin)
      rules.fail(
        ['mcp', 'oauth_trusted_origins', index],
        'it is not an origin',
        'scheme, host and port, as in https://auth.example.com',
      );
    return url.origin;
  });
  return [...new Set(origins)];
}

/**
 * Checked settings as a `Profile`. Throws `config_invalid`, `tunnel_id_invalid`, `header_invalid` or `proxy_invalid`,
 * each with the place the value came from. References stay references.
 */
export function toProfile(config: FileConfig, identity: { id: string; name: string }, placeOf: PlaceOf): Profile {
  const rules = new Rules(placeOf);
  if (config.config_version !== undefined && config.config_version !== 1 && config.config_version !== 2) {
    rules.fail(['config_version'], 'this version is not known', '1 or 2');
  }
  const mcp = config.mcp ?? {};
  const at = (key: string) => ['mcp', key];
  const bound = channels(config, rules, placeOf);
  const pair = rules.pair(mcp.client_cert, mcp.client_key, ['mcp']);
  if (pair.clientCert !== undefined && !bound.some((channel) => channel.kind === 'http')) {
    rules.fail(at('client_cert'), 'a client certificate needs a server address; commands have no TLS');
  }
  const profile: Profile = {
    id: identity.id,
    name: identity.name,
    controlPlane: controlPlane(config, rules, placeOf),
    channels: bound,
    mcp: profileSchema.shape.mcp.parse(
      tidy({
        httpProxy: rules.proxy(mcp.http_proxy, at('http_proxy')),
        caBundle: rules.text(config.culvert?.mcp?.ca_bundle, ['culvert', 'mcp', 'ca_bundle']),
        ...pair,
        clientKeyPassphrase: rules.text(config.culvert?.mcp?.client_key_passphrase, [
          'culvert',
          'mcp',
          'client_key_passphrase',
        ]),
        extraHeaders: checkHeaders(mcp.extra_headers ?? {}, at('extra_headers'), placeOf, 'mcp-server'),
        discoveryExtraHeaders: checkHeaders(
          mcp.discovery_extra_headers ?? {},
          at('discovery_extra_headers'),
          placeOf,
          'mcp-server',
        ),
        startupWaitMs: rules.range(mcp.startup_wait_timeout, at('startup_wait_timeout'), 0, Infinity, '0s or more'),
        connectionMaxTtlMs: rules.range(
          mcp.connection_max_ttl,
          at('connection_max_ttl'),
          Number.MIN_VALUE,
          Infinity,
          'more than 0',
        ),
        maxConcurrentRequests: rules.range(
          mcp.max_concurrent_requests,
          at('max_concurrent_requests'),
          1,
          Infinity,
          '1 or more',
        ),
        stdioSendInitialized: mcp.stdio_send_initialized_notification,
        forwardTraceContext: mcp.forward_trace_context,
        oauthTrustedOrigins: trustedOrigins(rules, mcp.oauth_trusted_origins),
      }),
    ),
    harpoon: harpoonOf(config, rules),
    ...tidy({
      httpProxy: rules.proxy(config.http_proxy, ['http_proxy']),
      noProxy: rules.list(config.culvert?.no_proxy, ['culvert', 'no_proxy']),
      caBundle: rules.text(config.ca_bundle, ['ca_bundle']),
    }),
    proxyCheckIntervalMs:
      rules.range(config.proxy?.check_interval, ['proxy', 'check_interval'], 1, Infinity, 'more than 0') ?? 60_000,
    ...tidy({ exclusive: exclusiveIn(rules, config.culvert?.exclusive) }),
    startWithApp: config.culvert?.start_with_app ?? false,
    capture: {
      bodies: config.culvert?.capture?.bodies ?? defaultCapture.bodies,
      maxBodyBytes:
        rules.range(
          config.culvert?.capture?.max_body_bytes,
          ['culvert', 'capture', 'max_body_bytes'],
          0,
          2 ** 30,
          '0 to 1 GiB',
        ) ?? defaultCapture.maxBodyBytes,
    },
  };
  checkRouting(profile, rules);
  return profile;
}

/** Which channels must exist: `main` always, unless the allow-list of polled channels leaves it out. */
function checkRouting(profile: Profile, rules: Rules): void {
  const polled = profile.controlPlane.pollChannels;
  const names = new Set(profile.channels.map((channel) => channel.name));
  if (polled === undefined) {
    if (names.has('main')) return;
    if (names.size > 0) rules.fail(['mcp'], 'the channel main is missing', 'one server or command with channel main');
    throw new TunnelError('config_invalid', 'local', {
      field: 'The MCP server',
      problem: 'none is set for the channel main',
      hint: 'Set --mcp.server-url URL or --mcp.command "PROGRAM ARGUMENTS" (or MCP_SERVER_URL, MCP_COMMAND, or mcp: in a profile).',
    });
  }
  polled.forEach((channel) => {
    const path = ['control_plane', 'poll_channels'];
    if (channel === 'harpoon') {
      if (profile.harpoon.targets.length === 0 && !polled.includes('main'))
        rules.fail(path, 'harpoon is to be polled but has no target');
    } else if (!names.has(channel)) rules.fail(path, `there is no server or command for the channel ${channel}`);
  });
}
