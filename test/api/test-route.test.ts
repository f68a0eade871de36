import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallArgs } from '../../shared/ipc.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { loopbackCertificates } from '../support/certificates.ts';
import { startHost } from '../support/host.ts';
import { cleanUp, listen } from '../support/network.ts';

interface Written {
  readonly proxy?: string;
  readonly baseUrl?: string;
  readonly env?: Record<string, string>;
}

/** A profile of a control plane with TLS, and what the editor's call says of its route. */
async function setUp({ proxy, baseUrl, env = {} }: Written = {}) {
  const { ca, server } = loopbackCertificates();
  const url = await listen(createServer(server), 'https');
  const host = await startHost({ env });
  const file = join(host.folder, 'ca.pem');
  const text = `config_version: 1
control_plane:
  base_url: ${baseUrl ?? url.origin}
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
  const profiles = join(host.folder, 'profiles');
  await mkdir(profiles, { recursive: true });
  await writeFile(file, ca.cert);
  await writeFile(join(profiles, 'p.yaml'), text);
  const test = async (args: Pick<CallArgs<'profiles.testRoute'>, 'text'> & { channel?: string }) => {
    const { channel, text: tested } = args;
    const at = { id: 'p', text: tested };
    return host.call(
      'profiles.testRoute',
      channel === undefined ? { ...at, purpose: 'control-plane' } : { ...at, purpose: 'mcp', channel },
    );
  };
  const proved = async (args: Parameters<typeof test>[0]) => {
    const reply = await test(args);
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    return reply.value.evidence;
  };
  return { host, test, proved, text, url };
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
    const { host, proved, url } = await setUp({ proxy: withPassword });
    const opened = await host.get('profiles.get', { id: 'p' });
    expect(opened.text).not.toContain('secret');
    const evidence = await proved({ text: opened.text });
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
    const { proved, text } = await setUp();
    const changed = text.replace('  api_key', `  http_proxy: ${proxy.url}\n  api_key`);
    const evidence = await proved({ text: changed });
    expect(evidence.at(-1)).toMatchObject({ outcome: 'fail', error: { code: 'proxy_auth' } });
  });

  it('tells a server whose certificate is of an unknown authority from the control plane whose bundle is set', async () => {
    const { proved, text } = await setUp();
    expect((await proved({ text })).map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass']);
    const server = await proved({ text, channel: 'main' });
    expect(server.at(-1)).toMatchObject({ step: 'route.mcp', outcome: 'fail', error: { leg: 'mcp-server' } });
  });

  it('leads where a start would lead: address, proxy and bundle may be references', async () => {
    const proxy = await proxyWith('me:secret');
    const env = { PROXY: proxy.url.replace('://', '://me:secret@') };
    const { host, proved, text, url } = await setUp({ env, proxy: 'env:PROXY' });
    const address = join(host.folder, 'address');
    await writeFile(address, `${url.origin}\n`);
    const evidence = await proved({ text: text.replace(`base_url: ${url.origin}`, `base_url: file:${address}`) });
    expect(evidence.at(-1)).toMatchObject({ step: 'way.tls', outcome: 'pass' });
    expect(proxy.requests.map(({ target }) => target)).toEqual([url.host]);
  });

  it('names the reference that leads nowhere and the setting that refers to it', async () => {
    const { test, proved, text, url } = await setUp({ env: { NO_ADDRESS: 'somewhere' } });
    const withAddress = (ref: string) => test({ text: text.replace(`base_url: ${url.origin}`, `base_url: ${ref}`) });
    const field = 'control_plane.base_url';
    expect(await withAddress('env:WHERE')).toMatchObject({
      ok: false,
      error: { code: 'secret_env_missing', params: { name: 'WHERE', field, line: 3 } },
    });
    expect(await withAddress('file:/no/such/file')).toMatchObject({
      ok: false,
      error: { code: 'secret_file_unreadable', params: { file: '/no/such/file', field } },
    });
    expect(await withAddress('env:NO_ADDRESS')).toMatchObject({
      ok: false,
      error: { code: 'config_invalid', params: { field, file: 'the variable NO_ADDRESS' } },
    });
    const [proof] = await proved({ text: text.replace('  api_key', '  http_proxy: keychain:p/proxy\n  api_key') });
    expect(proof).toMatchObject({
      outcome: 'fail',
      error: { code: 'keychain_missing', params: { ref: 'keychain:p/proxy', field: 'control_plane.http_proxy' } },
    });
  });
});
