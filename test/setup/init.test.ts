import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { main } from '../../src-main/cli/main.ts';

const tunnelId = 'tunnel_0123456789abcdef0123456789abcdef';
let home: string;
let out = '';
let err = '';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'culvert-init-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('TMPDIR', home);
  vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'));
  out = err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

const profileFile = (name: string) => join(home, '.config', 'culvert', 'profiles', `${name}.yaml`);
const written = (name: string) => readFile(profileFile(name), 'utf8');

test('init writes a profile that a check finds right, for every sample', async () => {
  const server = ['--mcp-server-url', 'http://127.0.0.1:3001/mcp'];
  const command = ['--mcp-command', 'python "my server.py"'];
  for (const [sample, given] of [
    ['sample_mcp_with_dcr', server],
    ['sample_mcp_stdio_local', command],
    ['sample_mcp_remote_no_auth', server],
    ['sample_mcp_http', server],
    ['sample_mcp_enterprise_proxy', server],
  ] as const) {
    const args = ['init', '--sample', sample, '--profile', sample, '--tunnel-id', tunnelId, ...given];
    expect(await main(args), sample + err).toBe(0);
    expect(await main(['profiles', 'check', sample]), sample + err).toBe(0);
    expect(await written(sample)).toContain('api_key: env:CONTROL_PLANE_API_KEY');
  }
  expect(await written('sample_mcp_enterprise_proxy')).toContain('http_proxy: env:HTTPS_PROXY');
  expect(parse(await written('sample_mcp_stdio_local'))).toMatchObject({
    mcp: { commands: [{ channel: 'main', command: 'python "my server.py"' }] },
  });
});

test('init says what is missing or wrong, and writes nothing', async () => {
  const command = ['--mcp-command', 'x'];
  expect(await main(['init', '--profile', 'p', ...command])).toBe(2);
  expect(err).toContain('--tunnel-id');
  expect(await main(['init', '--profile', 'p', '--tunnel-id', 'tunnel_1', ...command])).toBe(2);
  const both = [...command, '--mcp-server-url', 'http://x/mcp'];
  expect(await main(['init', '--profile', 'p', '--tunnel-id', tunnelId, ...both])).toBe(2);
  const literal = ['--control-plane-api-key-ref', 'sk-a-literal-key-0001'];
  expect(await main(['init', '--profile', 'p', '--tunnel-id', tunnelId, ...command, ...literal])).toBe(2);
  expect(err).not.toContain('sk-a-literal');
  expect(await main(['init', '--sample', 'sample_mcp_htp', '--tunnel-id', tunnelId, ...command])).toBe(2);
  expect(err).toContain('Did you mean sample_mcp_http?');
  await expect(readdir(join(home, '.config', 'culvert', 'profiles'))).rejects.toThrow();
});

test('every command takes the flags of run by all of their names', async () => {
  const spelt = [
    ['--control-plane.tunnel-id', '--control-plane-tunnel-id', '--tunnel-id'],
    ['--control-plane.base-url', '--control-plane-base-url', '--control-plane-url'],
    ['--control-plane.url-path', '--control-plane-url-path'],
    ['--control-plane.organization-id', '--control-plane-organization-id', '--organization-id'],
    ['--control-plane.api-key', '--control-plane-api-key', '--control-plane-api-key-ref'],
    ['--health.listen-addr', '--health-listen-addr'],
    ['--mcp.command', '--mcp-command', '--command'],
  ];
  const values = [tunnelId, 'https://plane.example', '/path', 'org_1', 'env:A_KEY', '127.0.0.1:9', 'node x.js'];
  for (const which of [0, 1, 2]) {
    const flags = spelt.flatMap((names, index) => [names[which] ?? names[0]!, values[index]!]);
    expect(await main(['init', '--profile', `p${which}`, ...flags]), err).toBe(0);
    expect(await main(['profiles', 'add', `q${which}`, ...flags]), err).toBe(0);
    const { culvert } = parse(await written(`p${which}`)) as Record<string, unknown>;
    expect(parse(await written(`p${which}`))).toEqual({
      culvert,
      config_version: 1,
      control_plane: {
        base_url: 'https://plane.example',
        url_path: '/path',
        tunnel_id: tunnelId,
        organization_id: 'org_1',
        api_key: 'env:A_KEY',
      },
      mcp: { commands: [{ channel: 'main', command: 'node x.js' }] },
      health: { listen_addr: '127.0.0.1:9' },
    });
  }
  for (const flag of spelt[1] ?? []) {
    err = '';
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-admin-0000000000000000');
    expect(await main(['admin', 'tunnels', 'get', tunnelId, flag, 'nowhere'])).toBe(2);
    expect(err).toContain('nowhere is no http(s) URL');
  }
});

test('a mistake is told of the flag it was made in, not of a file that was never written', async () => {
  await mkdir(join(home, '.cursor'), { recursive: true });
  await writeFile(
    join(home, '.cursor', 'mcp.json'),
    JSON.stringify({ mcpServers: { good: { command: 'npx' }, bad: { url: 'ftp://files' } } }),
  );
  const usual = { '--tunnel-id': tunnelId, '--mcp-server-url': 'http://127.0.0.1:1/mcp' };
  for (const [flag, value] of [
    ['--tunnel-id', 'tunnel_1'],
    ['--mcp-server-url', 'nowhere'],
    ['--control-plane-base-url', 'nowhere'],
    ['--control-plane-url-path', 'no slash'],
    ['--organization-id', ' '],
    ['--control-plane-api-key-ref', 'env:a b'],
    ['--health-listen-addr', 'nowhere'],
  ] as const) {
    err = '';
    const given = Object.entries({ ...usual, [flag]: value }).flat();
    expect(await main(['init', '--profile', 'k1', ...given]), flag).toBe(2);
    expect(err, flag).toContain(flag);
    expect(err, flag).not.toMatch(/k1|line \d/);
    if (flag === '--mcp-server-url') continue;
    err = '';
    const imported = Object.entries({ '--tunnel-id': tunnelId, [flag]: value }).flat();
    expect(await main(['profiles', 'import', 'good', '--profile', 'k1', ...imported]), `import ${flag}`).toBe(2);
    expect(err, `import ${flag}`).toContain(flag);
    expect(err, `import ${flag}`).not.toMatch(/k1|line \d|the form/);
  }
  err = '';
  expect(await main(['profiles', 'import', 'bad', '--profile', 'k1', '--tunnel-id', tunnelId])).toBe(2);
  expect(err).toContain(join(home, '.cursor', 'mcp.json'));
  err = '';
  const key = ['--control-plane-api-key-ref', 'sk-a-literal-key-0001'];
  expect(await main(['profiles', 'import', 'good', '--profile', 'k1', '--tunnel-id', tunnelId, ...key])).toBe(2);
  expect(err).not.toContain('sk-a-literal');
  await expect(written('k1')).rejects.toThrow();
  const elsewhere = ['--profile-dir', join(home, 'elsewhere')];
  out = '';
  expect(await main(['profiles', 'import', 'good', '--tunnel-id', tunnelId, ...elsewhere]), err).toBe(0);
  expect(out).toContain(`culvert doctor --profile good --profile-dir ${join(home, 'elsewhere')}`);
  const listen = ['--health-listen-addr', '127.0.0.1:9', '--open-web-ui'];
  expect(await main(['profiles', 'import', 'good', '--profile', 'k1', '--tunnel-id', tunnelId, ...listen]), err).toBe(
    0,
  );
  expect(parse(await written('k1'))).toMatchObject({
    health: { listen_addr: '127.0.0.1:9' },
    admin_ui: { open_browser: true },
  });
});

test('a profile that is there is replaced only with --force, and not by one that is wrong', async () => {
  const args = (command: string) => ['init', '--profile', 'p', '--tunnel-id', tunnelId, '--mcp-command', command];
  expect(await main(args('one'))).toBe(0);
  expect(await main(args('two'))).toBe(2);
  expect(await written('p')).toContain('command: one');
  expect(await main([...args('two'), '--force'])).toBe(0);
  expect(await written('p')).toContain('command: two');
  expect(await main([...args('three'), '--force', '--control-plane-base-url', 'nowhere'])).toBe(2);
  expect(await written('p')).toContain('command: two');
});

test('profiles are added from a file, shown, edited and removed', async () => {
  const file = join(home, 'other.yaml');
  await writeFile(
    file,
    `# mine\nconfig_version: 1\ncontrol_plane:\n  tunnel_id: ${tunnelId}\n  api_key: env:MY_KEY\nmcp:\n  server_urls:\n    - url: http://127.0.0.1:1/mcp\n`,
  );
  expect(await main(['profiles', 'add', 'mine', '--from-file', file]), err).toBe(0);
  // a key in plain text comes into a profile only by somebody's own hand
  await writeFile(profileFile('mine'), (await written('mine')).replace('env:MY_KEY', 'sk-literal-in-a-file-0001'));
  out = '';
  expect(await main(['profiles', 'show', 'mine'])).toBe(0);
  expect(out).toContain('# mine');
  expect(out).not.toContain('sk-literal');
  const editor = join(home, 'editor.sh');
  await writeFile(editor, '#!/bin/sh\nsed -i "s#127.0.0.1:1#127.0.0.1:2#" "$1"\n');
  await chmod(editor, 0o755);
  vi.stubEnv('VISUAL', editor);
  expect(await main(['profiles', 'edit', 'mine']), err).toBe(0);
  expect(await written('mine')).toContain('127.0.0.1:2/mcp');
  await writeFile(editor, '#!/bin/sh\necho "tunnel: [" >> "$1"\n');
  expect(await main(['profiles', 'edit', 'mine'])).toBe(2);
  expect(await written('mine')).not.toContain('tunnel: [');
  expect(await main(['profiles', 'remove', 'mine'])).toBe(0);
  expect(await main(['profiles', 'check', 'mine'])).toBe(2);
});

test('what an address signs in with is shown nowhere', async () => {
  const server = ['--mcp-server-url', 'http://someone:PW-SECRET@127.0.0.1:9/mcp?key=QUERY-SECRET&page=2'];
  const plane = ['--control-plane-base-url', 'http://127.0.0.1:9/?sig=BASE-SECRET'];
  expect(await main(['init', '--profile', 'p', '--tunnel-id', tunnelId, ...server, ...plane]), err).toBe(0);
  vi.stubEnv('CONTROL_PLANE_API_KEY', 'rk-0123456789');
  for (const args of [
    ['profiles', 'show', 'p'],
    ['profiles', 'check', 'p'],
    ['profiles', 'list'],
    ['profiles', 'list', '--json'],
    ['doctor', '--profile', 'p', '--explain'],
    ['doctor', '--profile', 'p', '--json'],
  ]) {
    out = err = '';
    await main(args);
    expect(out, args.join(' ')).not.toBe('');
    expect(out + err, args.join(' ')).not.toContain('SECRET');
    if (args[1] === 'show' || args[1] === 'check') expect(out).toContain('127.0.0.1:9/mcp?key=***&page=2');
  }
});

test('a server of another client becomes a profile by its name', async () => {
  await mkdir(join(home, '.cursor'), { recursive: true });
  await writeFile(
    join(home, '.cursor', 'mcp.json'),
    JSON.stringify({ mcpServers: { 'My Server': { command: 'npx', args: ['-y', 'thing'], env: { LEVEL: '2' } } } }),
  );
  expect(await main(['profiles', 'import'])).toBe(0);
  expect(out).toContain('npx -y thing');
  expect(await main(['profiles', 'import', 'My Server', '--tunnel-id', tunnelId]), err).toBe(0);
  expect(await written('My-Server')).toContain('command: npx -y thing');
  expect(await main(['profiles', 'import', 'nobody', '--tunnel-id', tunnelId])).toBe(2);
});

test('help has a page for each topic', async () => {
  for (const topic of ['quickstart', 'samples', 'doctor', 'oauth', 'troubleshooting']) {
    out = '';
    expect(await main(['help', topic])).toBe(0);
    expect(out.length, topic).toBeGreaterThan(200);
  }
  out = '';
  expect(await main(['help', 'doctor'])).toBe(0);
  expect(await main(['profiles', 'samples', 'list'])).toBe(0);
  expect(out).toContain('sample_mcp_http');
  expect(await main(['profiles', 'samples', 'show', 'sample_mcp_stdio_local'])).toBe(0);
});
