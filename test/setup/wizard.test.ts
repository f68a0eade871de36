import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { cli } from '../support/culvert.ts';
import { suiteNeeds } from '../support/require.ts';
import { keys, quoted, Terminal } from '../support/terminal.ts';

const tunnelId = 'tunnel_0123456789abcdef0123456789abcdef';
const key = 'sk-typed-at-the-terminal-0001';
const server = `node ${resolve('test/fixtures/faulty-stdio.mjs')}`;

suiteNeeds('terminal')('culvert init at a terminal', () => {
  let home: string;
  let terminal: Terminal;
  let relay: Relay | undefined;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'culvert-wizard-'));
  });
  afterEach(async () => {
    await terminal.close();
    await relay?.close();
    relay = undefined;
    await rm(home, { recursive: true, force: true });
  });

  const profiles = () => join(home, '.config', 'culvert', 'profiles');
  const written = async (name: string): Promise<Record<string, Record<string, unknown>>> =>
    parse(await readFile(join(profiles(), `${name}.yaml`), 'utf8')) as Record<string, Record<string, unknown>>;
  const keychain = async (): Promise<Record<string, string>> =>
    JSON.parse(await readFile(join(home, 'keychain.json'), 'utf8')) as Record<string, string>;

  /** A shell runs it, and tells afterwards how it ended and how the terminal was left. */
  function init(args: readonly string[] = [], env: Record<string, string> = {}, columns = 80): Terminal {
    const line = [process.execPath, resolve(cli), 'init', ...args].map(quoted).join(' ');
    terminal = new Terminal(
      ['sh', '-c', `${line}; echo "code=$?"; stty -a`],
      {
        HOME: home,
        XDG_RUNTIME_DIR: join(home, 'run'),
        NODE_OPTIONS: `--import ${pathToFileURL('test/fixtures/keytar-file.mjs').href}`,
        CULVERT_TEST_KEYCHAIN: join(home, 'keychain.json'),
        ...env,
      },
      columns,
    );
    return terminal;
  }

  const answer = async (question: string, typed: string): Promise<string> => {
    const before = await terminal.sees(question);
    terminal.type(typed + keys.enter);
    return before;
  };

  const foundServers = async (): Promise<void> => {
    await mkdir(join(home, '.cursor'), { recursive: true });
    const mcpServers = {
      everything: {
        command: 'npx',
        args: ['-y', 'a-server', '--with', 'many', 'arguments', 'that', 'do', 'not', 'fit'],
      },
      docs: { url: 'http://127.0.0.1:9/mcp' },
    };
    await writeFile(join(home, '.cursor', 'mcp.json'), JSON.stringify({ mcpServers }));
  };

  test('asks, keeps the key unseen in the keychain, proves the profile and says what to run', async () => {
    relay = await createRelay({});
    const tunnel = relay.addTunnel({ name: 'Wizard', apiKey: key });
    init(['--control-plane-base-url', relay.address]);
    await answer('URL of the MCP server:', server);
    await answer('Tunnel id:', tunnel.id);
    await answer('Key [1]:', '');
    await terminal.sees('not shown):');
    terminal.type(key);
    terminal.type(keys.enter);
    await answer('Name of the profile [main]:', 'crm');
    await answer('Prove it? [Y/n]:', '');
    const report = await terminal.sees('culvert run --profile crm');
    expect(report).toContain('MCP server (main): Lists 0 tools');
    expect(report).toContain(' 0 failed, 0 to look at');
    await terminal.sees('code=0');
    expect(terminal.raw).not.toContain(key);
    const profile = await written('crm');
    const reference = String(profile['control_plane']?.['api_key']);
    expect(reference).toBe(`keychain:${String(profile['culvert']?.['id'])}/api_key`);
    expect(await keychain()).toEqual({ [reference.replace('keychain:', 'culvert/')]: key });
  });

  test('takes no wrong answer, and says why', async () => {
    await foundServers();
    await mkdir(profiles(), { recursive: true });
    await writeFile(join(profiles(), 'docs.yaml'), 'config_version: 1\n');
    init();
    await answer('a command or URL:', '3');
    expect(await answer('a command or URL:', 'no-such-program --x')).toContain('There are the numbers 1 to 2.');
    expect(await answer('a command or URL:', 'ftp://x/mcp')).toMatch(/no program no-such-program/);
    expect(await answer('a command or URL:', 'node "x')).toContain('no http:// or https:// URL');
    await answer('a command or URL:', 'docs');
    await answer('Tunnel id:', 'tunnel_123');
    expect(await answer('Tunnel id:', tunnelId)).toContain('32 lower-case letters or digits');
    await answer('Key [1]:', 'sk-pasted-in-the-wrong-place');
    expect(await answer('Key [1]:', 'file:/no/such/key')).toMatch(/it was\s+not\s+taken/);
    expect(await answer('Key [1]:', '1')).toContain('/no/such/key cannot be read');
    await answer('not shown):', 'sk-admin-something');
    expect(await answer('not shown):', 'has blanks in it')).toContain('admin key');
    await answer('not shown):', key);
    await answer('Name of the profile [docs-2]:', 'docs');
    expect(await answer('Name of the profile [docs-2]:', 'not a name')).toContain('There is a profile docs already');
    await answer('Name of the profile [docs-2]:', '');
    await answer('Prove it? [Y/n]:', 'n');
    await terminal.sees('culvert doctor --profile docs-2');
    await terminal.sees('code=0');
    expect(await readdir(profiles())).toEqual(['docs-2.yaml', 'docs.yaml']);
  });

  test.each([
    ['Ctrl C', keys.ctrlC],
    ['Ctrl D', keys.ctrlD],
  ])('%s at any question leaves nothing behind, and the terminal as it was', async (_name, press) => {
    const questions = [
      ['URL of the MCP server:', server],
      ['Tunnel id:', tunnelId],
      ['Key [1]:', '1'],
      ['not shown):', key],
      ['Name of the profile [main]:', ''],
    ] as const;
    for (const at of questions.keys()) {
      init();
      for (const [question, typed] of questions.slice(0, at)) await answer(question, typed);
      await terminal.sees(questions[at]![0]);
      terminal.type(press);
      await terminal.sees('Nothing was written.');
      await terminal.sees('code=130');
      const state = await terminal.sees(/ echok?/);
      expect(state).toMatch(/(^|[ ;])icanon/);
      await terminal.ended;
      expect(terminal.raw).not.toContain(key);
      await expect(readdir(profiles())).rejects.toThrow('ENOENT');
      await expect(keychain()).rejects.toThrow('ENOENT');
    }
  });

  test('who leaves at the offer to prove has the profile, and is told what is next', async () => {
    init(['--tunnel-id', tunnelId, '--profile', 'p'], { CONTROL_PLANE_API_KEY: key });
    await answer('URL of the MCP server:', 'http://127.0.0.1:9/mcp');
    await answer(`Tunnel id [${tunnelId}]:`, '');
    await answer('Key [env:CONTROL_PLANE_API_KEY]:', '');
    await answer('Name of the profile [p]:', '');
    await terminal.sees('Prove it?');
    terminal.type(keys.ctrlC);
    await terminal.sees('culvert doctor --profile p');
    await terminal.sees('code=0');
    expect(await written('p')).toMatchObject({ control_plane: { api_key: 'env:CONTROL_PLANE_API_KEY' } });
  });

  test('a variable that is not set here is set first: there is nothing to prove yet', async () => {
    await writeFile(join(home, 'key.txt'), `${key}\n`);
    init();
    await answer('URL of the MCP server:', server);
    await answer('Tunnel id:', tunnelId);
    await answer('Key [1]:', 'env:SOME_KEY');
    await answer('Name of the profile', '');
    expect(await terminal.sees('code=0')).toMatch(/export SOME_KEY=….*\n.*culvert doctor.*\n.*culvert run/);
    expect(terminal.text).not.toContain('Prove it?');
    await terminal.close();
    init();
    await answer('URL of the MCP server:', server);
    await answer('Tunnel id:', tunnelId);
    await answer('Key [1]:', 'file:~/key.txt');
    await answer('Name of the profile [main-2]:', '');
    await answer('Prove it? [Y/n]:', 'n');
    await terminal.sees('code=0');
    expect(await written('main-2')).toMatchObject({ control_plane: { api_key: `file:${join(home, 'key.txt')}` } });
  });

  test('fits a narrow terminal, without colours', async () => {
    await foundServers();
    init([], { NO_COLOR: '1' }, 44);
    await answer('URL:\n> ', '1');
    await answer('Tunnel id:', tunnelId);
    await terminal.sees('Key [1]:');
    // eslint-disable-next-line no-control-regex -- a colour is a control sequence
    expect(terminal.raw).not.toMatch(/\x1b\[[0-9;]*m/);
    const typed = new RegExp(tunnelId);
    for (const line of terminal.text.split('\n')) if (!typed.test(line)) expect(line.length, line).toBeLessThan(44);
  });

  test('questions need a terminal at both ends', async () => {
    terminal = new Terminal(['sh', '-c', `'${process.execPath}' '${resolve(cli)}' init | cat; echo ended`], {
      HOME: home,
    });
    expect(await terminal.sees('ended')).toContain('--tunnel-id');
  });

  test('the doctor breaks its lines between words where the terminal is narrow', async () => {
    await mkdir(profiles(), { recursive: true });
    const text = `control_plane: {tunnel_id: ${tunnelId}, base_url: "http://127.0.0.1:9"}\nmcp: {server_urls: [{url: "http://127.0.0.1:9/mcp"}]}\n`;
    await writeFile(join(profiles(), 'p.yaml'), text);
    const command = [process.execPath, resolve(cli), 'doctor', '--profile', 'p', '--explain'];
    terminal = new Terminal(command, { HOME: home, CONTROL_PLANE_API_KEY: 'rk-0123456789' }, 50);
    expect(await terminal.ended).toBe(5);
    const long = terminal.text.split('\n').filter((line) => line.length > 49);
    // a path or an address is one word
    expect(long.filter((line) => line.trim().includes(' '))).toEqual([]);
    expect(terminal.text).toContain('Connection to the control plane');
  });

  test('a keyring that never answers does not keep a command from ending', { timeout: 60_000 }, async () => {
    const fifo = join(home, 'fifo');
    await mkdir(profiles(), { recursive: true });
    const text = `control_plane: {tunnel_id: ${tunnelId}, api_key: keychain:a/b}\nmcp: {commands: [{command: node}]}\n`;
    await writeFile(join(profiles(), 'p.yaml'), text);
    const run = [process.execPath, resolve(cli), 'run', '--profile', 'p'].map(quoted).join(' ');
    terminal = new Terminal(['sh', '-c', `mkfifo ${quoted(fifo)}; ${run}; echo ended`], {
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      NODE_OPTIONS: `--import ${pathToFileURL('test/fixtures/keytar-locked.mjs').href}`,
      CULVERT_TEST_FIFO: fifo,
    });
    await expect.poll(() => terminal.text, { timeout: 45_000 }).toMatch(/The keychain is not available[\s\S]*ended/);
  });
});
