import { expect, it } from 'vitest';
import { createRelay } from '../../src-main/relay/relay.ts';
import { culvert } from '../support/culvert.ts';
import { cleanUp } from '../support/network.ts';

it('--embedded-mcp-stub serves the demo’s server through a real tunnel, and no other server beside it', async () => {
  const relay = await createRelay();
  cleanUp(() => relay.close());
  const { id, apiKey, mcpUrl } = relay.addTunnel();
  const args = ['run', '--embedded-mcp-stub', '--embedded-mcp-server-name', 'x', '--tunnel-id', id];
  const base = ['--control-plane.base-url', relay.address, '--health.listen-addr', '127.0.0.1:0'];
  const env = { CONTROL_PLANE_API_KEY: apiKey };
  const seen: unknown[] = [];
  const { code } = await culvert([...args, ...base], env, (line, end) => {
    if (!line.includes('Connected')) return;
    void fetch(mcpUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
      }),
    })
      .then(async (answer) => seen.push(await answer.json()))
      .finally(end);
  });
  expect(code).toBe(0);
  expect(seen).toMatchObject([{ id: 1, result: { serverInfo: {} } }]);
  const both = await culvert([...args, '--mcp.command', 'node x.js', ...base], env);
  expect(both.code).toBe(2);
  expect(both.errors).toContain('--embedded-mcp-stub');
});
