// The local relay in your own tests: a control plane on loopback, and an MCP client that calls through the tunnel.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { openTunnel } from 'culvert';
import { createRelay } from 'culvert/relay';

const relay = await createRelay();
const { id, apiKey, mcpUrl } = relay.addTunnel();
const server = { command: process.execPath, args: [process.argv[2] ?? 'server.mjs'] };
const tunnel = await openTunnel({ tunnelId: id, apiKey, controlPlaneUrl: relay.address, server });
await tunnel.ready();

const client = new Client({ name: 'test', version: '1' });
const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }));
console.log((await client.listTools()).tools.map(({ name }) => name).join(' '));
await client.close();
await tunnel.close();
await relay.close();
