import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { options } from '../../src-main/settings/options.ts';
import { cli, culvert } from '../support/culvert.ts';
import { suiteNeeds } from '../support/require.ts';
import { keys, Terminal } from '../support/terminal.ts';

let home = '';
let env: Record<string, string> = {};
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'culvert-completion-'));
  const profiles = join(home, '.config', 'culvert', 'profiles');
  const other = join(home, 'elsewhere');
  const bin = join(home, 'bin');
  for (const folder of [profiles, other, bin]) await mkdir(folder, { recursive: true });
  for (const name of ['staging', 'production']) await writeFile(join(profiles, `${name}.yaml`), 'not: [read');
  await writeFile(join(profiles, 'sneaky$(touch pwned).yaml'), '');
  await writeFile(join(other, 'remote.yaml'), '');
  await writeFile(join(home, 'key file.pem'), '');
  await writeFile(join(bin, 'culvert'), `#!/bin/sh\nexec '${process.execPath}' '${resolve(cli)}' "$@"\n`);
  await chmod(join(bin, 'culvert'), 0o755);
  env = { HOME: home, PATH: `${bin}:${process.env.PATH ?? ''}`, MY_TUNNEL_KEY: 'sk-not-shown' };
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** The words that are offered for what stands on the line; the last one is being typed. */
async function offered(...line: readonly string[]): Promise<readonly string[]> {
  const args = ['completion', 'words', `--current=${line.at(-1) ?? ''}`, '--', ...line.slice(0, -1)];
  const { lines } = await culvert(args, env);
  return lines.map((text) => text.split('\t')[0] ?? '');
}

test('commands, sub-commands and pages are offered from the program’s own table', async () => {
  expect(await offered('')).toEqual(expect.arrayContaining(['words', 'run', 'profiles', 'completion', 'help']));
  expect(await offered('profiles', 'ex')).toEqual(['words', 'export']);
  expect(await offered('profiles', 'samples', '')).toEqual(expect.arrayContaining(['list', 'show']));
  expect(await offered('help', 'q')).toEqual(['words', 'quickstart']);
  expect(await offered('help', 'admin', 'tunnels', 'cr')).toEqual(['words', 'create']);
  expect(await offered('completion', '')).toEqual(['words', 'bash', 'zsh', 'fish', 'powershell']);
});

test('every flag that run takes is offered, an alias only where nothing else fits', async () => {
  const words = await offered('run', '--');
  for (const { flag, inert } of options) expect(words.includes(`--${flag}`), flag).toBe(inert === undefined);
  expect(words).toContain('--help');
  expect(words).not.toContain('--tunnel-id');
  expect(await offered('run', '--tunnel')).toEqual(['words', '--tunnel-id']);
});

test('values are offered: choices, truth, profiles, samples, references, files', async () => {
  expect(await offered('run', '--log.level=w')).toEqual(['words', '--log.level=warn']);
  expect(await offered('logs', '--level', 'e')).toEqual(['words', 'error']);
  expect(await offered('run', '--health.show-details=')).toEqual(
    expect.arrayContaining(['--health.show-details=true']),
  );
  expect(await offered('run', '--profile', '')).toEqual(['words', 'production', 'staging']);
  expect(await offered('start', 's')).toEqual(['words', 'staging']);
  expect(await offered('run', '--profile-dir', join(home, 'elsewhere'), '--profile', '')).toEqual(['words', 'remote']);
  expect(await offered('init', '--sample', 'sample_mcp_h')).toEqual(['words', 'sample_mcp_http']);
  expect(await offered('run', '--control-plane.api-key', 'env:MY_')).toEqual(['words', 'env:MY_TUNNEL_KEY']);
  expect(await offered('run', '--ca-bundle', '')).toEqual(['files']);
  expect(await offered('init', '--profile-dir', '')).toEqual(['folders']);
  expect(await offered('profiles', 'show', 'p')).toEqual(['files', 'production']);
  expect(await offered('demo', '--', '--')).toEqual(['words']);
});

suiteNeeds('bash', 'terminal')('completion in bash', () => {
  let terminal: Terminal;
  afterEach(() => terminal.close());

  test('completes what is typed, with = and : inside a word and blanks in a file name', async () => {
    terminal = new Terminal(['bash', '--noprofile', '--norc', '-i'], { ...env, PS1: '> ' });
    terminal.type(`cd; source <(culvert completion bash)\r`);
    await terminal.sees('> ');
    const completed = async (typed: string, becomes: string): Promise<void> => {
      terminal.type(`${typed}${keys.tab}`);
      await terminal.sees(becomes);
      terminal.type(keys.ctrlU);
    };
    await completed('culvert prof', 'culvert profiles ');
    await completed('culvert run --log.level=w', '--log.level=warn ');
    await completed('culvert run --log.level w', '--log.level warn ');
    await completed('culvert run --profile st', '--profile staging ');
    await completed('culvert profiles show st', 'profiles show staging ');
    await completed('culvert run --control-plane.api-key=env:MY_', '--control-plane.api-key=env:MY_TUNNEL_KEY ');
    await completed('culvert run --control-plane.api-key file:ke', 'file:key\\ file.pem ');
    await completed('culvert run --ca-bundle ke', '--ca-bundle key\\ file.pem ');
    await completed('culvert init --profile-dir else', '--profile-dir elsewhere/');
    terminal.type(`culvert profiles s${keys.tab}${keys.tab}`);
    await terminal.sees(/samples +show|show +samples/);
  });
});

suiteNeeds('zsh', 'terminal')('completion in zsh', () => {
  let terminal: Terminal;
  afterEach(() => terminal.close());

  test.each([
    ['read by source', 'autoload -Uz compinit; compinit -u -D; source <(culvert completion zsh)'],
    [
      'in a folder of fpath',
      'mkdir -p f; culvert completion zsh > f/_culvert; fpath=($PWD/f $fpath); autoload -Uz compinit; compinit -u -D',
    ],
  ])('completes what is typed: %s', async (_how, setUp) => {
    terminal = new Terminal(['zsh', '-f', '-i'], env);
    terminal.type(`cd; PS1='> '; ${setUp}; echo set up\r`);
    await terminal.sees(/\nset up/);
    const completed = async (typed: string, becomes: string): Promise<void> => {
      terminal.type(`${typed}${keys.tab}`);
      await terminal.sees(becomes);
      terminal.type(keys.ctrlU);
    };
    await completed('culvert prof', 'culvert profiles ');
    await completed('culvert run --log.level=w', '--log.level=warn ');
    await completed('culvert run --profile st', '--profile staging ');
    await completed('culvert run --control-plane.api-key env:MY_', 'env:MY_TUNNEL_KEY ');
    await completed('culvert run --ca-bundle ke', '--ca-bundle key\\ file.pem ');
    await completed('culvert run --ca-bundle=ke', '--ca-bundle=key\\ file.pem ');
    await completed('culvert init --profile-dir else', '--profile-dir elsewhere/');
    terminal.type(`culvert profiles s${keys.tab}`);
    await terminal.sees(/samples +-- what a profile can start from/);
  });
});

suiteNeeds('fish')('completion in fish', () => {
  test('completes what is typed', async () => {
    const completions = async (line: string): Promise<readonly string[]> => {
      const command = `cd; culvert completion fish | source; complete -C ${JSON.stringify(line)}`;
      const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', command], { env });
      return stdout
        .trimEnd()
        .split('\n')
        .map((text) => text.split('\t')[0] ?? '');
    };
    expect(await completions('culvert prof')).toEqual(['profiles']);
    expect(await completions('culvert run --log.level=w')).toEqual(['--log.level=warn']);
    expect(await completions('culvert run --profile ')).toEqual(['production', 'staging']);
    expect(await completions('culvert run --control-plane.api-key env:MY_')).toEqual(['env:MY_TUNNEL_KEY']);
    expect(await completions('culvert run --ca-bundle ke')).toEqual(['key file.pem']);
    expect(await completions('culvert run --ca-bundle=ke')).toEqual(['--ca-bundle=key file.pem']);
    expect(await completions('culvert init --profile-dir else')).toEqual(['elsewhere/']);
    expect(await completions('culvert profiles show pro')).toEqual(['production']);
  });
});
