import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import { loadProfile } from '../../src-main/profiles/load.ts';
import type { Selection } from '../../src-main/profiles/source.ts';
import type { Env } from '../../src-main/settings/layers.ts';

const tunnelId = 'tunnel_0123456789abcdef0123456789abcdef';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-load-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const minimal = {
  CONTROL_PLANE_TUNNEL_ID: tunnelId,
  CONTROL_PLANE_API_KEY: 'secret-value',
  MCP_SERVER_URL: 'http://localhost:8080/mcp',
};

async function load(options: {
  flags?: Record<string, string | string[]>;
  env?: Env;
  yaml?: string;
  json?: string;
  selection?: Selection;
}) {
  const flags = new Map(Object.entries(options.flags ?? {}).map(([name, value]) => [name, [value].flat()]));
  let selection = options.selection ?? {};
  if (options.yaml !== undefined) {
    await writeFile(join(folder, 'p.yaml'), options.yaml);
    selection = { profileFile: join(folder, 'p.yaml') };
  }
  if (options.json !== undefined) {
    await writeFile(join(folder, 'p.json'), options.json);
    selection = { profileFile: join(folder, 'p.json') };
  }
  return loadProfile(selection, flags, { HOME: folder, ...options.env });
}

async function failure(options: Parameters<typeof load>[0]): Promise<TunnelError> {
  const error: unknown = await load(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TunnelError);
  return error as TunnelError;
}

const yaml = (rest: string) => `control_plane:\n  tunnel_id: ${tunnelId}\n${rest}`;

describe('precedence', () => {
  test('flags beat variables, variables beat the file, the file beats defaults', async () => {
    const file = yaml(
      '  poll_timeout: 10s\n  max_inflight_requests: 5\n  poll_deadline_guardrail: 1s\nmcp:\n  commands:\n    - command: node server.js\n',
    );
    const { profile } = await load({
      yaml: file,
      env: { CONTROL_PLANE_MAX_INFLIGHT_REQUESTS: '6', CONTROL_PLANE_POLL_DEADLINE_GUARDRAIL: '2s' },
      flags: { 'control-plane.poll-deadline-guardrail': '3s' },
    });
    expect(profile.controlPlane).toMatchObject({
      pollTimeoutMs: 10_000,
      maxInflight: 6,
      pollDeadlineGuardrailMs: 3_000,
      maxPolls: 8,
    });
    expect(profile.mcp).toMatchObject({ connectionMaxTtlMs: 600_000, maxConcurrentRequests: 10, startupWaitMs: 0 });
  });

  test('the key of the environment is referred to, never held', async () => {
    const { profile } = await load({ env: minimal });
    expect(profile.controlPlane.apiKey).toBe('env:CONTROL_PLANE_API_KEY');
    expect(JSON.stringify(profile)).not.toContain('secret-value');
    expect(
      (await load({ env: { ...minimal, CONTROL_PLANE_API_KEY: undefined, OPENAI_API_KEY: 'x' } })).profile.controlPlane
        .apiKey,
    ).toBe('env:OPENAI_API_KEY');
  });

  test('a key of the file beats OPENAI_API_KEY', async () => {
    const { profile } = await load({
      yaml: yaml('  api_key: file:/run/key\nmcp: {server_urls: [{url: "http://h/mcp"}]}\n'),
      env: { OPENAI_API_KEY: 'x' },
    });
    expect(profile.controlPlane.apiKey).toBe('file:/run/key');
  });

  test('a server on the command line takes the place of a command in the file', async () => {
    const { profile } = await load({
      yaml: yaml('mcp:\n  commands:\n    - command: node a.js\n    - {channel: tools, command: node b.js}\n'),
      flags: { 'mcp.server-url': ['http://localhost:1/mcp'] },
    });
    expect(profile.channels.map((channel) => [channel.name, channel.kind])).toEqual([
      ['main', 'http'],
      ['tools', 'stdio'],
    ]);
  });
});

describe('the reference’s profiles', () => {
  test('its documented example is read as it is', async () => {
    const { profile, settings } = await load({
      env: { MCP_UNIX_SOCKET_PATH: '/run/mcp.sock' },
      yaml: `config_version: 1
control_plane:
  base_url: https://api.openai.com
  url_path: /gateway/dev/us
  tunnel_id: ${tunnelId}
  api_key: env:CONTROL_PLANE_API_KEY
  client_cert: file:/run/secrets/cp.crt
  client_key: file:/run/secrets/cp.key
  max_inflight_requests: 20
  poll_timeout: 30000ms
  poll_deadline_guardrail: 5000ms
  extra_headers:
    X-Debug-Mode: "1"
    X-Internal-Auth: env:CONTROL_PLANE_HEADER_VALUE
log: {level: info, format: json, file: /var/log/x.ndjson}
health: {listen_addr: 127.0.0.1:8080, url_file: /run/health-url}
admin_ui: {open_browser: false, log_buffer_events: 2000}
process: {pid_file: /run/t.pid}
mcp:
  server_urls:
    - channel: main
      url: https://mcp.example.com/mcp
      unix_socket: env:MCP_UNIX_SOCKET_PATH
  commands:
    - {channel: tools, command: python -m tools_mcp}
  extra_headers: {X-Internal-Auth: env:MCP_RUNTIME_HEADER_VALUE}
  startup_wait_timeout: 60s
  connection_max_ttl: 10m
  max_concurrent_requests: 10
harpoon:
  targets: [{label: auth, url: https://auth.example.com, description: Auth server}]
  additional_transports: [http-streamable]
proxy: {check_interval: 60s}
`,
    });
    expect(profile.controlPlane).toMatchObject({
      baseUrl: 'https://mtls.api.openai.com',
      urlPath: '/gateway/dev/us',
      clientCert: '/run/secrets/cp.crt',
      clientKey: '/run/secrets/cp.key',
      extraHeaders: { 'X-Debug-Mode': '1', 'X-Internal-Auth': 'env:CONTROL_PLANE_HEADER_VALUE' },
    });
    expect(profile.channels).toMatchObject([
      { kind: 'http', name: 'main', unixSocket: '/run/mcp.sock' },
      { kind: 'stdio', name: 'tools', command: 'python -m tools_mcp', concurrency: 'parallel' },
    ]);
    expect(profile.mcp.startupWaitMs).toBe(60_000);
    expect(profile.harpoon.targets).toEqual([
      { label: 'auth', url: 'https://auth.example.com', description: 'Auth server' },
    ]);
    expect(settings).toMatchObject({
      log: { level: 'info', format: 'json', file: '/var/log/x.ndjson' },
      listen: { address: '127.0.0.1:8080', urlFile: '/run/health-url' },
      pidFile: '/run/t.pid',
    });
  });

  test('numbers where text is wanted are taken as they are written, anchors and merge keys work', async () => {
    const { profile } = await load({
      yaml: yaml(
        '  extra_headers: {X-A: 0x10, X-B: 1.50}\nmcp:\n  server_urls:\n    - &base {url: "http://h/mcp"}\n    - {<<: *base, channel: two}\n',
      ),
    });
    expect(profile.controlPlane.extraHeaders).toEqual({ 'X-A': '0x10', 'X-B': '1.50' });
    expect(profile.channels.map((channel) => channel.name)).toEqual(['main', 'two']);
  });

  test('a profile is looked up in Culvert’s folder, then the reference’s, then the JSON one', async () => {
    const put = async (path: string, text: string) => {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    await put(
      '.tunnel-client/profiles/a.json',
      JSON.stringify({ tunnel_id: tunnelId, mcp_server_url: 'http://json/mcp' }),
    );
    const urlOf = async (env: Env = {}) => {
      const { profile } = await load({ selection: { profile: 'a' }, env: { ...env } });
      return (profile.channels[0] as { url: string }).url;
    };
    expect(await urlOf()).toBe('http://json/mcp');
    await put('.config/tunnel-client/a.yaml', yaml('mcp: {server_urls: [{url: "http://reference/mcp"}]}'));
    expect(await urlOf()).toBe('http://reference/mcp');
    await put('.config/culvert/profiles/a.yaml', yaml('mcp: {server_urls: [{url: "http://own/mcp"}]}'));
    if (process.platform === 'linux') expect(await urlOf()).toBe('http://own/mcp');
    await put('elsewhere/a.yaml', yaml('mcp: {server_urls: [{url: "http://asked/mcp"}]}'));
    expect(await urlOf({ TUNNEL_CLIENT_PROFILE_DIR: join(folder, 'elsewhere') })).toBe('http://asked/mcp');
  });
});

test('the published JSON form is read with all it says', async () => {
  const { profile, settings } = await load({
    json: JSON.stringify({
      tunnel_id: tunnelId,
      mcp_server_url: 'https://h/mcp',
      control_plane_url: 'https://api.openai.com',
      poll_interval_ms: 1000,
      admin_ui_enabled: true,
      admin_ui_address: '127.0.0.1:8090',
      ca_bundle_path: '/ca.pem',
      proxy: { https_proxy: 'http://proxy:3128', no_proxy: ['localhost'] },
      control_plane_mtls: { cert_path: '/c.crt', key_path: '/c.key' },
      mcp_client_mtls: { cert_path: '/m.crt', key_path: '/m.key', ca_bundle_path: '/m-ca.pem' },
      harpoon: {
        enabled: true,
        targets: [
          {
            label: 'customer_api',
            base_url: 'https://t',
            allowed_methods: ['GET', 'POST'],
            max_request_size_bytes: 1048576,
            max_response_size_bytes: 10485760,
            timeout_seconds: 30,
          },
        ],
      },
    }),
  });
  expect(profile).toMatchObject({
    controlPlane: {
      tunnelId,
      pollIntervalMs: 1000,
      clientCert: '/c.crt',
      clientKey: '/c.key',
      baseUrl: 'https://mtls.api.openai.com',
    },
    httpProxy: 'http://proxy:3128',
    noProxy: ['localhost'],
    caBundle: '/ca.pem',
    mcp: { clientCert: '/m.crt', clientKey: '/m.key', caBundle: '/m-ca.pem' },
    harpoon: {
      targets: [
        {
          label: 'customer_api',
          url: 'https://t',
          allowedMethods: ['GET', 'POST'],
          maxRequestBytes: 1048576,
          maxResponseBytes: 10485760,
          timeoutMs: 30000,
        },
      ],
    },
  });
  expect(settings).toMatchObject({ listen: { address: '127.0.0.1:8090' }, ui: { enabled: true } });
});

test('what only a newer reference client knows is told with its line, and refused only where it reads like a mistake', async () => {
  const text = `config_version: 2\n${yaml('')}mcp:\n  commands:\n    - command: node server.js\ncloudflared:\n  managed: true\nfederation:\n  peers: [a]\n`;
  const { inert } = await load({ yaml: text });
  expect(inert).toEqual([
    expect.stringMatching(/^cloudflared has no effect \(.*p\.yaml, line 7\): Culvert does not run/) as string,
    expect.stringMatching(/^federation has no effect \(.*p\.yaml, line 9\)/) as string,
  ]);
  expect(await failure({ yaml: `${text}contrl_plane:\n  url_path: x\n` })).toMatchObject({
    code: 'config_invalid',
    params: { field: 'contrl_plane', hint: 'Did you mean `control_plane`?' },
  });
  expect(await failure({ yaml: `${text}other: 5\n` })).toMatchObject({ params: { field: 'other' } });
});

test('the newest flags and variables of the reference client are known', async () => {
  const { profile } = await load({
    env: {
      ...minimal,
      CONTROL_PLANE_INITIAL_POLL_TIMEOUT: '3s',
      MCP_FORWARD_TRACE_CONTEXT: 'true',
      MCP_OAUTH_TRUSTED_ORIGINS: 'https://auth.example.com, https://id.example.com:8443/',
    },
  });
  expect(profile.controlPlane.initialPollTimeoutMs).toBe(3_000);
  expect(profile.mcp).toMatchObject({
    forwardTraceContext: true,
    oauthTrustedOrigins: ['https://auth.example.com', 'https://id.example.com:8443'],
  });
  for (const origin of ['auth.example.com', 'https://a.example/path', 'ftp://a.example', 'https://u:p@a.example'])
    expect(await failure({ env: minimal, flags: { 'mcp.oauth-trusted-origin': origin } })).toMatchObject({
      code: 'config_invalid',
      params: { field: expect.stringContaining('oauth_trusted_origins') as string },
    });
});

describe('mistakes are told with their place and the way out', () => {
  test('an unknown key names its line, column and the key that was meant', async () => {
    const error = await failure({ yaml: yaml('  poll_timout: 10s\n') });
    expect(error).toMatchObject({
      code: 'config_invalid',
      params: { line: 3, column: 3, field: 'control_plane.poll_timout', hint: 'Did you mean `poll_timeout`?' },
    });
  });
  test('YAML that is none names its line', async () => {
    expect(await failure({ yaml: 'control_plane:\n  tunnel_id: [\n' })).toMatchObject({
      code: 'config_unreadable',
      params: { line: 3 },
    });
    expect((await failure({ yaml: 'a: 1\na: 2\n' })).params['line']).toBe(2);
  });
  test.each<[string, Parameters<typeof load>[0], string, object]>([
    [
      'a duration without a unit',
      { env: minimal, flags: { 'control-plane.poll-timeout': '10' } },
      'config_invalid',
      { field: 'control_plane.poll_timeout', file: 'the flag --control-plane.poll-timeout' },
    ],
    [
      'a number that is none',
      { env: { ...minimal, CONTROL_PLANE_MAX_INFLIGHT_REQUESTS: 'x' } },
      'config_invalid',
      { file: 'the variable CONTROL_PLANE_MAX_INFLIGHT_REQUESTS' },
    ],
    [
      'a queue beyond its cap',
      { env: minimal, flags: { 'control-plane.max-inflight': '10001' } },
      'config_invalid',
      { allowed: '1 to 10000' },
    ],
    [
      'a guardrail of a minute',
      { env: minimal, flags: { 'control-plane.poll-deadline-guardrail': '1m' } },
      'config_invalid',
      { field: 'control_plane.poll_deadline_guardrail' },
    ],
    [
      'polls beyond ten minutes',
      { env: minimal, flags: { 'control-plane.poll-timeout': '9m56s' } },
      'config_invalid',
      { field: 'control_plane.poll_timeout' },
    ],
    [
      'a wrong tunnel id',
      { env: { ...minimal, CONTROL_PLANE_TUNNEL_ID: 'tunnel_X' } },
      'tunnel_id_invalid',
      { problem: '`tunnel_X` is not one' },
    ],
    [
      'no tunnel id',
      { env: { ...minimal, CONTROL_PLANE_TUNNEL_ID: undefined } },
      'tunnel_id_invalid',
      { problem: 'none is set' },
    ],
    ['an empty key', { env: { ...minimal, CONTROL_PLANE_API_KEY: '' } }, 'key_missing', {}],
    [
      'a key on the command line',
      { env: minimal, flags: { 'control-plane.api-key': 'sk-abc' } },
      'config_invalid',
      { field: 'control_plane.api_key' },
    ],
    [
      'no server at all',
      { env: { ...minimal, MCP_SERVER_URL: undefined } },
      'config_invalid',
      { field: 'The MCP server' },
    ],
    [
      'no main channel',
      { env: { ...minimal, MCP_SERVER_URL: 'channel=a,url=http://h' } },
      'config_invalid',
      { problem: 'the channel main is missing' },
    ],
    [
      'a channel twice',
      { env: { ...minimal, MCP_COMMAND: 'node x' } },
      'config_invalid',
      { problem: 'the channel main is set twice' },
    ],
    [
      'the reserved channel',
      { env: { ...minimal, MCP_COMMAND: 'channel=harpoon,command=node x' } },
      'config_invalid',
      { field: 'mcp.commands[1].channel' },
    ],
    [
      'an unknown key of a server',
      { env: minimal, flags: { 'mcp.server-url': ['chanel=a,url=http://h', 'url=http://h,chanel=a'] } },
      'config_invalid',
      {},
    ],
    [
      'socket and proxy together',
      { env: { ...minimal, MCP_SERVER_URL: 'url=http://h,unix-socket=/s,http-proxy=http://p:1' } },
      'config_invalid',
      { problem: 'unix_socket and http_proxy cannot be used together' },
    ],
    [
      'a certificate without its key',
      { env: { ...minimal, MCP_CLIENT_CERT: '/c' } },
      'config_invalid',
      { field: 'mcp.client_cert' },
    ],
    [
      'a certificate for a command',
      {
        env: {
          ...minimal,
          MCP_SERVER_URL: undefined,
          MCP_COMMAND: 'node x',
          MCP_CLIENT_CERT: '/c',
          MCP_CLIENT_KEY: '/k',
        },
      },
      'config_invalid',
      { field: 'mcp.client_cert' },
    ],
    [
      'an open quote',
      { env: { ...minimal, MCP_SERVER_URL: undefined, MCP_COMMAND: 'node "x' } },
      'config_invalid',
      { field: 'mcp.commands[1].command' },
    ],
    [
      'a reserved header',
      { env: { ...minimal, CONTROL_PLANE_EXTRA_HEADERS: 'authorization: x' } },
      'header_invalid',
      { name: 'authorization' },
    ],
    [
      'a header with a wrong name',
      { env: { ...minimal, MCP_EXTRA_HEADERS: 'a b: x' } },
      'header_invalid',
      { name: 'a b' },
    ],
    [
      'one header with two values',
      { env: { ...minimal, MCP_EXTRA_HEADERS: 'x-a: 1, X-A: 2' } },
      'header_invalid',
      { name: 'X-A' },
    ],
    ['a proxy without a scheme', { env: { ...minimal, MCP_HTTP_PROXY: 'proxy:3128' } }, 'proxy_invalid', {}],
    [
      'an unknown polled channel',
      { env: { ...minimal, CONTROL_PLANE_POLL_CHANNELS: 'main,b' } },
      'config_invalid',
      { problem: 'there is no server or command for the channel b' },
    ],
    [
      'a polled channel twice',
      { env: { ...minimal, CONTROL_PLANE_POLL_CHANNELS: 'main,main' } },
      'config_invalid',
      { problem: 'the channel main is named twice' },
    ],
    [
      'a polled channel that is not canonical',
      { env: { ...minimal, CONTROL_PLANE_POLL_CHANNELS: 'Main' } },
      'config_invalid',
      {},
    ],
    [
      'harpoon polled without a target',
      { env: { ...minimal, CONTROL_PLANE_POLL_CHANNELS: 'harpoon' } },
      'config_invalid',
      { problem: 'harpoon is to be polled but has no target' },
    ],
    [
      'a plain-text target',
      { env: { ...minimal, HARPOON_TARGETS: 'label=a,url=http://t' } },
      'config_invalid',
      { field: 'harpoon.targets[1].url' },
    ],
    [
      'a listen address that is none',
      { env: { ...minimal, HEALTH_LISTEN_ADDR: 'localhost' } },
      'config_invalid',
      { field: 'health.listen_addr' },
    ],
    [
      'two selections',
      { selection: { profile: 'a', config: '/b' } },
      'config_invalid',
      { field: '--config and --profile' },
    ],
    [
      'two selecting variables',
      { env: { TUNNEL_CLIENT_PROFILE: 'a', TUNNEL_CLIENT_CONFIG: '/b' } },
      'config_invalid',
      {},
    ],
    ['a profile that is not there', { selection: { profile: 'nowhere' } }, 'profile_not_found', { name: 'nowhere' }],
    [
      'a file that is not there',
      { selection: { config: '/nowhere/x.yaml' } },
      'config_unreadable',
      { file: '/nowhere/x.yaml' },
    ],
    ['an unknown version', { yaml: 'config_version: 3\n' }, 'config_invalid', { field: 'config_version', line: 1 }],
    [
      'an unset variable of an address',
      { yaml: yaml('  base_url: env:NOWHERE\n') },
      'secret_env_missing',
      { name: 'NOWHERE' },
    ],
  ])('%s', async (_what, options, code, params) => {
    const error = await failure(options);
    expect({ code: error.code, params: error.params }).toMatchObject({ code, params });
  });
  test('a number outside its range in JSON names the line of the JSON', async () => {
    const error = await failure({ json: `{"tunnel_id": "${tunnelId}",\n "mcp_server_url": "ftp://x"}` });
    expect(error).toMatchObject({ code: 'config_invalid', params: { line: 2 } });
  });
});

test('the shell-like forms of lists in variables are those of the reference', async () => {
  const { profile } = await load({
    env: {
      ...minimal,
      MCP_SERVER_URL: 'channel=main,url=http://a/mcp\nchannel=two,url=http://b/mcp',
      MCP_COMMAND: 'channel=tools,command=sh -c "a; b, c"',
      CONTROL_PLANE_EXTRA_HEADERS: 'x-one: 1; x-two: env:TWO',
      HARPOON_TARGETS: 'label=a,url=https://t,desc="Some thing";label=b,url=https://u',
      CONTROL_PLANE_POLL_CHANNELS: 'tools,main',
    },
  });
  expect(profile.channels.map((channel) => channel.name)).toEqual(['main', 'two', 'tools']);
  expect(profile.channels[2]).toMatchObject({ command: 'sh -c "a; b, c"' });
  expect(profile.controlPlane.extraHeaders).toEqual({ 'X-One': '1', 'X-Two': 'env:TWO' });
  expect(profile.harpoon.targets).toEqual([
    { label: 'a', url: 'https://t', description: 'Some thing' },
    { label: 'b', url: 'https://u' },
  ]);
  expect(profile.controlPlane.pollChannels).toEqual(['main', 'tools']);
});
