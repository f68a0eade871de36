import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryStore, startHost } from '../support/host.ts';

async function setUp() {
  const store = memoryStore();
  const host = await startHost({ store });
  const file = join(dirname(host.folder), '.cursor', 'mcp.json');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await readFile(new URL('../imports/clients/cursor-mcp.json', import.meta.url)));
  const { servers } = await host.get('candidates.list', undefined);
  const ids = (...names: string[]) => names.map((name) => servers.find((each) => each.name === name)!.id);
  return { host, store, ids };
}

test('servers of other apps become further channels of a profile, and what is secret waits for it to be saved', async () => {
  const { host, store, ids } = await setUp();
  const { id } = await host.get('profiles.create', { name: 'office' });
  const { text } = await host.get('profiles.get', { id });
  const added = await host.get('profiles.addServers', { id, text, candidates: ids('linear', 'crm') });
  expect(added.problems).toEqual([]);
  expect(added.profile?.channels.map(({ name }) => name)).toEqual(['main', 'linear', 'crm']);
  expect(added.text).toContain(`Authorization: keychain:${id}/channel.linear.header.Authorization`);
  const slot = 'channel.linear.header.Authorization';
  expect(await store.get(`${id}/${slot}`)).toBeUndefined();
  expect(await host.get('secrets.has', { owner: id, slots: [slot] })).toEqual({ [slot]: true });
  expect(JSON.stringify(added)).not.toMatch(/lin_not|not-a-real/);
  expect(added.added).toMatchObject([
    { channel: 'linear', dropped: [] },
    { channel: 'crm', dropped: [{ code: 'sign-in', name: 'auth' }, { code: 'placeholder' }] },
  ]);
  expect((await host.get('profiles.get', { id })).text).toBe(text);
  const again = await host.get('profiles.addServers', { id, text: added.text, candidates: ids('linear') });
  expect(again.added).toMatchObject([{ channel: 'linear-2' }]);
});

test('a text that is saved takes the secrets it refers to into the keychain, and the others with it to nowhere', async () => {
  const { host, store, ids } = await setUp();
  const { id } = await host.get('profiles.create', { name: 'office' });
  const { text, revision } = await host.get('profiles.get', { id });
  const added = await host.get('profiles.addServers', { id, text, candidates: ids('linear') });
  const account = `${id}/channel.linear.header.Authorization`;
  const late = await host.call('profiles.save', { id, text: added.text, revision: 'of another text' });
  expect(late).toMatchObject({ ok: false, error: { code: 'revision_conflict' } });
  expect(await store.get(account)).toBeUndefined();
  const saved = await host.get('profiles.save', { id, text: added.text, revision });
  expect(await store.get(account)).toContain('lin_not');
  const more = await host.get('profiles.addServers', { id, text: added.text, candidates: ids('linear') });
  expect(more.added).toMatchObject([{ channel: 'linear-2' }]);
  await host.get('profiles.save', { id, text: `${added.text}# later\n`, revision: saved.revision });
  expect(await store.get(`${id}/channel.linear-2.header.Authorization`)).toBeUndefined();
});

test('a draft that cannot be saved leaves nothing in the keychain', async () => {
  const { host, store, ids } = await setUp();
  await host.get('profiles.create', { name: 'linear' });
  const { id } = await host.get('drafts.create', { candidates: ids('linear') });
  await host.get('secrets.set', { owner: id, slot: 'api_key', value: 'sk-not-a-real-one' });
  await host.get('drafts.update', { id, patch: { tunnelId: `tunnel_${'a'.repeat(32)}`, name: 'linear' } });
  const reply = await host.call('drafts.adopt', { id });
  expect(reply).toMatchObject({ ok: false, error: { code: 'profile_exists' } });
  expect(await store.get(`${id}/api_key`)).toBeUndefined();
  await host.get('drafts.update', { id, patch: { name: 'linear-of-mine' } });
  await host.get('drafts.adopt', { id });
  expect(await store.get(`${id}/api_key`)).toBe('sk-not-a-real-one');
});

test('nothing is added to a text that cannot be read, and no secret is kept for it', async () => {
  const { host, store, ids } = await setUp();
  const { id } = await host.get('profiles.create', { name: 'office' });
  const reply = await host.call('profiles.addServers', { id, text: 'config_version: [', candidates: ids('linear') });
  expect(reply.ok).toBe(false);
  expect(await store.get(`${id}/channel.linear.header.Authorization`)).toBeUndefined();
});
