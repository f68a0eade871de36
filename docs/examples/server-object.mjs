// A server object of the official SDK, behind a tunnel, in one process: `node server-object.mjs`.
// CONTROL_PLANE_TUNNEL_ID and CONTROL_PLANE_API_KEY say which tunnel; CONTROL_PLANE_BASE_URL another control plane.
import { McpServer } from '@modelcontextprotocol/server';
import { openTunnel } from 'culvert';
import * as z from 'zod';

const server = new McpServer({ name: 'greeter', version: '1.0.0' });
server.registerTool('greet', { inputSchema: z.object({ name: z.string() }) }, ({ name }) => ({
  content: [{ type: 'text', text: `Hello, ${name}` }],
}));

const { CONTROL_PLANE_TUNNEL_ID: tunnelId, CONTROL_PLANE_API_KEY: apiKey, CONTROL_PLANE_BASE_URL } = process.env;
const tunnel = await openTunnel({ tunnelId, apiKey, server, controlPlaneUrl: CONTROL_PLANE_BASE_URL });
tunnel.on('state', ({ name, error }) => console.log(name, error?.message ?? ''));
tunnel.on('call', ({ method, target, status, ms }) =>
  console.log(method, target ?? '', status, `${Math.round(ms)} ms`),
);
await tunnel.ready();
console.log('connected');
process.once('SIGTERM', () => void tunnel.close());
process.once('SIGINT', () => void tunnel.close());
