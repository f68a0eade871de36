import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRelay } from '../../src-main/relay/relay.ts';
import { memoryStore, startHost, type TestHost } from '../support/host.ts';
import { cleanUp } from '../support/network.ts';

const slot = 'api_key';
const account = `p/${slot}`;

/** A profile whose key is in a variable, opened in the editor, and a text of it that has the key in the keychain. */
async function setUp(entries = new Map<string, string>(), apiKey = 'env:KEY') {
  const host = await startHost({ store: memoryStore(entries), env: { KEY: 'sk-of-the-variable' } });
  const file = join(host.folder, 'profiles', 'p.yaml');
  await mkdir(join(host.folder, 'profiles'), { recursive: true });
  await writeFile(
    file,
    `# Nadia's
control_plane: { tunnel_id: tunnel_${'a'.repeat(32)}, api_key: ${apiKey} } # of the office
mcp: { server_urls: [{ channel: main, url: 'http://127.0.0.1:1/mcp' }] }
culvert: { id: p }
`,
  );
  const { text, revision } = await host.get('profiles.get', { id: 'p' });
  return { host, entries, file, text, revision, changed: text.replace('env:KEY', `keychain:${account}`) };
}

const type = (host: Pick<TestHost, 'get'>, value: string) => host.get('secrets.set', { owner: 'p', slot, value });
const waiting = async (host: Pick<TestHost, 'get'>) => (await host.get('profiles.get', { id: 'p' })).unsavedSecrets;

test('a secret that is typed in the editor reaches the keychain with the text that refers to it, and not before', async () => {
  const { host, entries, text, revision, changed } = await setUp();
  expect(await type(host, 'sk-typed')).toEqual({ ref: `keychain:${account}` });
  expect(await host.get('secrets.has', { owner: 'p', slots: [slot] })).toEqual({ [slot]: true });
  expect(await waiting(host)).toEqual({ [slot]: 'kept' });
  expect(entries.size).toBe(0);
  await host.get('profiles.save', { id: 'p', text: changed, revision });
  expect([...entries]).toEqual([[account, 'sk-typed']]);
  expect(await waiting(host)).toEqual({});
  expect(changed).not.toBe(text);
});

test('a text that does not refer to it takes it nowhere, also when its name begins alike', async () => {
  const { host, entries, revision, changed } = await setUp();
  await type(host, 'sk-typed');
  const other = changed.replace(account, `${account}_of_another`);
  await host.get('profiles.save', { id: 'p', text: other, revision });
  expect(entries.size).toBe(0);
});

test('what is discarded is forgotten, and what another window has typed is not', async () => {
  const { host, entries, revision, changed } = await setUp();
  const other = host.other();
  await type(host, 'sk-mine');
  await type(other, 'sk-theirs');
  await host.get('profiles.discard', { id: 'p' });
  expect(await waiting(host)).toEqual({});
  expect(await waiting(other)).toEqual({ [slot]: 'kept' });
  const saved = await host.get('profiles.save', { id: 'p', text: changed, revision });
  expect(entries.size).toBe(0);
  await other.get('profiles.save', { id: 'p', text: changed, revision: saved.revision });
  expect(entries.get(account)).toBe('sk-theirs');
});

test('a window that is closed takes with it what was typed there', async () => {
  const { host, entries, revision, changed } = await setUp();
  await type(host, 'sk-typed');
  host.leave();
  expect(await waiting(host)).toEqual({});
  await host.get('profiles.save', { id: 'p', text: changed, revision });
  expect(entries.size).toBe(0);
});

test('a save that fails leaves file and keychain as they were, and what was typed is still there for the next one', async () => {
  const { host, entries, file, text, changed, revision } = await setUp(new Map([[account, 'sk-old']]));
  await type(host, 'sk-new');
  const late = await host.call('profiles.save', { id: 'p', text: changed, revision: 'of another text' });
  expect(late).toMatchObject({ ok: false, error: { code: 'revision_conflict' } });
  expect([...entries]).toEqual([[account, 'sk-old']]);
  expect(await readFile(file, 'utf8')).toBe(text);
  await host.get('profiles.save', { id: 'p', text: changed, revision });
  expect([...entries]).toEqual([[account, 'sk-new']]);
});

test('a keychain that refuses keeps the file as it is', async () => {
  const locked = { ...memoryStore(), set: () => Promise.reject(new Error('locked')) };
  const host = await startHost({ store: locked });
  const { id } = await host.get('profiles.create', { name: 'office' });
  const { text, revision, file } = await host.get('profiles.get', { id });
  const { ref } = await host.get('secrets.set', { owner: id, slot, value: 'sk-typed' });
  const changed = text.replace('env:CONTROL_PLANE_API_KEY', ref);
  expect(await host.call('profiles.save', { id, text: changed, revision })).toMatchObject({ ok: false });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('a key in the keychain that is replaced or deleted changes no line, and its copy of before stays', async () => {
  const { host, entries, file, text, revision } = await setUp(new Map([[account, 'sk-old']]), `keychain:${account}`);
  await writeFile(`${file}.bak`, 'the text before');
  await type(host, 'sk-new');
  expect(entries.get(account)).toBe('sk-old');
  await host.get('profiles.save', { id: 'p', text, revision });
  expect(entries.get(account)).toBe('sk-new');
  expect(await readFile(`${file}.bak`, 'utf8')).toBe('the text before');

  await host.get('secrets.delete', { owner: 'p', slot });
  expect(await waiting(host)).toEqual({ [slot]: 'gone' });
  expect(await host.get('secrets.has', { owner: 'p', slots: [slot] })).toEqual({ [slot]: false });
  expect(entries.get(account)).toBe('sk-new');
  await host.get('profiles.save', { id: 'p', text, revision });
  expect(entries.size).toBe(0);
});

test('a running tunnel uses the new key from the save on, and is not restarted for it', async () => {
  const relay = await createRelay();
  cleanUp(() => relay.close());
  const tunnel = relay.addTunnel();
  const entries = new Map([[account, relay.addKey({ permissions: ['read'] })]]);
  const { host, file, text } = await setUp(entries, `keychain:${account}`);
  const right = text.replace(/tunnel_id: \w+/, `tunnel_id: ${tunnel.id}, base_url: '${relay.address}'`);
  await writeFile(file, right);
  await host.get('app.snapshot', undefined);
  await host.get('tunnels.start', { id: 'p' });
  const kind = async () =>
    (await host.get('app.snapshot', undefined)).tunnels.find(({ id }) => id === 'p')?.snapshot.state.kind;
  await expect.poll(kind).toBe('unauthorised');
  await type(host, tunnel.apiKey);
  const { revision } = await host.get('profiles.get', { id: 'p' });
  const saved = await host.get('profiles.save', { id: 'p', text: right, revision });
  expect(saved).toEqual({ revision, applied: 'live', restarting: [] });
  await expect.poll(kind, { timeout: 5_000 }).toMatch(/connected|degraded/);
});

test('a new key for what runs goes where its profile has it, and nowhere when that is not the keychain', async () => {
  const elsewhere = await setUp();
  const refused = await elsewhere.host.call('secrets.replaceKey', { owner: 'p', value: 'sk-new' });
  expect(refused).toMatchObject({ ok: false, error: { code: 'config_invalid' } });
  expect(JSON.stringify(refused)).toContain('env:KEY');
  expect(elsewhere.entries.size).toBe(0);
  const literal = await setUp(new Map(), 'sk-in-the-file');
  const told = await literal.host.call('secrets.replaceKey', { owner: 'p', value: 'sk-new' });
  expect(told).toMatchObject({ ok: false });
  expect(JSON.stringify(told)).not.toContain('sk-in-the-file');
  const kept = await setUp(new Map([['shared/key', 'sk-old']]), 'keychain:shared/key');
  await kept.host.get('secrets.replaceKey', { owner: 'p', value: 'sk-new' });
  expect([...kept.entries]).toEqual([['shared/key', 'sk-new']]);
});

test('the test of a route goes with what was typed and is not saved', async () => {
  const { host, text } = await setUp();
  await host.get('secrets.set', { owner: 'p', slot: 'http_proxy', value: 'no address of a proxy' });
  const withProxy = text.replace('api_key', 'http_proxy: keychain:p/http_proxy, api_key');
  const route = async (of: Pick<TestHost, 'get'>) =>
    (await of.get('profiles.testRoute', { id: 'p', text: withProxy, purpose: 'control-plane' })).evidence.at(-1)?.error;
  expect(await route(host)).toMatchObject({ code: 'proxy_invalid' });
  expect(await route(host.other())).toMatchObject({ code: 'keychain_missing' });
});
