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

test('servers of other apps become further channels of a profile, with their secrets in the keychain', async () => {
  const { host, store, ids } = await setUp();
  const { id } = await host.get('profiles.create', { name: 'office' });
  const { text } = await host.get('profiles.get', { id });
  const added = await host.get('profiles.addServers', { id, text, candidates: ids('linear', 'crm') });
  expect(added.problems).toEqual([]);
  expect(added.profile?.channels.map(({ name }) => name)).toEqual(['main', 'linear', 'crm']);
  expect(added.text).toContain(`Authorization: keychain:${id}/channel.linear.header.Authorization`);
  expect(await store.get(`${id}/channel.linear.header.Authorization`)).toContain('lin_not');
  expect(JSON.stringify(added)).not.toMatch(/lin_not|not-a-real/);
  expect(added.added).toMatchObject([
    { channel: 'linear', dropped: [] },
    { channel: 'crm', dropped: [{ code: 'sign-in', name: 'auth' }, { code: 'placeholder' }] },
  ]);
  expect((await host.get('profiles.get', { id })).text).toBe(text);
  const again = await host.get('profiles.addServers', { id, text: added.text, candidates: ids('linear') });
  expect(again.added).toMatchObject([{ channel: 'linear-2' }]);
});

test('nothing is added to a text that cannot be read, and no secret is kept for it', async () => {
  const { host, store, ids } = await setUp();
  const { id } = await host.get('profiles.create', { name: 'office' });
  const reply = await host.call('profiles.addServers', { id, text: 'config_version: [', candidates: ids('linear') });
  expect(reply.ok).toBe(false);
  expect(await store.get(`${id}/channel.linear.header.Authorization`)).toBeUndefined();
});
