import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StreamableHTTPClientTransport, type Client, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { serveTwoEraHttp } from '../fixtures/two-era-server.mjs';
import { cli } from '../support/culvert.ts';
import { testEngine } from '../support/engine.ts';
import { commandLine, npmServers, startEverythingHttp } from '../support/npm-servers.ts';
import {
  everythingTranscript,
  introspect,
  toolCall,
  twoEraTranscript,
  withClient,
  type Era,
  type Transcript,
} from '../support/transcript.ts';
import { startTunnelProcess } from '../support/tunnel-process.ts';

const mebibyte = 1_048_576;
const twoEraFixture = fileURLToPath(new URL('../fixtures/two-era-server.mjs', import.meta.url));

let relay: Relay;
let folder: string;

beforeAll(async () => {
  relay = await createRelay();
  folder = await mkdtemp(join(tmpdir(), 'culvert-equality-'));
});
afterAll(async () => {
  await relay.close();
  await rm(folder, { recursive: true });
});

const stdio = (...args: readonly string[]): Transport =>
  new StdioClientTransport({ command: process.execPath, args: [...args], stderr: 'ignore' });
const http = (url: string): Transport => new StreamableHTTPClientTransport(new URL(url));

type Server = { readonly kind: 'stdio'; readonly command: string } | { readonly kind: 'http'; readonly url: string };
const command = (...args: readonly string[]): Server => ({ kind: 'stdio', command: commandLine(...args) });

/** The same work through the relay and a tunnel of the real engine. */
async function throughTunnel<T>(
  server: Server,
  era: Era,
  work: (client: Client) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const engine = testEngine({ ...process.env, ...env });
  const { id, apiKey, mcpUrl } = relay.addTunnel();
  const profile = profileSchema.parse({
    id,
    name: 'Test',
    controlPlane: { baseUrl: relay.address, tunnelId: id, apiKey },
    channels: [{ name: 'main', ...server }],
    mcp: {},
    harpoon: {},
    capture: {},
  });
  await engine.start(profile);
  try {
    await expect.poll(() => relay.connected(id)).toBe(true);
    const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
    return await withClient(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }), era, work);
  } finally {
    await engine.stopAll();
  }
}

describe('through relay and tunnel a caller sees what it sees directly', { timeout: 60_000 }, () => {
  it('of server-everything over stdio', async () => {
    const args = [npmServers.everything, 'stdio'];
    const work = (client: Client): Promise<Transcript> => everythingTranscript(client, mebibyte);
    const direct = await withClient(stdio(...args), 'legacy', work);
    expect(await throughTunnel(command(...args), 'legacy', work)).toEqual(direct);
  });

  it('of server-everything over Streamable HTTP', async () => {
    const server = await startEverythingHttp();
    const work = (client: Client): Promise<Transcript> => everythingTranscript(client, 50_000);
    const direct = await withClient(http(server.url), 'legacy', work);
    expect(await throughTunnel({ kind: 'http', url: server.url }, 'legacy', work)).toEqual(direct);
    await server.close();
  });

  it('of server-filesystem', async () => {
    const file = join(folder, 'large.txt');
    await writeFile(file, 'été '.repeat(mebibyte / 6));
    const args = [npmServers.filesystem, folder];
    const work = async (client: Client): Promise<Transcript> => ({
      ...(await introspect(client)),
      folder: await toolCall(client, 'list_directory', { path: folder }),
      large: await toolCall(client, 'read_text_file', { path: file }),
      written: await toolCall(client, 'write_file', { path: join(folder, 'new.txt'), content: 'x'.repeat(mebibyte) }),
      outside: await toolCall(client, 'read_text_file', { path: '/etc/hostname' }),
      tree: await toolCall(client, 'directory_tree', { path: folder }),
    });
    const direct = await withClient(stdio(...args), 'legacy', work);
    await rm(join(folder, 'new.txt'));
    expect(await throughTunnel(command(...args), 'legacy', work)).toEqual(direct);
  });

  it('of server-memory', async () => {
    const args = [npmServers.memory];
    const environment = (name: string): Record<string, string> => ({ MEMORY_FILE_PATH: join(folder, name) });
    const entities = [{ name: 'é', entityType: 'test', observations: ['a', 'b'] }];
    const work = async (client: Client): Promise<Transcript> => ({
      ...(await introspect(client)),
      created: await toolCall(client, 'create_entities', { entities }),
      graph: await toolCall(client, 'read_graph'),
      found: await toolCall(client, 'search_nodes', { query: 'b' }),
      removed: await toolCall(client, 'delete_entities', { entityNames: ['é'] }),
      wrong: await toolCall(client, 'create_entities', { entities: 'none' }),
    });
    const env = environment('direct.jsonl');
    const server = new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore', env });
    const direct = await withClient(server, 'legacy', work);
    expect(await throughTunnel(command(...args), 'legacy', work, environment('tunnel.jsonl'))).toEqual(direct);
  });

  it.each<Era>(['legacy', '2026-07-28'])('of a server of both eras over stdio (%s)', async (era) => {
    const work = (client: Client): Promise<Transcript> => twoEraTranscript(client, mebibyte);
    const direct = await withClient(stdio(twoEraFixture), era, work);
    expect(await throughTunnel(command(twoEraFixture), era, work)).toEqual(direct);
  });

  it.each<Era>(['legacy', '2026-07-28'])('of a server of both eras over Streamable HTTP (%s)', async (era) => {
    const server = await serveTwoEraHttp();
    const work = (client: Client): Promise<Transcript> => twoEraTranscript(client, mebibyte);
    const direct = await withClient(http(server.url), era, work);
    expect(await throughTunnel({ kind: 'http', url: server.url }, era, work)).toEqual(direct);
    await server.close();
  });

  it('of a server behind the command line as it is shipped, with the reference’s flags and variables', async () => {
    const work = (client: Client): Promise<Transcript> => twoEraTranscript(client, mebibyte);
    const direct = await withClient(stdio(twoEraFixture), 'legacy', work);
    const flags = ['--mcp.command', commandLine(twoEraFixture)];
    const tunnel = await startTunnelProcess(relay, [process.execPath, cli], flags);
    expect(await withClient(tunnel.transport(), 'legacy', work)).toEqual(direct);
    expect(await tunnel.stop()).toBe(0);
  });
});

describe('a cancelled call', { timeout: 60_000 }, () => {
  const cancel = async (client: Client): Promise<void> => {
    const abort = new AbortController();
    await client
      .callTool({ name: 'test_wait_for_cancel' }, { signal: abort.signal, onprogress: () => abort.abort() })
      .catch(() => undefined);
    const cancelled = async (): Promise<unknown> => (await client.callTool({ name: 'test_cancelled' })).content;
    await expect.poll(cancelled).toEqual([{ type: 'text', text: '1' }]);
  };

  it.each<Era>(['legacy', '2026-07-28'])('is cancelled at the stdio server itself (%s)', async (era) => {
    await throughTunnel(command(twoEraFixture), era, cancel);
  });

  it('is cancelled at the HTTP server itself (2026-07-28)', async () => {
    const child = spawn(process.execPath, [twoEraFixture, '--http'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    await throughTunnel({ kind: 'http', url: url.toString().trim() }, '2026-07-28', cancel);
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  });
});
