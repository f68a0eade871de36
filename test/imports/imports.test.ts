import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { candidateSchema } from '../../shared/draft.ts';
import { DraftStore } from '../../src-main/api/drafts/draft-store.ts';
import { createCandidates } from '../../src-main/imports/candidates.ts';
import { findServers } from '../../src-main/imports/found-servers.ts';
import { splitCommand } from '../../src-main/mcp/stdio/command-line.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'culvert-imports-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const fixture = (name: string) => readFile(new URL(`clients/${name}`, import.meta.url), 'utf8');
const put = async (text: string, ...path: string[]) => {
  const file = join(home, ...path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
};
const environment = (more: Record<string, string> = {}) => ({ HOME: home, PATH: '/usr/bin', ...more });
const find = async (name: string, more: Record<string, string> = {}) => {
  const { servers } = await findServers({ env: environment(more), platform: 'linux' });
  return servers.find(({ candidate }) => candidate.name === name);
};

test('the servers of every client are found at its paths on Linux, macOS and Windows', async () => {
  const names = async (env: Record<string, string>, platform: NodeJS.Platform) =>
    (await findServers({ env, platform })).servers
      .map(({ candidate }) => `${candidate.source} ${candidate.name}`)
      .sort();
  const all = [
    'claude-code api',
    'claude-code db',
    'claude-code sentry',
    'claude-desktop brave-search',
    'claude-desktop filesystem',
    'codex context7',
    'codex figma',
    'codex with cwd',
    'cursor linear',
    'cursor local',
    'vscode github',
    'vscode legacy',
    'vscode perplexity',
    'windsurf github',
    'windsurf remote-http-mcp',
  ];
  const install = async (root: string, config: string) => {
    await put(await fixture('claude_desktop_config.json'), root, config, 'Claude', 'claude_desktop_config.json');
    await put((await fixture('claude.json')).replace('@PROJECT@', '/nowhere'), root, '.claude.json');
    await put(await fixture('cursor-mcp.json'), root, '.cursor', 'mcp.json');
    await put(await fixture('vscode-mcp.jsonc'), root, config, 'Code', 'User', 'mcp.json');
    await put(await fixture('windsurf-mcp_config.json'), root, '.codeium', 'windsurf', 'mcp_config.json');
    await put(await fixture('codex-config.toml'), root, '.codex', 'config.toml');
    return join(home, root);
  };
  const linux = await install('linux', '.config');
  const mac = await install('mac', 'Library/Application Support');
  const windows = await install('windows', 'AppData/Roaming');
  expect(await names({ HOME: linux }, 'linux')).toEqual(all);
  expect(await names({ HOME: mac }, 'darwin')).toEqual(all);
  expect(await names({ USERPROFILE: windows }, 'win32')).toEqual(all);
  expect(await names({ Userprofile: windows, AppData: join(windows, 'AppData', 'Roaming') }, 'win32')).toEqual(all);
});

test('program and arguments become one command that splits into the same words', async () => {
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  await put(await fixture('codex-config.toml'), '.codex', 'config.toml');
  const files = await find('filesystem');
  if (files?.server.kind !== 'stdio') throw new Error('not found');
  expect(splitCommand(files.server.command)).toEqual([
    'npx',
    '-y',
    '@modelcontextprotocol/server-filesystem',
    '/home/ada/My Documents',
    '/srv/data',
  ]);
  const quoted = await find('with cwd');
  if (quoted?.server.kind !== 'stdio') throw new Error('not found');
  expect(splitCommand(quoted.server.command)).toEqual(['/usr/bin/env', 'python3', 'server "quoted".py']);
  expect(quoted.server.cwd).toBe('/home/ada/app');
});

test('a secret of the environment waits in main, is in no result of a call, and is what the child gets', async () => {
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  const candidates = createCandidates({ env: environment(), platform: 'linux' });
  const drafts = new DraftStore();
  const listed = await candidates.list();
  for (const candidate of listed) candidateSchema.parse(candidate);
  const brave = listed.find(({ name }) => name === 'brave-search')!;
  expect(brave.envNames).toEqual(['BRAVE_API_KEY', 'BRAVE_REGION', 'DATABASE_URL']);
  const draft = await candidates.draft(brave.id, drafts);
  expect(JSON.stringify([listed, draft])).not.toContain('not-a-real-key');
  expect(draft.server).toMatchObject({
    env: [
      { name: 'BRAVE_API_KEY', kind: 'secret', value: '' },
      { name: 'BRAVE_REGION', kind: 'plain', value: 'de' },
      // it would read as a reference of ours, and is none
      { name: 'DATABASE_URL', kind: 'secret', value: '' },
    ],
  });
  const secrets = drafts.over(() => {
    throw new Error('the keychain must not be asked');
  });
  expect(await secrets.get(`${draft.id}/env.main.BRAVE_API_KEY`)).toBe('BSAnot-a-real-key-0001');
  expect(await secrets.get(`${draft.id}/env.main.DATABASE_URL`)).toBe('file:./dev.db');
  expect(drafts.channel(draft.id)).toMatchObject({
    kind: 'stdio',
    env: { BRAVE_API_KEY: `keychain:${draft.id}/env.main.BRAVE_API_KEY`, BRAVE_REGION: 'de' },
  });
});

test('the headers of a URL come along, follow it on its host, and never to another one', async () => {
  await put(await fixture('cursor-mcp.json'), '.cursor', 'mcp.json');
  const candidates = createCandidates({ env: environment(), platform: 'linux' });
  const drafts = new DraftStore();
  const linear = (await candidates.list()).find(({ name }) => name === 'linear')!;
  const draft = await candidates.draft(linear.id, drafts);
  expect(JSON.stringify([linear, draft])).not.toContain('lin_not');
  expect(drafts.headers(draft.id)).toEqual({ Authorization: `keychain:${draft.id}/mcp.header.Authorization` });
  drafts.update(draft.id, { server: { kind: 'http', url: 'https://mcp.linear.example/v2/mcp' } });
  expect(Object.keys(drafts.headers(draft.id))).toEqual(['Authorization']);
  drafts.update(draft.id, { server: { kind: 'http', url: 'https://elsewhere.example/mcp' } });
  expect(drafts.headers(draft.id)).toEqual({});
});

test('variables become references where they stand alone, and values where they stand among text', async () => {
  await put(await fixture('windsurf-mcp_config.json'), '.codeium', 'windsurf', 'mcp_config.json');
  await put(await fixture('claude.json'), '.claude.json');
  const remote = await find('remote-http-mcp', { AUTH_TOKEN: 'a-token' });
  expect(remote?.server).toMatchObject({
    headers: [
      { name: 'API_KEY', kind: 'secret', value: '' },
      { name: 'X-File-Token', kind: 'reference', value: 'file:/run/secrets/token' },
    ],
  });
  expect(remote?.values.get('API_KEY')).toBe('Bearer a-token');
  const missing = await find('remote-http-mcp');
  expect(missing?.dropped.join()).toContain('${env:AUTH_TOKEN}');
  expect((await find('api'))?.server).toMatchObject({ url: 'https://api.example.com/mcp' });
  expect((await find('api', { API_BASE_URL: 'http://localhost:9' }))?.server).toMatchObject({
    url: 'http://localhost:9/mcp',
  });
});

test('what cannot be carried over is said by name', async () => {
  await put(await fixture('vscode-mcp.jsonc'), '.config', 'Code', 'User', 'mcp.json');
  await put(await fixture('windsurf-mcp_config.json'), '.codeium', 'windsurf', 'mcp_config.json');
  await put(await fixture('codex-config.toml'), '.codex', 'config.toml');
  await put(await fixture('claude.json'), '.claude.json');
  const dropped = async (name: string) => (await find(name))?.candidate.dropped?.join('; ');
  expect(await dropped('perplexity')).toMatch(/setting dev; .*PERPLEXITY_API_KEY.*\$\{input:perplexity-key\}/);
  expect(await dropped('legacy')).toContain('HTTP+SSE');
  expect(await dropped('github')).toBe('');
  expect(await dropped('context7')).toBe('the setting startup_timeout_sec');
  expect(await dropped('api')).toBe('the setting headersHelper');
  expect(await dropped('figma')).toContain('FIGMA_OAUTH_TOKEN');
});

test('Codex’s bearer token and header variables become headers', async () => {
  await put(await fixture('codex-config.toml'), '.codex', 'config.toml');
  const figma = await find('figma', { FIGMA_OAUTH_TOKEN: 'fig-1' });
  expect(figma?.server).toEqual({
    kind: 'http',
    url: 'https://mcp.figma.example/mcp',
    headers: [
      { name: 'X-Figma-Region', kind: 'plain', value: 'us-east-1' },
      { name: 'X-Trace-Key', kind: 'reference', value: 'env:TRACE_KEY' },
      { name: 'Authorization', kind: 'secret', value: '' },
    ],
  });
  expect(figma?.values.get('Authorization')).toBe('Bearer fig-1');
});

test('the variables of an environment file come along', async () => {
  const file = await put('SECRET_TOKEN="from file"\nLEVEL=1\n', 'server.env');
  await put((await fixture('cursor-mcp.json')).replace('@ENVFILE@', file), '.cursor', 'mcp.json');
  const local = await find('local');
  if (local?.server.kind !== 'stdio') throw new Error('not found');
  expect(local.server.command).toBe(`python ${home}/tools/mcp-server.py`);
  expect(Object.fromEntries(local.server.env.map(({ name, kind, value }) => [name, `${kind} ${value}`]))).toEqual({
    SECRET_TOKEN: 'secret ',
    LEVEL: 'plain 3',
    API_KEY: 'reference env:LOCAL_KEY',
  });
  expect(local.values.get('SECRET_TOKEN')).toBe('from file');
});

test('a project that Claude Code knows brings the servers of its own files, which run in its folder', async () => {
  const project = join(home, 'app');
  await put(await fixture('project-mcp.json'), 'app', '.mcp.json');
  await put((await fixture('claude.json')).replace('@PROJECT@', project), '.claude.json');
  const shared = await find('shared');
  expect(shared?.server).toMatchObject({ cwd: project, command: `./bin/serve --root ${project}` });
  const db = await find('db');
  expect(db?.server).toMatchObject({ cwd: project, env: [{ name: 'DB_URL', kind: 'secret', value: '' }] });
});

test('a file that cannot be read is a problem with line and column, and hides no other file', async () => {
  const broken = await put('{\n  "mcpServers": {\n    "a" {}\n  }\n}', '.cursor', 'mcp.json');
  const toml = await put('[mcp_servers.a]\ncommand = \n', '.codex', 'config.toml');
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  const { servers, problems } = await findServers({ env: environment(), platform: 'linux' });
  expect(servers.map(({ candidate }) => candidate.name)).toEqual(['filesystem', 'brave-search']);
  expect(problems.map(({ code, params }) => [code, params['file'], params['line']])).toEqual([
    ['config_unreadable', broken, 3],
    ['config_unreadable', toml, 2],
  ]);
});

test('entries that are no servers are passed over', async () => {
  await put('{"mcpServers": {"a": null, "b": {}, "c": {"command": ""}, "d": {"command": "x"}}}', '.cursor', 'mcp.json');
  await put('[]', '.claude.json');
  await put('', '.codex', 'config.toml');
  const { servers, problems } = await findServers({ env: environment(), platform: 'linux' });
  expect(servers.map(({ candidate }) => candidate.name)).toEqual(['d']);
  expect(problems).toEqual([]);
});
