// A fetch-style handler, such as createMcpHandler of the official SDK makes: both eras of the protocol, no port.
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { openTunnel } from 'culvert';

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'clock', version: '1.0.0' });
  server.registerTool('now', {}, () => ({ content: [{ type: 'text', text: new Date().toISOString() }] }));
  return server;
});

const { CONTROL_PLANE_TUNNEL_ID: tunnelId, CONTROL_PLANE_API_KEY: apiKey, CONTROL_PLANE_BASE_URL } = process.env;
const tunnel = await openTunnel({ tunnelId, apiKey, server: handler, controlPlaneUrl: CONTROL_PLANE_BASE_URL });
await tunnel.ready();
console.log('connected');
process.once('SIGTERM', () => void tunnel.close());
