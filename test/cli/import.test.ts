import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readProfile } from '../../src-main/profiles/forms/profile-text.ts';
import { parseProfileFile } from '../../src-main/profiles/source.ts';
import { culvert } from '../support/culvert.ts';

vi.setConfig({ testTimeout: 60_000 });

const tunnelId = `tunnel_${'4'.repeat(32)}`;
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'culvert-import-'));
  for (const [name, ...path] of [
    ['claude_desktop_config.json', '.config', 'Claude', 'claude_desktop_config.json'],
    ['cursor-mcp.json', '.cursor', 'mcp.json'],
    ['windsurf-mcp_config.json', '.codeium', 'windsurf', 'mcp_config.json'],
    ['vscode-mcp.jsonc', '.config', 'Code', 'User', 'mcp.json'],
    ['claude.json', '.claude.json'],
  ] as const) {
    const file = join(home, ...path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await readFile(new URL(`../imports/clients/${name}`, import.meta.url)));
  }
});
afterEach(() => rm(home, { recursive: true }));

const run = async (...args: string[]) => {
  const lines: string[] = [];
  const { code, errors } = await culvert(args, { HOME: home }, (line) => lines.push(line));
  return { code, errors, text: lines.join('\n') };
};
const profiles = () => join(home, '.config', 'culvert', 'profiles');
const written = async (name: string) => {
  const file = join(profiles(), `${name}.yaml`);
  const text = await readFile(file, 'utf8');
  return { text, ...readProfile(parseProfileFile(file, text)) };
};

test('what is found is listed by client, with what cannot be carried over and why', async () => {
  const { code, text } = await run('profiles', 'import');
  expect(code).toBe(0);
  expect(text).toMatch(/Claude Desktop\n {2}filesystem\n/);
  expect(text).toMatch(/Windsurf\n {2}github {2}\(switched off there\)/);
  expect(text).toContain('events  (cannot be used)');
  expect(text).toContain('not carried over: headersHelper: Culvert runs no program to make headers.');
  expect(text).toContain('1 secret value to keep');
  expect(text).not.toMatch(/not-a-real|ghp_/);
  const json = await run('profiles', 'import', '--json', '--from', 'vscode');
  const { servers } = JSON.parse(json.text) as {
    servers: { name: string; dropped: { what: string; why: string }[] }[];
  };
  expect(servers.find(({ name }) => name === 'boxed')?.dropped[0]).toMatchObject({
    what: 'sandboxEnabled',
    why: expect.stringContaining('outside of a sandbox') as string,
  });
});

test('several servers become the channels of one profile, and their secrets variables that are named', async () => {
  const { code, text, errors } = await run(
    ...['profiles', 'import', 'brave-search', 'linear', 'files=claude-desktop/filesystem'],
    ...['--profile', 'office', '--tunnel-id', tunnelId, '--secrets', 'env'],
  );
  expect([code, errors]).toEqual([0, '']);
  expect(text).toContain('Set CULVERT_ENV_MAIN_BRAVE_API_KEY before it runs: it is BRAVE_API_KEY of main.');
  expect(text).toContain('Written: profile office with 3 channels.');
  const profile = await written('office');
  expect(profile.channels).toMatchObject([
    { name: 'linear', extraHeaders: { Authorization: 'env:CULVERT_CHANNEL_LINEAR_HEADER_AUTHORIZATION' } },
    { name: 'main', env: { BRAVE_API_KEY: 'env:CULVERT_ENV_MAIN_BRAVE_API_KEY', BRAVE_REGION: 'de' } },
    { name: 'files', kind: 'stdio' },
  ]);
  expect(profile.text).not.toContain('not-a-real');
});

test.each([
  ['profiles', 'add', 'both'],
  ['init', '--profile', 'both'],
])('%s %s takes servers of other clients as well', async (...command) => {
  const { code, text } = await run(
    ...command,
    ...['--import', 'api=api', '--import', 'main=filesystem', '--tunnel-id', tunnelId],
  );
  expect(code).toBe(0);
  expect(text).toContain('not carried over: headersHelper');
  expect((await written('both')).channels.map(({ name }) => name)).toEqual(['api', 'main']);
});

test.each([
  [['nothing'], 'no client has one called nothing'],
  [['github'], 'several are called github'],
  [['a=linear', 'b=filesystem'], 'none of them is the channel main'],
  [['x=linear', 'x=filesystem'], 'two are to be the channel x'],
  [['harpoon=linear'], '`harpoon` is no name of a channel'],
  [['events'], 'events cannot be used'],
  [['linear', '--mcp-command', 'x'], '--mcp-command is another way to name it'],
  [['linear', '--from', 'windsurf'], 'no client has one called linear'],
])('%j is refused, and nothing is written', async (args, reason) => {
  const { code, errors } = await run('profiles', 'import', ...args, '--tunnel-id', tunnelId, '--secrets', 'env');
  expect(code).toBe(2);
  expect(errors).toContain(reason);
  await expect(readdir(profiles())).rejects.toThrow('ENOENT');
});
