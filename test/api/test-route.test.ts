import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { profileHandlers } from '../../src-main/api/handlers/profiles.ts';
import { ProfileList } from '../../src-main/api/profiles/profile-list.ts';
import type { Platform } from '../../src-main/api/platform.ts';
import { createCandidates } from '../../src-main/imports/candidates.ts';
import { createRoutes } from '../../src-main/network/profile-routes.ts';
import { ProfileStore } from '../../src-main/profiles/profile-store.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { loopbackCertificates } from '../support/certificates.ts';
import { cleanUp, listen, literalSecrets } from '../support/network.ts';
import { UnsavedSecrets } from '../../src-main/api/profiles/unsaved-secrets.ts';
import { memoryStore } from '../support/host.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-test-route-'));
  cleanUp(() => rm(folder, { recursive: true, force: true }));
});

/** A profile of a control plane with TLS, and what the editor's call says of its route. */
async function setUp(proxy?: string) {
  const { ca, server } = loopbackCertificates();
  const url = await listen(createServer(server), 'https');
  const file = join(folder, 'ca.pem');
  await writeFile(file, ca.cert);
  const text = `config_version: 1
control_plane:
  base_url: ${url.origin}
  tunnel_id: tunnel_${'a'.repeat(32)}
  api_key: env:KEY
${proxy === undefined ? '' : `  http_proxy: ${proxy}\n`}mcp:
  server_urls:
    - channel: main
      url: ${url.origin}/mcp
culvert:
  id: p
  control_plane:
    ca_bundle: ${file}
`;
  const profiles = join(folder, 'profiles');
  await mkdir(profiles);
  await writeFile(join(profiles, 'p.yaml'), text);
  const store = new ProfileStore({ env: { HOME: folder }, folder: profiles, platform: 'linux' });
  const handlers = profileHandlers({
    store,
    list: new ProfileList(store, () => undefined),
    platform: {} as Platform,
    candidates: createCandidates({ env: {} }),
    unsavedSecrets: new UnsavedSecrets(memoryStore),
    isSecretSet: () => Promise.resolve(false),
    routesOf: (profile) => createRoutes(profile, { secrets: literalSecrets, env: {} }),
    isRunning: () => false,
    restart: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  });
  const caller = { id: 'w', host: 'window' } as unknown as Parameters<(typeof handlers)['profiles.get']>[1];
  return { handlers, caller, text, url };
}

async function proxyWith(auth: string): Promise<FakeProxy> {
  const proxy = new FakeProxy({ auth });
  await proxy.start();
  cleanUp(() => proxy.close());
  return proxy;
}

describe('the test of a route in the profile editor', () => {
  it('goes through the proxy with its password, which the editor never had, and shows the certificate', async () => {
    const proxy = await proxyWith('me:secret');
    const withPassword = proxy.url.replace('://', '://me:secret@');
    const { handlers, caller, url } = await setUp(withPassword);
    const opened = await handlers['profiles.get']({ id: 'p' }, caller);
    expect(opened.text).not.toContain('secret');
    const args = { id: 'p', text: opened.text, purpose: 'control-plane' } as const;
    const { evidence } = await handlers['profiles.testRoute'](args, caller);
    expect(evidence).toMatchObject([
      { step: 'route.settings', outcome: 'pass', facts: { mode: 'proxy' } },
      { step: 'way.proxy-connect', outcome: 'pass' },
      { step: 'way.proxy-consent', outcome: 'pass', facts: { target: url.host } },
      { step: 'way.tls', outcome: 'pass', facts: { subject: 'localhost' } },
    ]);
    expect(JSON.stringify(evidence)).not.toContain('secret');
    expect(proxy.requests.map(({ kind, target }) => [kind, target])).toEqual([['connect', url.host]]);
  });

  it('says that the proxy wants a password, of a text that is not saved', async () => {
    const proxy = await proxyWith('me:secret');
    const { handlers, caller, text } = await setUp();
    const changed = text.replace('  api_key', `  http_proxy: ${proxy.url}\n  api_key`);
    const args = { id: 'p', text: changed, purpose: 'control-plane' } as const;
    const { evidence } = await handlers['profiles.testRoute'](args, caller);
    expect(evidence.at(-1)).toMatchObject({ outcome: 'fail', error: { code: 'proxy_auth' } });
  });

  it('tells a server whose certificate is of an unknown authority from the control plane whose bundle is set', async () => {
    const { handlers, caller, text } = await setUp();
    const plane = await handlers['profiles.testRoute']({ id: 'p', text, purpose: 'control-plane' }, caller);
    expect(plane.evidence.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass']);
    const server = await handlers['profiles.testRoute']({ id: 'p', text, purpose: 'mcp', channel: 'main' }, caller);
    expect(server.evidence.at(-1)).toMatchObject({ step: 'route.mcp', outcome: 'fail', error: { leg: 'mcp-server' } });
  });
});
