import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { ProfileStore } from '../../src-main/profiles/profile-store.ts';

const tunnelId = 'tunnel_0123456789abcdef0123456789abcdef';
const plain = profileSchema.omit({ id: true, name: true }).parse({
  controlPlane: { tunnelId, apiKey: 'keychain:x/api_key' },
  channels: [{ kind: 'stdio', name: 'main', command: 'node a.js' }],
  mcp: {},
  harpoon: {},
  capture: {},
});
let folder: string;
let store: ProfileStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-store-'));
  store = new ProfileStore({ env: { HOME: folder }, platform: 'linux' });
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const own = (...path: string[]) => join(folder, '.config', 'culvert', 'profiles', ...path);

async function put(path: string, text: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  return file;
}

test('a created profile is its owner’s alone, has an id for good, and is found again', async () => {
  const { id } = await store.create('work', plain);
  expect((await stat(own('work.yaml'))).mode & 0o777).toBe(0o600);
  expect(await store.list()).toMatchObject([
    { id, name: 'work', form: 'culvert', profile: { id, channels: plain.channels } },
  ]);
  await store.rename(id, 'home');
  expect(await store.list()).toMatchObject([{ id, name: 'home' }]);
  await expect(store.create('home', plain)).rejects.toMatchObject({ code: 'profile_exists' });
});

test('profiles of all three forms are listed, a name once, and a broken one says what is wrong with it', async () => {
  await put(
    '.config/tunnel-client/ref.yaml',
    `control_plane: {tunnel_id: ${tunnelId}}\nmcp: {commands: [{command: x}]}\n`,
  );
  await put('.config/tunnel-client/broken.yaml', 'control_plane:\n  tunel_id: x\n');
  await put('.config/tunnel-client/torn.yaml', 'a: [');
  await put('.tunnel-client/profiles/ref.json', '{}');
  await put(
    '.tunnel-client/profiles/old.json',
    JSON.stringify({ tunnel_id: tunnelId, mcp_server_url: 'http://h/mcp' }),
  );
  await store.create('mine', plain);
  const entries = await store.list();
  expect(entries.map(({ name, form, error }) => [name, form, error?.code])).toEqual([
    ['mine', 'culvert', undefined],
    ['broken', 'reference', 'config_invalid'],
    ['ref', 'reference', undefined],
    ['torn', 'reference', 'config_unreadable'],
    ['old', 'json', undefined],
  ]);
});

test('a save keeps the text before it, and an older one than the file’s is refused', async () => {
  const { id } = await store.create('p', plain);
  const opened = await store.get(id);
  const text = await store.render(id, opened.text, { ...opened.profile!, startWithApp: true });
  const { revision } = await store.save(id, text, opened.revision);
  expect(await readFile(own('p.yaml'), 'utf8')).toBe(text);
  expect(await readFile(own('p.yaml.bak'), 'utf8')).toBe(opened.text);
  await expect(store.save(id, opened.text, opened.revision)).rejects.toMatchObject({ code: 'revision_conflict' });
  await store.save(id, opened.text, revision);
  expect(await readdir(own())).toEqual(['p.yaml', 'p.yaml.bak']);
});

test('a text that is wrong is not saved, nor one that takes the id away', async () => {
  const { id } = await store.create('p', plain);
  const { text, revision } = await store.get(id);
  await expect(store.save(id, `${text}\nnonsense: 1\n`, revision)).rejects.toMatchObject({
    code: 'config_invalid',
    params: { field: 'nonsense' },
  });
  await expect(store.save(id, text.replace(id, 'other'), revision)).rejects.toMatchObject({
    code: 'config_invalid',
    params: { field: 'culvert.id' },
  });
  expect(await readFile(own('p.yaml'), 'utf8')).toBe(text);
});

test('two who save at once do not mix: one gets it, the other is told', async () => {
  const { id } = await store.create('p', plain);
  const { text, revision } = await store.get(id);
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c'].map((mark) => store.save(id, `# ${mark}\n${text}`, revision)),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readFile(own('p.yaml'), 'utf8')).toMatch(/^# [abc]\n# A Culvert profile/);
});

test('the lock of a process that died does not last', async () => {
  const { id } = await store.create('p', plain);
  const { text, revision } = await store.get(id);
  await writeFile(own('p.yaml.lock'), '1');
  await utimes(own('p.yaml.lock'), new Date(0), new Date(0));
  await store.save(id, `# x\n${text}`, revision);
});

test('a deleted profile comes back with its id', async () => {
  const { id } = await store.create('p', plain);
  const { undo } = await store.delete(id);
  expect(await store.list()).toEqual([]);
  expect(await store.undoDelete(undo)).toEqual({ id });
  await expect(store.undoDelete(undo)).rejects.toMatchObject({ code: 'not_found' });
  await expect(store.undoDelete('../x')).rejects.toMatchObject({ code: 'not_found' });
});

test('a copy is a Culvert profile with an id of its own, comments included, and the original stays', async () => {
  const yaml = `# mine\ncontrol_plane: {tunnel_id: ${tunnelId}} # here\nmcp: {commands: [{command: x}]}\n`;
  const file = await put('.config/tunnel-client/ref.yaml', yaml);
  const [reference] = await store.list();
  const { id, name } = await store.duplicate(reference!.id);
  expect(name).toBe('ref-2');
  const made = await store.get(id);
  expect(made).toMatchObject({ form: 'culvert', file: own('ref-2.yaml'), profile: { id } });
  expect(made.text).toContain('# mine');
  expect(made.text).toContain('# here');
  expect(await readFile(file, 'utf8')).toBe(yaml);
});

test('an export for the reference client says what it drops', async () => {
  const { id } = await store.create('p', {
    ...plain,
    startWithApp: true,
    channels: [
      { kind: 'stdio', name: 'main', command: 'node a.js', cwd: '/srv', env: { A: 'b' }, concurrency: 'serial' },
    ],
  });
  const { text, dropped } = await store.exportReference(id);
  expect(text).toBe(
    `config_version: 1\ncontrol_plane:\n  tunnel_id: ${tunnelId}\n  api_key: env:CONTROL_PLANE_API_KEY\nmcp:\n  commands:\n    - command: node a.js\n`,
  );
  expect(dropped).toEqual([
    'culvert.start_with_app',
    'culvert.channels.main.env.A',
    'culvert.channels.main.folder',
    'culvert.channels.main.stdio_concurrency',
    'control_plane.api_key: the keychain entry became env:CONTROL_PLANE_API_KEY',
  ]);
});

test.each([
  ['an alias of what it stands in', 'a: &a [*a]\n', /alias \*a/],
  ['more levels than anybody writes', `a: ${'['.repeat(300)}${']'.repeat(300)}\n`, /nested too deep/],
  ['so many levels that the parser gives up', `a: ${'['.repeat(20_000)}`, /nested too deep/],
  ['two documents', 'a: 1\n---\nb: 2\n', /second document/],
])('a file with %s says so at its line, and the others are listed beside it', async (_what, text, problem) => {
  await put('.config/culvert/profiles/bad.yaml', text);
  await store.create('good', plain);
  const [bad, good] = await store.list();
  expect(bad?.error).toMatchObject({ code: 'config_unreadable', params: { line: expect.any(Number) as number } });
  expect(bad?.error?.params['problem']).toMatch(problem);
  expect(good).toMatchObject({ name: 'good', profile: { channels: plain.channels } });
});

test('a file that an editor or a shell saved as UTF-16 says that, and not what its bytes look like', async () => {
  await mkdir(own(), { recursive: true });
  await writeFile(own('wide.yaml'), Buffer.from('\uFEFFconfig_version: 1\n', 'utf16le'));
  expect((await store.list())[0]?.error?.params['problem']).toBe('it is not text in UTF-8');
});

test.skipIf(process.platform === 'win32')('a pipe among the profiles holds nothing up', async () => {
  await mkdir(own(), { recursive: true });
  execFileSync('mkfifo', [own('pipe.yaml')]);
  expect(await store.list()).toEqual([]);
});

test('an address to listen at that is none is wrong when it is written, not only when it is run', async () => {
  await store.create('work', plain);
  const [entry] = await store.list();
  const { text, revision } = await store.get(entry!.id);
  await expect(store.save(entry!.id, `${text}health:\n  listen_addr: "99999999"\n`, revision)).rejects.toMatchObject({
    code: 'config_invalid',
    params: { field: 'health.listen_addr' },
  });
});
