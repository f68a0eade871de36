import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRelay } from '../../src-main/relay/relay.ts';
import { startHost } from '../support/host.ts';
import { cleanUp } from '../support/network.ts';

const profile = (tunnelId: string): string => `config_version: 1
control_plane: { base_url: env:WHERE, tunnel_id: ${tunnelId}, api_key: env:KEY }
mcp: { server_urls: [{ channel: main, url: 'http://127.0.0.1:1/mcp' }] }
culvert: { id: p }
`;

test('the app reads what a profile refers to, as `culvert run` does', async () => {
  const relay = await createRelay();
  cleanUp(() => relay.close());
  const tunnel = relay.addTunnel();
  const host = await startHost({ env: { WHERE: relay.address, KEY: tunnel.apiKey } });
  await mkdir(join(host.folder, 'profiles'), { recursive: true });
  await writeFile(join(host.folder, 'profiles', 'p.yaml'), profile(tunnel.id));
  await host.get('app.snapshot', undefined);
  await host.get('tunnels.start', { id: 'p' });
  const view = async () => (await host.get('app.snapshot', undefined)).tunnels.find(({ id }) => id === 'p');
  await expect
    .poll(async () => (await view())?.snapshot.lastPollAt ?? (await view())?.snapshot.pollsOut)
    .toBeGreaterThan(0);
  expect((await view())?.snapshot.controlPlane).toBe(relay.address);
});

test('a reference that leads nowhere is named, at the start and by the doctor', async () => {
  const host = await startHost();
  await mkdir(join(host.folder, 'profiles'), { recursive: true });
  await writeFile(join(host.folder, 'profiles', 'p.yaml'), profile(`tunnel_${'0'.repeat(32)}`));
  await host.get('app.snapshot', undefined);
  const missing = { code: 'secret_env_missing', params: { name: 'WHERE', field: 'control_plane.base_url', line: 2 } };
  expect(await host.call('tunnels.start', { id: 'p' })).toMatchObject({ ok: false, error: missing });
  const { checks } = await host.get('doctor.run', { profile: 'p' });
  expect(checks.find(({ state }) => state === 'fail')?.evidence.at(-1)?.error).toMatchObject(missing);
});
