import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { commandLine, npmServers, startEverythingHttp } from '../support/npm-servers.ts';
import { suiteNeeds } from '../support/require.ts';
import { everythingTranscript, type Transcript } from '../support/transcript.ts';

/** Well within what the reference keeps of a message; a mebibyte is Culvert's own test. */
const large = 50_000;

async function transcript(transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<Transcript> {
  const client = new Client({ name: 'caller', version: '1' });
  await client.connect(transport);
  const seen = await everythingTranscript(client, large);
  await client.close();
  return seen;
}

suiteNeeds('reference-client')('the reference client on our relay', () => {
  let relay: Relay;
  let http: Awaited<ReturnType<typeof startEverythingHttp>>;

  beforeAll(async () => {
    relay = await createRelay();
    http = await startEverythingHttp();
  });
  afterAll(async () => {
    await http.close();
    await relay.close();
  });

  const throughReference = async (...target: readonly string[]): Promise<Transcript> => {
    const tunnel = relay.addTunnel({ name: 'Reference' });
    const child = spawn(
      process.env.CULVERT_REFERENCE_CLIENT!,
      ['run', '--health.listen-addr', '127.0.0.1:0', ...target],
      {
        stdio: 'ignore',
        env: {
          PATH: process.env.PATH,
          CONTROL_PLANE_BASE_URL: relay.address,
          CONTROL_PLANE_TUNNEL_ID: tunnel.id,
          CONTROL_PLANE_API_KEY: tunnel.apiKey,
        },
      },
    );
    const exited = once(child, 'exit');
    try {
      await expect.poll(() => child.exitCode ?? relay.stats(tunnel.id)?.pollsWaiting, { timeout: 10_000 }).toBe(1);
      const requestInit = { headers: { authorization: `Bearer ${tunnel.apiKey}` } };
      return await transcript(new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { requestInit }));
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
  };

  it('carries server-everything over stdio: the caller sees what it sees directly', async () => {
    const args = [npmServers.everything, 'stdio'];
    const direct = await transcript(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
    expect(await throughReference('--mcp.command', commandLine(...args))).toEqual(direct);
  });

  it('carries server-everything over Streamable HTTP: the caller sees what it sees directly', async () => {
    const direct = await transcript(new StreamableHTTPClientTransport(new URL(http.url)));
    expect(await throughReference('--mcp.server-url', http.url)).toEqual(direct);
  });
});
