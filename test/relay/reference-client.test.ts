import { StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { commandLine, npmServers, startEverythingHttp } from '../support/npm-servers.ts';
import { suiteNeeds } from '../support/require.ts';
import { everythingTranscript, type Transcript, withClient } from '../support/transcript.ts';
import { startTunnelProcess } from '../support/tunnel-process.ts';

/** Well within what the reference keeps of a message; a mebibyte is Culvert's own test. */
const large = 50_000;
const transcript = (transport: Transport): Promise<Transcript> =>
  withClient(transport, 'legacy', (client) => everythingTranscript(client, large));

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

  const throughReference = async (...flags: readonly string[]): Promise<Transcript> => {
    const reference = await startTunnelProcess(relay, [process.env.CULVERT_REFERENCE_CLIENT!], flags);
    try {
      return await transcript(reference.transport());
    } finally {
      await reference.stop();
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
