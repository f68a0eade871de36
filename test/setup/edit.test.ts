import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, culvert } from '../support/culvert.ts';
import { suiteNeeds } from '../support/require.ts';
import { keys, Terminal } from '../support/terminal.ts';

const profile = `# mine
config_version: 1
control_plane:
  tunnel_id: tunnel_0123456789abcdef0123456789abcdef
  api_key: env:CONTROL_PLANE_API_KEY
mcp:
  server_urls:
    - url: http://127.0.0.1:1/mcp
`;

let home: string;
let file: string;
let env: Record<string, string>;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'culvert-edit-test-'));
  const folder = join(home, '.config', 'culvert', 'profiles');
  await mkdir(folder, { recursive: true });
  await mkdir(join(home, 'tmp'));
  file = join(folder, 'mine.yaml');
  await writeFile(file, profile);
  env = { HOME: home, TMPDIR: join(home, 'tmp'), EDITOR: join(home, 'editor.sh') };
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** An editor for `sh`: each call runs the next of these. `$1` is the file. */
async function editor(...turns: readonly string[]): Promise<void> {
  const cases = turns.map((turn, index) => `${index}) ${turn} ;;`).join('\n');
  const script = `#!/bin/sh\nn=$(cat ${home}/turn 2>/dev/null || echo 0)\necho $((n + 1)) > ${home}/turn\ncase $n in\n${cases}\nesac\n`;
  await writeFile(join(home, 'editor.sh'), script);
  await chmod(join(home, 'editor.sh'), 0o755);
}

const left = async (): Promise<readonly string[]> => {
  const folders = await readdir(join(home, 'tmp'));
  return Promise.all(folders.map((folder) => readFile(join(home, 'tmp', folder, 'mine.yaml'), 'utf8')));
};

test('a text that is wrong is not saved and not lost where nobody can be asked', async () => {
  await editor('echo "tunnel: [" >> "$1"');
  const { code, errors } = await culvert(['profiles', 'edit', 'mine'], env);
  expect(code).toBe(2);
  expect(errors).toContain('Your text is kept: ');
  expect(await readFile(file, 'utf8')).toBe(profile);
  expect(await left()).toEqual([`${profile}tunnel: [\n`]);
});

test('an editor that fails or is not there changes nothing', async () => {
  await editor('exit 1');
  const failed = await culvert(['profiles', 'edit', 'mine'], env);
  expect(failed.code).toBe(2);
  expect(failed.errors).toContain('ended with 1');
  const missing = await culvert(['profiles', 'edit', 'mine'], { ...env, VISUAL: 'no-such-editor --wait' });
  expect(missing.code).toBe(2);
  expect(missing.errors).toMatch(/\$VISUAL.*no-such-editor does not start/);
  expect(await readFile(file, 'utf8')).toBe(profile);
  expect(await left()).toEqual([]);
});

test('who saved meanwhile wins, and the other text is kept', async () => {
  await editor(`sed -i s/127.0.0.1:1/127.0.0.1:2/ "$1"; echo '# other' >> ${file}`);
  const { code, errors } = await culvert(['profiles', 'edit', 'mine'], env);
  expect(code).toBe(2);
  expect(errors).toContain('has changed since it was opened');
  expect(await readFile(file, 'utf8')).toBe(`${profile}# other\n`);
  expect(await left()).toEqual([profile.replace(':1/', ':2/')]);
});

suiteNeeds('terminal')('culvert profiles edit at a terminal', () => {
  let terminal: Terminal;
  afterEach(() => terminal.close());
  const edit = (): void => {
    terminal = new Terminal(
      ['sh', '-c', `'${process.execPath}' '${resolve(cli)}' profiles edit mine; echo code=$?`],
      env,
    );
  };

  test('a text that is wrong goes back into the editor as it is', async () => {
    await editor(
      'sed -i s/127.0.0.1:1/nowhere:x/ "$1"',
      'grep -q nowhere:x "$1" && sed -i s/nowhere:x/127.0.0.1:3/ "$1"',
    );
    edit();
    expect(await terminal.sees('Back into the editor? [Y/n]:')).toMatch(/Not saved\..*line 8|mine\.yaml:8/s);
    terminal.type(keys.enter);
    await terminal.sees('Saved: ');
    await terminal.sees('code=0');
    expect(await readFile(file, 'utf8')).toBe(profile.replace(':1/', ':3/'));
    expect(await left()).toEqual([]);
  });

  test.each([
    ['n', `n${keys.enter}`],
    ['Ctrl C', keys.ctrlC],
  ])('%s there keeps the text, and says where', async (_name, typed) => {
    await editor('echo "tunnel: [" >> "$1"');
    edit();
    await terminal.sees('Back into the editor? [Y/n]:');
    terminal.type(typed);
    await terminal.sees('Your text is kept: ');
    await terminal.sees('code=2');
    expect(await readFile(file, 'utf8')).toBe(profile);
    expect(await left()).toEqual([`${profile}tunnel: [\n`]);
  });
});
