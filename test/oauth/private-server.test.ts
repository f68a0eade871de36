import { createServer, type RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { createRelay } from '../../src-main/relay/relay.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { testEngine } from '../support/engine.ts';
import { cleanUp, listen } from '../support/network.ts';

const host = 'location-mcp.internal.preproduction.smp.bigco-example.com';

interface ToolResult {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
}

interface Ways {
  /** What the server on `host` answers, by path; `base` is its address. */
  readonly documents: (base: string) => Readonly<Record<string, unknown>>;
  readonly harpoonThroughProxy?: boolean;
  readonly pollChannels?: readonly string[];
}

/** A running tunnel to a server that only the proxy knows the way to, and a caller of its Harpoon. */
async function tunnelTo({ documents, harpoonThroughProxy = false, pollChannels }: Ways) {
  const asked: string[] = [];
  const serve: RequestListener = (request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const document = documents(base)[request.url ?? ''];
    if (document === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  };
  const upstream = await listen(createServer(serve));
  const base = `http://${host}:${upstream.port}`;
  const proxy = await new FakeProxy({ resolve: () => '127.0.0.1' }).start();
  cleanUp(() => proxy.close());
  const relay = await createRelay({ responseTimeoutMs: 20_000 });
  cleanUp(() => relay.close());
  const tunnel = relay.addTunnel();
  const engine = testEngine({});
  cleanUp(() => engine.stopAll(0));
  await engine.start(
    profileSchema.parse({
      id: 'p',
      name: 'p',
      controlPlane: {
        baseUrl: relay.address,
        tunnelId: tunnel.id,
        apiKey: tunnel.apiKey,
        ...(pollChannels && { pollChannels }),
      },
      channels: [{ kind: 'http', name: 'main', url: `${base}/mcp`, httpProxy: proxy.url }],
      mcp: {},
      harpoon: {
        allowPlaintextHttp: true,
        targets: [{ label: 'seed', url: `${upstream.origin}/seed` }],
        ...(harpoonThroughProxy && { httpProxy: proxy.url }),
      },
      capture: {},
    }),
  );
  await expect.poll(() => relay.connected(tunnel.id)).toBe(true);
  const tool = async (name: string, args: object): Promise<ToolResult> => {
    const response = await fetch(relay.mcpUrl(tunnel.id, 'harpoon'), {
      method: 'POST',
      headers: { authorization: `Bearer ${tunnel.apiKey}`, accept: 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    });
    return ((await response.json()) as { result: ToolResult }).result;
  };
  const labels = async (): Promise<string[]> =>
    ((await tool('list_targets', {})).structuredContent?.['targets'] as { label: string }[]).map(({ label }) => label);
  const discovery = `${relay.address}/.well-known/oauth-protected-resource/v1/mcp/${tunnel.id}`;
  return { base, asked, tool, labels, discover: () => fetch(discovery) };
}

const resource = (base: string, at = base): Readonly<Record<string, unknown>> => {
  const metadata = { resource: `${at}/mcp`, authorization_servers: [base], scopes_supported: ['mcp:tools'] };
  return {
    '/.well-known/oauth-protected-resource/mcp': metadata,
    '/.well-known/oauth-protected-resource': metadata,
  };
};

const idp = 'http://idp.bigco-example.com/oauth2/aus2jrb9zi4O8hseE0h8';

it('a company’s server offers its own registration endpoint, and its public issuer’s endpoints stay as they are', async () => {
  const { base, tool, labels, discover } = await tunnelTo({
    harpoonThroughProxy: true,
    documents: (at) => ({
      ...resource(at),
      '/.well-known/oauth-authorization-server': {
        issuer: idp,
        authorization_endpoint: `${idp}/v1/authorize`,
        token_endpoint: `${idp}/v1/token`,
        registration_endpoint: `${at}/register`,
        revocation_endpoint: `${idp}/v1/revoke`,
      },
    }),
  });
  await expect.poll(labels).toContain('oauth-registration-endpoint-0');
  const { structuredContent } = await tool('call_target', {
    label: 'oauth-auth-server-metadata-0',
    method: 'GET',
    headers: {},
  });
  expect(structuredContent?.['status_code']).toBe(200);
  expect(JSON.parse(Buffer.from(String(structuredContent?.['body_base64']), 'base64').toString())).toEqual({
    issuer: idp,
    authorization_endpoint: `${idp}/v1/authorize`,
    token_endpoint: `${idp}/v1/token`,
    registration_endpoint: 'harpoon://oauth-registration-endpoint-0',
    revocation_endpoint: `${idp}/v1/revoke`,
  });
  // the resource stays what the metadata was found under
  const prmd = await tool('call_target', { label: 'oauth-prmd-source-0', method: 'GET' });
  expect(JSON.parse(Buffer.from(String(prmd.structuredContent?.['body_base64']), 'base64').toString())).toMatchObject({
    resource: `${base}/mcp`,
    authorization_servers: ['harpoon://oauth-prmd-auth-server-0'],
  });
  expect((await discover()).status).toBe(200);
});

it.each([
  ['its own issuer', false, false, ['oauth-token-endpoint-0']],
  ['another issuer', true, false, ['oauth-issuer-0', 'oauth-token-endpoint-0']],
  ['another resource', false, true, ['oauth-prmd-resource-0', 'oauth-token-endpoint-0']],
])('metadata with %s opens no door to a private place that it names', async (_, mismatch, poisoned, refused) => {
  const stolen: string[] = [];
  const away = await listen(
    createServer((request, response) => {
      stolen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.end('secret');
    }),
  );
  const { tool, labels } = await tunnelTo({
    documents: (at) => ({
      ...resource(at, poisoned ? away.origin : at),
      '/.well-known/oauth-authorization-server': {
        issuer: mismatch ? `${away.origin}/issuer` : at,
        token_endpoint: `${away.origin}/admin/config`,
        registration_endpoint: `${at}/register`,
        revocation_endpoint: `${at}/revoke`,
      },
    }),
  });
  // the last of the list is there: so all that come are
  await expect.poll(labels).toContain('oauth-revocation-endpoint-0');
  const offered = await labels();
  expect(offered).toEqual(expect.arrayContaining(['oauth-auth-server-metadata-0', 'oauth-registration-endpoint-0']));
  for (const label of refused) expect(offered).not.toContain(label);
  const call = await tool('call_target', { label: 'oauth-token-endpoint-0', method: 'POST', body: 'grant_type=x' });
  expect(call.isError).toBe(true);
  expect(call.content[0]?.text).toContain('unknown target');
  expect(stolen).toEqual([]);
});

it('the audience of a token endpoint is its address as the metadata spells it', async () => {
  const spelled = (at: string): string => `${at.replace(host, host.toUpperCase())}/token`;
  const { base, tool, labels } = await tunnelTo({
    documents: (at) => ({
      ...resource(at),
      '/.well-known/oauth-authorization-server': { issuer: at, token_endpoint: spelled(at) },
    }),
  });
  await expect.poll(labels).toContain('oauth-token-endpoint-0');
  const audience = await tool('get_oauth_target_audience', { label: 'oauth-token-endpoint-0' });
  expect(JSON.stringify(audience.structuredContent)).toContain(spelled(base));
});

it('a tunnel that serves Harpoon alone asks the server on main nothing', async () => {
  const { asked, labels } = await tunnelTo({ documents: (at) => resource(at), pollChannels: ['harpoon'] });
  expect(await labels()).toEqual(['seed']);
  expect(asked).toEqual([]);
});
