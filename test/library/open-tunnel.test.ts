import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openTunnel, type CallSummary, type ServerOption } from '../../src-main/library/index.ts';
import { createRelay, type AddedTunnel } from '../../src-main/library/relay.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const run of cleanUps.splice(0).reverse()) await run();
});

function greeter(): McpServer {
  const server = new McpServer({ name: 'greeter', version: '1' });
  server.registerTool('greet', { inputSchema: z.object({ name: z.string() }) }, ({ name }) => ({
    content: [{ type: 'text', text: `Hello, ${name}` }],
  }));
  return server;
}

async function opened(server: ServerOption) {
  const relay = await createRelay();
  cleanUps.push(() => relay.close());
  const added = relay.addTunnel();
  const tunnel = await openTunnel({ tunnelId: added.id, apiKey: added.apiKey, controlPlaneUrl: relay.address, server });
  cleanUps.push(() => tunnel.close(0));
  await tunnel.ready();
  return { tunnel, added };
}

async function clientOf({ apiKey, mcpUrl }: AddedTunnel, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }));
  cleanUps.push(() => client.close());
  return client;
}

describe('a tunnel of one’s own process', () => {
  test('serves a server object, for several callers at once', async () => {
    const { added, tunnel } = await opened(greeter());
    const calls: CallSummary[] = [];
    tunnel.on('call', (call) => calls.push(call));
    const clients = await Promise.all([clientOf(added, 'legacy'), clientOf(added, 'legacy')]);
    const answers = await Promise.all(
      clients.flatMap((client, index) =>
        Array.from({ length: 5 }, (_, n) => client.callTool({ name: 'greet', arguments: { name: `${index}-${n}` } })),
      ),
    );
    expect(answers.map(({ content }) => (content as { text: string }[])[0]?.text)).toEqual(
      [0, 1].flatMap((index) => Array.from({ length: 5 }, (_, n) => `Hello, ${index}-${n}`)),
    );
    await expect.poll(() => calls.filter(({ target }) => target === 'greet').length).toBe(10);
    expect(tunnel.state.name).toBe('connected');
  });

  test.each(['auto', 'legacy'] as const)('serves a fetch-style handler, for callers that are %s', async (mode) => {
    const { added } = await opened(createMcpHandler(greeter));
    const client = await clientOf(added, mode);
    expect(await client.callTool({ name: 'greet', arguments: { name: 'you' } })).toMatchObject({
      content: [{ text: 'Hello, you' }],
    });
  });

  test('serves a program', async () => {
    const { added } = await opened({
      command: process.execPath,
      args: ['node_modules/@modelcontextprotocol/server-everything/dist/index.js'],
    });
    const client = await clientOf(added);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
  });

  test('says what can never work', async () => {
    await expect(openTunnel({ tunnelId: 'nonsense', apiKey: 'k', server: greeter() })).rejects.toMatchObject({
      code: 'tunnel_id_invalid',
    });
  });

  test('closes for good: what waits for it hears so', async () => {
    const relay = await createRelay();
    cleanUps.push(() => relay.close());
    const added = relay.addTunnel();
    const tunnel = await openTunnel({
      tunnelId: added.id,
      apiKey: 'not-the-key',
      controlPlaneUrl: relay.address,
      server: greeter(),
    });
    const ready = tunnel.ready();
    ready.catch(() => undefined);
    await tunnel.close(0);
    await expect(ready).rejects.toThrow();
    expect(tunnel.state.name).toBe('stopped');
  });
});
