import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { profileSchema } from '../../shared/profile.ts';
import { serverNeeds } from '../../src-main/profiles/server-needs.ts';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { cli, culvert, type Ended } from '../support/culvert.ts';
import { commandLine, npmServers } from '../support/npm-servers.ts';
import { suiteNeeds } from '../support/require.ts';
import { withClient } from '../support/transcript.ts';

const run = promisify(execFile);
const name = 'My.crm';

let folder: string;
let relay: Relay;
let tunnel: AddedTunnel;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-export-'));
  relay = await createRelay();
  tunnel = relay.addTunnel();
});
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  await relay.close();
  await rm(folder, { recursive: true, force: true });
});

const profile = (more = ''): string => `config_version: 1
${more}control_plane:
  base_url: ${relay.address}
  tunnel_id: ${tunnel.id}
  api_key: keychain:abc/api_key
mcp:
  extra_headers: { X-Api-Key: literal-header-secret, X-Session: Bearer looks-like-one-000, X-Team: blue }
  commands:
    - command: '${commandLine(npmServers.everything, 'stdio')}'
culvert:
  id: abc
  channels:
    main:
      env: { TOKEN: a-literal-token, LEVEL: "3", DATABASE_URL: "postgres://me:db-password@db/x", OTHER: env:OTHER_KEY }
`;

async function exported(format: string, more = '', ...args: readonly string[]): Promise<Ended & { text: string }> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, profile(more));
  const ended = await culvert(['profiles', 'export', file, '--format', format, ...args], { HOME: folder });
  expect(ended.code, ended.errors).toBe(0);
  return { ...ended, text: ended.lines.join('\n') };
}

/** One tool call through the tunnel, by an MCP client that knows nothing of it. */
async function callThroughTunnel(): Promise<unknown> {
  await expect.poll(() => child?.exitCode ?? relay.connected(tunnel.id)).toBe(true);
  const requestInit = { headers: { authorization: `Bearer ${tunnel.apiKey}` } };
  const transport = new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { requestInit });
  return withClient(transport, 'legacy', async (client) => {
    const { content } = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    return content;
  });
}
const echoed = [{ type: 'text', text: 'Echo: hello' }];

describe('the secrets of an export', () => {
  it('are a file each, also where the names of their places differ in punctuation alone', () => {
    const channel = (channelName: string) =>
      ({ kind: 'stdio', name: channelName, command: 'x', env: { TOKEN: `keychain:p/${channelName}` } }) as const;
    const needs = serverNeeds(
      profileSchema.parse({
        id: 'p',
        name: 'p',
        controlPlane: { tunnelId: `tunnel_${'a'.repeat(32)}`, apiKey: 'env:KEY' },
        channels: [{ kind: 'http', name: 'main', url: 'http://127.0.0.1:1/mcp' }, channel('a-b'), channel('a_b')],
        mcp: {},
        harpoon: {},
        capture: {},
      }),
      '/secrets',
    );
    expect(needs.secrets).toEqual(['KEY', 'CULVERT_ENV_A_B_TOKEN', 'CULVERT_ENV_A_B_TOKEN_']);
    expect(needs.text).toContain('TOKEN: file:/secrets/CULVERT_ENV_A_B_TOKEN_');
  });
});

describe('an exported profile', () => {
  it.each(['reference', 'systemd', 'docker', 'kubernetes'])('holds no secret, only references: %s', async (format) => {
    const { text, errors } = await exported(format, 'http_proxy: http://me:proxy-password@127.0.0.1:9\n');
    const literals = ['literal-header-secret', 'looks-like-one', 'a-literal-token', 'db-password', 'proxy-password'];
    for (const secret of [...literals, 'keychain:'])
      expect(text + errors.replace('keychain entry', '')).not.toContain(secret);
    expect(text).toContain('CONTROL_PLANE_API_KEY');
    expect(text).toContain('blue');
  });

  it('is written as files on request, and over nothing that is there', async () => {
    const output = join(folder, 'server');
    await exported('docker', '', '--output', output);
    expect((await readdir(output)).sort()).toEqual(['Dockerfile', `${name}.yaml`, 'compose.yaml']);
    const again = ['profiles', 'export', join(folder, `${name}.yaml`), '--format', 'docker', '--output', output];
    const refused = await culvert(again, { HOME: folder });
    expect(refused.code).toBe(2);
    expect(refused.errors).toContain('compose.yaml');
    expect((await culvert([...again, '--force'], { HOME: folder })).code).toBe(0);
  });

  it('for Compose mounts each secret that the profile refers to', async () => {
    const output = join(folder, 'server');
    await exported('docker', '', '--output', output);
    const compose = parse(await readFile(join(output, 'compose.yaml'), 'utf8')) as {
      services: { culvert: { secrets: string[]; command: string[] } };
      secrets: Record<string, { file: string }>;
    };
    const text = await readFile(join(output, `${name}.yaml`), 'utf8');
    const referred = [...text.matchAll(/file:\/run\/secrets\/(\w+)/g)].map(([, secret]) => secret);
    expect(referred.length).toBe(6);
    expect([...compose.services.culvert.secrets].sort()).toEqual(referred.sort());
    expect(Object.keys(compose.secrets).sort()).toEqual(referred);
  });
});

suiteNeeds('reference-client')('a profile exported to the reference’s form', () => {
  it('is run by the reference client, and serves a call', async () => {
    const { text } = await exported('reference');
    const file = join(folder, 'reference.yaml');
    await writeFile(file, text);
    const args = ['run', '--profile-file', file, '--health.listen-addr', '127.0.0.1:0'];
    child = spawn(process.env.CULVERT_REFERENCE_CLIENT!, args, {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        CONTROL_PLANE_API_KEY: tunnel.apiKey,
        CULVERT_MCP_EXTRA_HEADERS_X_API_KEY: 'x',
        CULVERT_MCP_EXTRA_HEADERS_X_SESSION: 'x',
      },
    });
    expect(await callThroughTunnel()).toEqual(echoed);
  });
});

describe('a profile exported for systemd', () => {
  /** `/etc`, `/run` and `/var/lib` of the unit as they would be, in a folder of the test. */
  it('is run by the line of its unit, as a user who owns nothing but its credentials', async () => {
    const umask = process.umask(0o022); // what systemd and the package's installer make, others may read
    onTestFinished(() => void process.umask(umask));
    await exported('systemd', '', '--output', join(folder, 'out'));
    const here = (text: string): string => text.replaceAll(/(?<![\w/])\/(etc|run|var\/lib)\//g, `${folder}/$1/`);
    const unit = await readFile(join(folder, 'out', `culvert-${name}.service`), 'utf8');
    const settings = (key: string): string[] =>
      [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
    const credentials = join(folder, 'run', 'credentials', `culvert-${name}.service`);
    const state = join(folder, 'var', 'lib', settings('StateDirectory')[0] ?? '');
    const runtime = join(folder, 'run', settings('RuntimeDirectory')[0] ?? '');
    const bin = join(folder, 'bin');
    for (const path of [join(folder, 'etc', 'culvert'), credentials, state, runtime, bin])
      await mkdir(path, { recursive: true });
    const text = await readFile(join(folder, 'out', `${name}.yaml`), 'utf8');
    await writeFile(join(folder, 'etc', 'culvert', `${name}.yaml`), here(text), { mode: 0o644 });
    await writeFile(join(bin, 'culvert'), `#!/bin/sh\nexec '${process.execPath}' '${resolve(cli)}' "$@"\n`);
    await chmod(join(bin, 'culvert'), 0o755);
    await chmod(folder, 0o755);
    const uid = await otherUser();
    for (const entry of settings('LoadCredential')) {
      const [id = '', source] = entry.split(':');
      expect(source).toBe(`/etc/culvert/${name}/${id}`);
      await writeFile(join(credentials, id), id === 'CONTROL_PLANE_API_KEY' ? tunnel.apiKey : 'x', { mode: 0o400 });
      if (uid !== undefined) await chown(join(credentials, id), uid, uid);
    }
    if (uid !== undefined) for (const path of [credentials, state, runtime]) await chown(path, uid, uid);

    const [program = '', ...args] = here(settings('ExecStart')[0] ?? '').split(' ');
    const environment = Object.fromEntries(
      settings('Environment').flatMap((line) =>
        here(line)
          .split(' ')
          .map((entry) => entry.split('=') as [string, string]),
      ),
    );
    child = spawn(program, [...args, '--health.listen-addr', '127.0.0.1:0'], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
        CREDENTIALS_DIRECTORY: credentials,
        ...environment,
      },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    expect(await callThroughTunnel()).toEqual(echoed);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  /** Nobody's id, where this is root and nobody may read the sources. */
  async function otherUser(): Promise<number | undefined> {
    if (process.getuid?.() !== 0 || ((await stat(cli)).mode & 0o004) === 0) return undefined;
    for (let path = resolve('.'); ; path = dirname(path)) {
      if (((await stat(path)).mode & 0o005) !== 0o005) return undefined;
      if (path === dirname(path)) return 65_534;
    }
  }
});

suiteNeeds('systemd')('the unit of an exported profile', () => {
  it('is right in systemd’s eyes', async () => {
    await exported('systemd', 'ca_bundle: env:COMPANY_CA\n', '--output', folder, '--force');
    const { stderr } = await run('systemd-analyze', ['verify', join(folder, `culvert-${name}.service`)]);
    expect(stderr).not.toContain(`culvert-${name}`);
  });
});

suiteNeeds('kubectl')('the manifests of an exported profile', () => {
  it('have no field that Kubernetes does not know', async () => {
    const { text } = await exported('kubernetes', 'ca_bundle: env:COMPANY_CA\n');
    const [config, deployment] = parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
    expect(Object.keys(config ?? {}).sort()).toEqual(['apiVersion', 'data', 'kind', 'metadata']);
    const file = join(folder, 'deployment.json');
    await writeFile(file, JSON.stringify(deployment));
    // no server is asked: kubectl reads it into its own types, and a field that it does not know is gone
    const { stdout } = await run('kubectl', ['set', 'image', '--local', '-f', file, 'culvert=seen', '-o', 'json'], {
      env: { ...process.env, KUBECONFIG: '/dev/null' },
    });
    const wanted = JSON.stringify(deployment).replace(/registry\.example[^"]*/, 'seen');
    expect(JSON.parse(stdout)).toMatchObject(JSON.parse(wanted) as object);
  });
});
