import { createServer } from 'node:https';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TunnelError } from '../../shared/errors.ts';
import { createRelay, type Relay, type RelayOptions } from '../../src-main/relay/relay.ts';
import { createSecrets } from '../../src-main/secrets/resolver.ts';
import type { SecretStore } from '../../src-main/secrets/secret-store.ts';
import { loopbackCertificates } from '../support/certificates.ts';
import { memoryStore, startHost, type TestHost } from '../support/host.ts';
import { cleanUp, listen } from '../support/network.ts';

const org = { kind: 'organization', id: 'org_1' } as const;
const tunnel = {
  name: 'CRM',
  description: 'of the Lyon office',
  organizationIds: ['org_1'],
  workspaceIds: ['ws_1'],
  tenantIds: [],
};
const someId = `tunnel_${'a'.repeat(32)}`;

async function startRelay(options: RelayOptions = {}): Promise<Relay> {
  const relay = await createRelay(options);
  cleanUp(() => relay.close());
  return relay;
}

/** A relay, and a host that has its admin key. */
async function setUp(store?: SecretStore) {
  const relay = await startRelay();
  const host = await startHost(store ? { store } : {});
  const at = { baseUrl: relay.address };
  await host.get('management.setKey', { at, key: relay.adminKey });
  return { relay, host, at };
}

const codeOf = async (reply: ReturnType<TestHost['call']>): Promise<string> => {
  const answer = await reply;
  return answer.ok ? 'ok' : answer.error.code;
};

const noKeychain: SecretStore = (() => {
  const unavailable = () => Promise.reject(new TunnelError('keychain_unavailable', 'local', { detail: 'none here' }));
  return { get: unavailable, set: unavailable, delete: unavailable };
})();

describe('managing tunnels in the app', () => {
  it('creates, shows, lists by each kind of owner, changes and deletes a tunnel of a real control plane', async () => {
    const { host, at } = await setUp();
    const created = await host.get('management.create', { at, tunnel: { ...tunnel, tenantIds: ['t_1'] } });
    expect(created).toMatchObject({ ...tunnel, tenantIds: ['t_1'], creator: 'relay' });
    const { id } = created;
    expect(await host.get('management.get', { at, id })).toEqual(created);
    for (const scope of [org, { kind: 'workspace', id: 'ws_1' }, { kind: 'tenant', id: 't_1' }] as const)
      expect(await host.get('management.list', { at, scope })).toEqual([created]);
    expect(await host.get('management.list', { at, scope: { ...org, id: 'org_2' } })).toEqual([]);
    const change = { name: 'CRM of Lyon', workspaceIds: [] };
    expect(await host.get('management.update', { at, id, change })).toEqual({ ...created, ...change });
    expect(await host.get('management.delete', { at, id })).toMatchObject({ id });
    expect(await codeOf(host.call('management.get', { at, id }))).toBe('tunnel_not_found');
  });

  it('goes through the authorities and proxies of the profile that is named, and of a draft to the address it says', async () => {
    const { ca, server } = loopbackCertificates();
    const relay = await startRelay({ tls: { key: server.key, cert: server.cert } });
    const host = await startHost();
    await mkdir(join(host.folder, 'profiles'), { recursive: true });
    await writeFile(join(host.folder, 'ca.pem'), ca.cert);
    const text = `config_version: 1
control_plane: { base_url: ${relay.address}, tunnel_id: ${someId}, api_key: env:KEY }
mcp: { server_urls: [{ channel: main, url: 'http://127.0.0.1:1/mcp' }] }
culvert: { id: p, control_plane: { ca_bundle: ${join(host.folder, 'ca.pem')} } }
`;
    await writeFile(join(host.folder, 'profiles', 'p.yaml'), text);
    await host.get('management.setKey', { at: { profile: 'p' }, key: relay.adminKey });
    expect(await host.get('management.list', { at: { profile: 'p' }, scope: org })).toEqual([]);
    const { id } = await host.get('drafts.create', {});
    await host.get('drafts.update', { id, patch: { controlPlane: `${relay.address}/` } });
    expect(await host.get('management.keyState', { at: { draft: id } })).toMatchObject({ kept: 'keychain' });
    expect(await codeOf(host.call('management.list', { at: { draft: id }, scope: org }))).toBe('tls_untrusted');
  });

  it('names what is wrong: no key, a wrong one, one that may not, nobody there, no TLS peer, no address', async () => {
    const { relay, host, at } = await setUp();
    const list = (where: { baseUrl: string }) => codeOf(host.call('management.list', { at: where, scope: org }));
    await host.get('management.setKey', { at, key: 'sk-admin-nobody-knows' });
    expect(await list(at)).toBe('admin_key_refused');
    const weak = relay.addKey({ kind: 'admin', permissions: ['read'] });
    await host.get('management.setKey', { at, key: weak });
    expect(await list(at)).toBe('management_forbidden');
    await host.get('management.forgetKey', { at });
    expect(await list(at)).toBe('admin_key_missing');

    const gone = await createRelay();
    await gone.close();
    const nowhere = { baseUrl: gone.address };
    await host.get('management.setKey', { at: nowhere, key: relay.adminKey });
    expect(await list(nowhere)).toBe('connect_refused');
    const plain = { baseUrl: relay.address.replace('http:', 'https:') };
    await host.get('management.setKey', { at: plain, key: relay.adminKey });
    expect(await list(plain)).toBe('tls_failed');
    const stranger = { baseUrl: (await listen(createServer(loopbackCertificates().server), 'https')).origin };
    await host.get('management.setKey', { at: stranger, key: relay.adminKey });
    expect(await list(stranger)).toBe('tls_untrusted');
    expect(await list({ baseUrl: 'nowhere' })).toBe('config_invalid');
    await mkdir(join(host.folder, 'profiles'), { recursive: true });
    const text = `config_version: 1\ncontrol_plane: { base_url: env:WHERE, tunnel_id: ${someId}, api_key: env:KEY }\n`;
    const server = `mcp: { server_urls: [{ channel: main, url: 'http://127.0.0.1:1/mcp' }] }\nculvert: { id: p }\n`;
    await writeFile(join(host.folder, 'profiles', 'p.yaml'), text + server);
    const setKey = host.call('management.setKey', { at: { profile: 'p' }, key: relay.adminKey });
    expect(await codeOf(setKey)).toBe('secret_env_missing');
  });

  it('refuses a tunnel without an owner, an owner named twice, an empty name and a change of nothing', async () => {
    const { host, at } = await setUp();
    for (const wrong of [
      { organizationIds: [], workspaceIds: [] },
      { organizationIds: ['org_1', ' org_1'] },
      { name: ' ' },
    ])
      expect(await codeOf(host.call('management.create', { at, tunnel: { ...tunnel, ...wrong } }))).toBe('bad_request');
    expect(await codeOf(host.call('management.update', { at, id: someId, change: {} }))).toBe('bad_request');
  });
});

describe('the admin key', () => {
  it('is kept in the keychain for its control plane alone, and sent to no other', async () => {
    const entries = new Map<string, string>();
    const { relay, host, at } = await setUp(memoryStore(entries));
    expect([...entries]).toEqual([[`admin-key/${relay.address}`, relay.adminKey]]);
    const other = await startRelay();
    expect(await host.get('management.keyState', { at: { baseUrl: other.address } })).toEqual({
      origin: other.address,
      kept: 'none',
    });
    const reply = host.call('management.list', { at: { baseUrl: other.address }, scope: org });
    expect(await codeOf(reply)).toBe('admin_key_missing');
    expect(await host.get('management.forgetKey', { at })).toMatchObject({ kept: 'none' });
    expect(entries.size).toBe(0);
  });

  it('is held for this run where there is no keychain, and says so', async () => {
    const { host, at } = await setUp(noKeychain);
    expect(await host.get('management.keyState', { at })).toMatchObject({ kept: 'memory' });
    expect(await host.get('management.list', { at, scope: org })).toEqual([]);
    expect(await host.get('management.forgetKey', { at })).toMatchObject({ kept: 'none' });
    expect(await host.get('management.keyState', { at })).toMatchObject({ kept: 'none' });
  });

  it('is not a runtime key, and a runtime key is not one', async () => {
    const { relay, host, at } = await setUp();
    const { apiKey } = relay.addTunnel();
    expect(await codeOf(host.call('management.setKey', { at, key: apiKey }))).toBe('key_is_runtime');
    expect(await host.get('management.keyState', { at })).toMatchObject({ kept: 'keychain' });
    expect(await codeOf(host.call('management.setKey', { at, key: 'sk-admin-a\nb' }))).toBe('header_invalid');
    const { id } = await host.get('drafts.create', {});
    const typed = { owner: id, slot: 'api_key', value: relay.adminKey };
    expect(await codeOf(host.call('secrets.set', typed))).toBe('key_is_admin');
  });

  it('cannot be reached, replaced or deleted through what profiles and drafts may name', async () => {
    const entries = new Map<string, string>();
    const store = memoryStore(entries);
    const { relay, host } = await setUp(store);
    const secrets = createSecrets({ env: {}, store: () => store });
    for (const owner of ['admin-key', ' Admin-Key ', 'ADMIN-KEY']) {
      const ref = `keychain:${owner}/${relay.address}`;
      await expect(secrets.resolve(ref)).rejects.toMatchObject({ code: 'key_is_admin' });
      const slot = relay.address;
      expect(await codeOf(host.call('secrets.set', { owner, slot, value: 'x' }))).toBe('key_is_admin');
      expect(await codeOf(host.call('secrets.has', { owner, slots: [slot] }))).toBe('key_is_admin');
      expect(await codeOf(host.call('secrets.delete', { owner, slot }))).toBe('key_is_admin');
    }
    expect([...entries.values()]).toEqual([relay.adminKey]);

    const { id } = await host.get('drafts.create', {});
    const patch = {
      servers: [{ key: 'a', channel: 'main', kind: 'http' as const, url: 'http://127.0.0.1:1/mcp', headers: [] }],
      controlPlane: relay.address,
      tunnelId: relay.addTunnel().id,
      keyRef: `keychain:admin-key/${relay.address}`,
    };
    await host.get('drafts.update', { id, patch });
    const { evidence } = await host.get('drafts.probeControlPlane', { id });
    expect(evidence).toMatchObject([{ outcome: 'fail', error: { code: 'key_is_admin' } }]);
  });

  it('is never used by a tunnel, not even when a file says so', async () => {
    const { relay, host } = await setUp();
    const file = join(host.folder, 'key');
    await mkdir(host.folder, { recursive: true });
    await writeFile(file, relay.adminKey);
    const { id } = await host.get('drafts.create', {});
    const { id: tunnelId } = relay.addTunnel();
    const servers = [{ key: 'a', channel: 'main', kind: 'http' as const, url: 'http://127.0.0.1:1/mcp', headers: [] }];
    await host.get('drafts.update', {
      id,
      patch: { servers, controlPlane: relay.address, tunnelId, keyRef: `file:${file}` },
    });
    const { evidence } = await host.get('drafts.probeKey', { id });
    expect(evidence).toMatchObject([{ outcome: 'fail', error: { code: 'key_is_admin' } }]);
    expect(relay.connected(tunnelId)).toBe(false);
  });

  it('is in no answer, event, log line, diagnostics or support bundle, whether it works or is refused', async () => {
    const relay = await startRelay({ adminKey: 'a-company-key-of-its-own-7731' });
    const host = await startHost({ store: noKeychain });
    const at = { baseUrl: relay.address };
    const key = relay.adminKey;
    const answers: unknown[] = [
      await host.call('management.setKey', { at, key }),
      await host.call('management.keyState', { at }),
      await host.call('management.create', { at, tunnel }),
      await host.call('management.list', { at, scope: org }),
      await host.call('management.get', { at, id: someId }),
      await host.call('management.setKey', { at, key: `${key} ` }),
      await host.call('management.setKey', { at, key: `${key}\u0000` }),
      await host.call('management.setKey', { at: { baseUrl: 'nowhere' }, key }),
    ];
    await relay.close();
    answers.push(
      await host.call('management.list', { at, scope: org }),
      await host.call('system.diagnostics', undefined),
      await host.call('system.supportBundle', undefined),
      await host.call('logs.follow', { limit: 5000 }),
      await host.call('app.snapshot', undefined),
      await host.call('settings.get', undefined),
    );
    expect(host.offered).toHaveLength(1);
    for (const text of [JSON.stringify(answers), JSON.stringify(host.events), host.logged(), ...host.offered])
      expect(text).not.toContain(key);
    expect(JSON.stringify(Object.values(process.env))).not.toContain(key);
  });
});
