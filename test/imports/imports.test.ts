import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { candidatesSchema, draftSchema, type DraftServer } from '../../shared/draft.ts';
import { describeDropped } from '../../shared/import-words.ts';
import { sentence } from '../../shared/messages.ts';
import { DraftStore } from '../../src-main/drafts/draft-store.ts';
import { createCandidates } from '../../src-main/imports/candidates.ts';
import { findServers } from '../../src-main/imports/found-servers.ts';
import { splitCommand } from '../../src-main/process/command-line.ts';
import { newProfileText, readProfile } from '../../src-main/profiles/forms/profile-text.ts';
import { parseProfileFile } from '../../src-main/profiles/source.ts';

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

const noKeychain = () => {
  throw new Error('the keychain must not be asked');
};
/** The servers as the app offers them; `ids` takes them by name. */
const chooser = async () => {
  const candidates = createCandidates({ env: environment(), platform: 'linux' });
  const { servers } = await candidates.list();
  const ids = (...names: string[]) => names.map((name) => servers.find((each) => each.name === name)!.id);
  return { candidates, drafts: new DraftStore(), ids };
};

test('the servers of every client are found at its paths on Linux, macOS and Windows', async () => {
  const names = async (env: Record<string, string>, platform: NodeJS.Platform) =>
    (await findServers({ env, platform })).servers
      .map(({ candidate }) => `${candidate.source} ${candidate.name}`)
      .sort();
  const all = [
    'claude-code api',
    'claude-code asana',
    'claude-code db',
    'claude-code events',
    'claude-code sentry',
    'claude-desktop brave-search',
    'claude-desktop filesystem',
    'claude-desktop shell',
    'codex context7',
    'codex figma',
    'codex with cwd',
    'cursor crm',
    'cursor linear',
    'cursor local',
    'vscode boxed',
    'vscode github',
    'vscode legacy',
    'vscode perplexity',
    'vscode socket',
    'windsurf github',
    'windsurf remote-http-mcp',
  ];
  const install = async (root: string, config: string) => {
    await put(await fixture('claude_desktop_config.json'), root, config, 'Claude', 'claude_desktop_config.json');
    await put((await fixture('claude.json')).replace('@PROJECT@', '/nowhere'), root, '.claude.json');
    await put(await fixture('cursor-mcp.json'), root, '.cursor', 'mcp.json');
    await put(await fixture('vscode-mcp.jsonc'), root, config, 'Code', 'User', 'mcp.json');
    await put(await fixture('windsurf-mcp_config.json'), root, '.codeium', 'windsurf', 'mcp_config.json');
    await put((await fixture('codex-config.toml')).replace('@PROJECT@', '/nowhere'), root, '.codex', 'config.toml');
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
  const { servers } = candidatesSchema.parse(await candidates.list());
  const brave = servers.find(({ name }) => name === 'brave-search')!;
  expect(brave).toMatchObject({ envNames: ['BRAVE_API_KEY', 'BRAVE_REGION', 'DATABASE_URL'], secrets: 2 });
  const draft = draftSchema.parse(await candidates.draft([brave.id], drafts));
  expect(JSON.stringify([servers, draft])).not.toContain('not-a-real-key');
  expect(draft.servers).toMatchObject([
    {
      channel: 'main',
      env: [
        { name: 'BRAVE_API_KEY', kind: 'secret', value: '' },
        { name: 'BRAVE_REGION', kind: 'plain', value: 'de' },
        // it would read as a reference of ours, and is none
        { name: 'DATABASE_URL', kind: 'secret', value: '' },
      ],
    },
  ]);
  const secrets = drafts.over(noKeychain);
  expect(await secrets.get(`${draft.id}/env.main.BRAVE_API_KEY`)).toBe('BSAnot-a-real-key-0001');
  expect(await secrets.get(`${draft.id}/env.main.DATABASE_URL`)).toBe('file:./dev.db');
  expect(drafts.channel(draft.id, brave.id)).toMatchObject({
    kind: 'stdio',
    env: { BRAVE_API_KEY: `keychain:${draft.id}/env.main.BRAVE_API_KEY`, BRAVE_REGION: 'de' },
  });
});

test('the headers of a URL come along, and are sent to its host alone until a person says otherwise', async () => {
  await put(await fixture('cursor-mcp.json'), '.cursor', 'mcp.json');
  const { candidates, drafts, ids } = await chooser();
  const draft = await candidates.draft(ids('linear'), drafts);
  expect(JSON.stringify([await candidates.list(), draft])).not.toContain('lin_not');
  const [server] = draft.servers;
  if (server?.kind !== 'http') throw new Error('not found');
  const sentTo = (url: string, more: object = {}) => {
    drafts.update(draft.id, { servers: [{ ...server, url, ...more }] });
    const channel = drafts.channel(draft.id, server.key);
    return channel.kind === 'http' ? channel.extraHeaders : undefined;
  };
  const kept = { Authorization: `keychain:${draft.id}/channel.main.header.Authorization` };
  expect(sentTo('https://mcp.linear.example/v2/mcp')).toEqual(kept);
  expect(sentTo('https://elsewhere.example/mcp')).toBeUndefined();
  expect(sentTo('https://elsewhere.example/mcp', { headersFor: 'https://elsewhere.example' })).toEqual(kept);
});

test('several servers become channels of one draft: the first is main, the others have their servers’ names', async () => {
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  await put(await fixture('cursor-mcp.json'), '.cursor', 'mcp.json');
  await put(await fixture('codex-config.toml'), '.codex', 'config.toml');
  const { candidates, drafts, ids } = await chooser();
  const draft = await candidates.draft(ids('brave-search', 'linear', 'with cwd'), drafts);
  expect(draft.servers.map(({ channel, kind }) => `${channel} ${kind}`)).toEqual([
    'main stdio',
    'linear http',
    'with-cwd stdio',
  ]);
  const more = await candidates.add(draft.id, ids('filesystem', 'linear'), drafts);
  expect(more.servers.map(({ channel }) => channel)).toEqual(['main', 'linear', 'with-cwd', 'filesystem']);
  drafts.update(draft.id, { tunnelId: `tunnel_${'0'.repeat(32)}`, keyRef: 'env:KEY', name: 'all' });
  const profile = readProfile(parseProfileFile('/x/all.yaml', newProfileText(drafts.profile(draft.id))));
  expect(profile.channels).toMatchObject([
    { name: 'linear', extraHeaders: { Authorization: `keychain:${draft.id}/channel.linear.header.Authorization` } },
    { name: 'main', env: { BRAVE_API_KEY: `keychain:${draft.id}/env.main.BRAVE_API_KEY` } },
    { name: 'with-cwd', cwd: '/home/ada/app' },
    { name: 'filesystem' },
  ]);
});

test('secrets follow their channel when it is renamed or another one becomes main, and go with it', async () => {
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  await put(await fixture('cursor-mcp.json'), '.cursor', 'mcp.json');
  const { candidates, drafts, ids } = await chooser();
  const draft = await candidates.draft(ids('brave-search', 'linear'), drafts);
  const secrets = drafts.over(noKeychain);
  const [brave, linear] = draft.servers as [DraftServer, DraftServer];
  drafts.update(draft.id, {
    servers: [
      { ...brave, channel: 'search' },
      { ...linear, channel: 'main' },
    ],
  });
  expect(await secrets.get(`${draft.id}/env.search.BRAVE_API_KEY`)).toBe('BSAnot-a-real-key-0001');
  expect(await secrets.get(`${draft.id}/channel.main.header.Authorization`)).toContain('lin_not');
  expect(drafts.has(draft.id, 'env.main.BRAVE_API_KEY')).toBe(false);
  drafts.update(draft.id, { servers: [{ ...linear, channel: 'main' }] });
  expect(drafts.has(draft.id, 'env.search.BRAVE_API_KEY')).toBe(false);
});

test.each([
  ['none called main', ['a', 'b']],
  ['two of one name', ['main', 'main']],
  ['a name that cannot be polled', ['main', 'My Server']],
  ['the name that is Harpoon’s', ['main', 'harpoon']],
])('a draft whose channels have %s is no profile', (_what, channels) => {
  const drafts = new DraftStore();
  const { id } = drafts.create();
  const servers = channels.map((channel, index) => ({
    key: String(index),
    channel,
    kind: 'stdio' as const,
    command: 'x',
    env: [],
  }));
  drafts.update(id, { servers, tunnelId: `tunnel_${'0'.repeat(32)}`, keyRef: 'env:KEY' });
  expect(() => drafts.profile(id)).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error);
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
  expect(missing?.dropped).toEqual([{ code: 'value', name: 'API_KEY', detail: '${env:AUTH_TOKEN}' }]);
  expect((await find('api'))?.server).toMatchObject({ url: 'https://api.example.com/mcp' });
  expect((await find('api', { API_BASE_URL: 'http://localhost:9' }))?.server).toMatchObject({
    url: 'http://localhost:9/mcp',
  });
});

test('what cannot be carried over is said by name and with a reason', async () => {
  await put(await fixture('vscode-mcp.jsonc'), '.config', 'Code', 'User', 'mcp.json');
  await put(await fixture('windsurf-mcp_config.json'), '.codeium', 'windsurf', 'mcp_config.json');
  await put(await fixture('codex-config.toml'), '.codex', 'config.toml');
  await put(await fixture('claude.json'), '.claude.json');
  await put(await fixture('cursor-mcp.json'), '.cursor', 'mcp.json');
  const { servers } = await findServers({ env: environment(), platform: 'linux' });
  const dropped = Object.fromEntries(
    servers.map(({ candidate }) => [
      `${candidate.source} ${candidate.name}`,
      candidate.dropped.map(({ code, name }) => `${code}: ${name}`),
    ]),
  );
  expect(dropped).toEqual({
    'claude-code sentry': ['value: Authorization'],
    'claude-code api': ['headers-helper: headersHelper'],
    'claude-code asana': ['sign-in: oauth', 'time-limit: timeout'],
    'claude-code events': ['transport: WebSocket'],
    'claude-code db': [],
    'cursor linear': [],
    'cursor crm': ['sign-in: auth', 'placeholder: ${env:CRM_TENANT}'],
    'cursor local': ['env-file: @ENVFILE@'],
    'vscode github': [],
    'vscode perplexity': ['development: dev', 'value: PERPLEXITY_API_KEY'],
    'vscode socket': ['sign-in: oauth'],
    'vscode boxed': ['sandbox: sandboxEnabled', 'sandbox: sandbox', 'placeholder: ${workspaceFolder}'],
    'vscode legacy': ['sse: sse'],
    'windsurf github': ['tool-filter: disabledTools', 'tool-approval: alwaysAllow'],
    'windsurf remote-http-mcp': ['value: API_KEY'],
    'codex context7': [
      'time-limit: startup_timeout_sec',
      'time-limit: tool_timeout_sec',
      'tool-filter: enabled_tools',
      'tool-filter: disabled_tools',
      'tool-approval: default_tools_approval_mode',
      'tool-approval: tools',
    ],
    'codex figma': ['sign-in: scopes', 'sign-in: oauth_resource', 'value: Authorization'],
    'codex with cwd': [],
  });
  const key = servers.find(({ candidate }) => candidate.name === 'perplexity')!.dropped.at(-1)!;
  expect(describeDropped(key)).toEqual({
    what: 'the value of PERPLEXITY_API_KEY',
    why: '${input:perplexity-key} (“Perplexity API Key”) has no value here. Enter it.',
  });
  expect(JSON.stringify(servers.map(({ candidate }) => candidate))).not.toContain('not-a-real-secret');
});

test('a server that is switched off in its client is told from the others, in whichever way it is', async () => {
  const project = join(home, 'app');
  await put(await fixture('project-mcp.json'), 'app', '.mcp.json');
  await put((await fixture('claude.json')).replace('@PROJECT@', project), '.claude.json');
  await put(await fixture('windsurf-mcp_config.json'), '.codeium', 'windsurf', 'mcp_config.json');
  await put(await fixture('codex-config.toml'), '.codex', 'config.toml');
  const { servers } = await findServers({ env: environment(), platform: 'linux' });
  const off = servers
    .filter(({ disabled }) => disabled)
    .map(({ candidate }) => `${candidate.source} ${candidate.name}`);
  expect(off.sort()).toEqual(['claude-code db', 'claude-code off', 'codex with cwd', 'windsurf github']);
  expect((await find('off'))?.server).toMatchObject({ command: `${project}/bin/off`, cwd: project });
});

test('a transport that cannot be spoken is listed and cannot be chosen; a Unix socket is carried', async () => {
  await put(await fixture('claude.json'), '.claude.json');
  await put(await fixture('vscode-mcp.jsonc'), '.config', 'Code', 'User', 'mcp.json');
  const { candidates, drafts, ids } = await chooser();
  expect((await find('events'))?.unusable).toBe(true);
  await expect(candidates.draft(ids('events'), drafts)).rejects.toMatchObject({ code: 'not_found' });
  expect((await find('socket'))?.server).toMatchObject({
    url: 'http://localhost/mcp/v1',
    unixSocket: '/run/mcp/server.sock',
  });
});

test('where a client puts nothing in place of variables, nothing is; VS Code’s defaults are taken', async () => {
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  await put(await fixture('vscode-mcp.jsonc'), '.config', 'Code', 'User', 'profiles', '5f2', 'mcp.json');
  const shell = await find('shell');
  expect(shell?.server).toMatchObject({ kind: 'stdio', command: expect.stringContaining('${HOME}') as string });
  expect(shell?.dropped).toEqual([]);
  const perplexity = await find('perplexity');
  expect(perplexity?.server).toMatchObject({ env: [{}, { name: 'REGION', kind: 'plain', value: 'eu' }] });
});

test('a project that Codex trusts, or that a command is run in, brings the servers of its own files', async () => {
  const project = join(home, 'app');
  await put(await fixture('project-mcp.json'), 'app', '.mcp.json');
  expect(await find('shared')).toBeUndefined();
  const here = await findServers({ env: environment(), platform: 'linux', folder: project });
  expect(here.servers.map(({ candidate }) => candidate.name)).toEqual(['shared', 'off']);
  await put((await fixture('codex-config.toml')).replace('@PROJECT@', project), '.codex', 'config.toml');
  expect((await find('shared'))?.candidate.project).toBe(project);
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
  // the first of the two is long, and read last
  const broken = await put(`{\n  "mcpServers": {\n    "a" {}\n  }\n}${' '.repeat(8_000_000)}`, '.cursor', 'mcp.json');
  const toml = await put('[mcp_servers.a]\ncommand = \n', '.codex', 'config.toml');
  await put(await fixture('claude_desktop_config.json'), '.config', 'Claude', 'claude_desktop_config.json');
  const { servers, problems } = await findServers({ env: environment(), platform: 'linux' });
  expect(servers.map(({ candidate }) => candidate.name)).toEqual(['filesystem', 'shell', 'brave-search']);
  expect(problems.map(({ code, params }) => [code, params['file'], params['line']])).toEqual([
    ['config_unreadable', broken, 3],
    ['config_unreadable', toml, 2],
  ]);
});

test('entries that are no servers are passed over, and named', async () => {
  await put('{"mcpServers": {"a": null, "b": {}, "c": {"command": ""}, "d": {"command": "x"}}}', '.cursor', 'mcp.json');
  await put('[]', '.claude.json');
  await put('', '.codex', 'config.toml');
  const { servers, problems } = await findServers({ env: environment(), platform: 'linux' });
  expect(servers.map(({ candidate }) => candidate.name)).toEqual(['d']);
  expect(problems.map(({ params }) => params['field'])).toEqual(['mcpServers.a', 'mcpServers.b', 'mcpServers.c']);
});

test('a server that is none is named with its file and place, and the others are still found', async () => {
  const cursor = await put(
    '{\n  "mcpServers": {\n    "good": { "command": "npx" },\n    "bad": 5,\n    "empty": {},\n    "odd": { "command": "npx", "args": "-y", "env": { "A": { "x": 1 } } }\n  }\n}\n',
    '.cursor',
    'mcp.json',
  );
  const code = await put(
    JSON.stringify({ projects: { '/p': { mcpServers: { fine: { command: 'a' }, wrong: 'b' } } } }),
    '.claude.json',
  );
  const codex = await put('[mcp_servers]\nnone = 3\n', '.codex', 'config.toml');
  const windsurf = await put('{"mcpServers": []}', '.codeium', 'windsurf', 'mcp_config.json');
  const { servers, problems } = await findServers({ env: environment(), platform: 'linux' });
  expect(servers.map(({ candidate }) => candidate.name)).toEqual(['fine', 'good', 'odd']);
  expect(
    problems.map(({ code: is, params: { file, field, line, column } }) => [is, file, field, line, column]),
  ).toEqual([
    ['config_invalid', code, 'projects./p.mcpServers.wrong', 1, 57],
    ['config_invalid', cursor, 'mcpServers.bad', 4, 5],
    ['config_invalid', cursor, 'mcpServers.empty', 5, 5],
    ['config_invalid', windsurf, 'mcpServers', 1, 2],
    ['config_invalid', codex, 'mcp_servers.none', undefined, undefined],
  ]);
  expect((await find('odd'))?.dropped.map(describeDropped).map(({ what }) => what)).toEqual(['args', 'env']);
});

test('what is wrong with a file is said in plain words, with its place and none of its values', async () => {
  const said = async (text: string, ...path: string[]) => {
    const file = await put(text, ...path);
    const { problems } = await findServers({ env: environment(), platform: 'linux' });
    await rm(file);
    return problems.map((problem) => sentence(problem).replace(`${file}, `, ''));
  };
  const json = (text: string) => said(text, '.cursor', 'mcp.json');
  expect((await json('{"a":}'))[0]).toContain('line 1, column 6: it is not JSON: a value is missing here.');
  expect((await json('{"a": 1\n"b": 2}'))[0]).toContain('line 2, column 1: it is not JSON: a comma is missing here.');
  expect((await json('{"a": "x\n}'))[0]).toContain('a text is not closed by a double quote');
  expect((await json('{a: 1}'))[0]).toContain('without double quotes');
  const toml = await said('token = "sk-secret-0123456789', '.codex', 'config.toml');
  expect(toml[0]).toContain('it is not TOML: unfinished string');
  expect(toml.join()).not.toContain('sk-secret');
});
