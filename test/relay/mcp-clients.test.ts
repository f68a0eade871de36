import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelay, type AddedTunnel, type Relay, type RelayEvent } from '../../src-main/relay/relay.ts';
import { serveTwoEraHttp } from '../fixtures/two-era-server.mjs';
import { FakeTunnelClient, forwardTo, type PolledCommand } from '../support/fake-tunnel-client.ts';

const eras = [
  ['2025-11-25', 'legacy'],
  ['2026-07-28', { pin: '2026-07-28' }],
] as const;
type Era = (typeof eras)[number][1];

let relay: Relay;
let tunnel: AddedTunnel;
let tunnelClient: FakeTunnelClient;
let events: RelayEvent[];

beforeEach(async () => {
  events = [];
  relay = await createRelay({ responseTimeoutMs: 15_000, onEvent: (event) => events.push(event) });
  tunnel = relay.addTunnel();
  tunnelClient = new FakeTunnelClient(relay.address, tunnel.id, tunnel.apiKey);
});
afterEach(async () => {
  await tunnelClient.close();
  await relay.close();
});

const connect = async (era: Era, headers: Record<string, string> = {}): Promise<Client> => {
  const client = new Client({ name: 'caller', version: '1' }, { versionNegotiation: { mode: era } });
  const requestInit = { headers: { authorization: `Bearer ${tunnel.apiKey}`, ...headers } };
  await client.connect(new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { requestInit }));
  return client;
};
const pollingFrom = async (
  handle: (command: PolledCommand, client: FakeTunnelClient) => Promise<unknown>,
): Promise<void> => {
  tunnelClient.start(handle);
  await expect.poll(() => relay.connected(tunnel.id)).toBe(true);
};

describe.each(eras)('an MCP client of %s through the relay', (version, era) => {
  let server: Awaited<ReturnType<typeof serveTwoEraHttp>>;
  let client: Client;

  beforeEach(async () => {
    server = await serveTwoEraHttp();
    await pollingFrom(forwardTo(server.url));
    client = await connect(era);
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it('connects, lists tools and calls them', async () => {
    expect(client.getNegotiatedProtocolVersion()).toBe(version);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('test_echo');
    const { content } = await client.callTool({ name: 'test_echo', arguments: { message: 'grüße\n☂' } });
    expect(content).toEqual([{ type: 'text', text: 'grüße\n☂' }]);
  });

  it('gets notifications before the result', async () => {
    const seen: number[] = [];
    await client.callTool({ name: 'test_tool_with_progress' }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([0, 50, 100]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'call', method: 'tools/call', notifications: 3 }));
  });

  it('gets errors and large results as they are', async () => {
    const { isError } = await client.callTool({ name: 'test_error_handling' });
    expect(isError).toBe(true);
    await expect(client.getPrompt({ name: 'no such prompt' })).rejects.toMatchObject({ code: -32602 });
    const { content } = await client.callTool({ name: 'test_large_result', arguments: { bytes: 1_048_576 } });
    expect(content).toEqual([{ type: 'text', text: 'x'.repeat(1_048_576) }]);
  });
});

describe('the relay’s MCP endpoint', () => {
  const hold = async (): Promise<PolledCommand[]> => {
    const commands: PolledCommand[] = [];
    const result = {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
      ttlMs: 0,
      cacheScope: 'private',
    };
    await pollingFrom(async (command, client) => {
      const { method, id } = command.jsonrpc ?? {};
      commands.push(command);
      if (method === 'tools/call') return;
      const base = { request_id: command.request_id, resp_code: id === undefined ? 202 : 200 };
      await client.respond(
        command,
        id === undefined
          ? { ...base, resp_type: command.jsonrpc ? 'notify_ack' : 'session_termination_response' }
          : { ...base, resp_json: { jsonrpc: '2.0', id, result }, resp_headers: { 'Mcp-Session-Id': ['session-1'] } },
      );
    });
    return commands;
  };
  const methods = (commands: readonly PolledCommand[]): unknown[] =>
    commands.map(({ jsonrpc, command_type }) => jsonrpc?.method ?? command_type);
  const abortACall = async (client: Client, commands: PolledCommand[]): Promise<unknown> => {
    const abort = new AbortController();
    const called = client.callTool({ name: 'hang' }, { signal: abort.signal }).catch(() => undefined);
    await expect.poll(() => methods(commands)).toContain('tools/call');
    abort.abort();
    await called;
    await expect.poll(() => methods(commands)).toContain('notifications/cancelled');
    const id = commands.find(({ jsonrpc }) => jsonrpc?.method === 'tools/call')!.jsonrpc!.id;
    const cancelled = commands.filter(({ jsonrpc }) => jsonrpc?.method === 'notifications/cancelled');
    expect(cancelled).toHaveLength(1);
    expect(cancelled[0]!.jsonrpc).toMatchObject({ params: { requestId: id } });
    return cancelled[0]!.headers['Mcp-Method']?.[0];
  };

  it('forwards a 2025-era caller’s own cancellation, and turns a 2026-era caller’s disconnect into one', async () => {
    const commands = await hold();
    const legacy = await connect('legacy');
    expect(await abortACall(legacy, commands)).toBeUndefined();
    await legacy.close();
    commands.length = 0;
    const stateless = await connect({ pin: '2026-07-28' });
    expect(await abortACall(stateless, commands)).toBe('notifications/cancelled');
    await stateless.close();
  });

  it('forgets the call of a caller who left: its answer gets 404', async () => {
    const commands = await hold();
    const abort = new AbortController();
    const called = fetch(tunnel.mcpUrl, {
      method: 'POST',
      signal: abort.signal,
      headers: { authorization: `Bearer ${tunnel.apiKey}` },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
    }).catch(() => undefined);
    await expect.poll(() => commands.length).toBe(1);
    abort.abort();
    await called;
    await expect.poll(() => relay.stats(tunnel.id)).toMatchObject({ abandoned: 1, inFlight: 0 });
    const answer = { request_id: commands[0]!.request_id, resp_code: 200, resp_json: {} };
    expect(await tunnelClient.respond(commands[0]!, answer)).toEqual({
      status: 404,
      code: 'pending_request_not_found',
    });
  });

  it('passes the session id back and forth, and its end as a command of its own', async () => {
    const commands = await hold();
    const client = await connect('legacy');
    await (client.transport as StreamableHTTPClientTransport).terminateSession();
    expect(methods(commands)).toEqual(['initialize', 'notifications/initialized', 'session_termination']);
    expect(commands.map(({ headers }) => headers['Mcp-Session-Id'])).toEqual([undefined, ['session-1'], ['session-1']]);
    await client.close();
  });

  it('streams to callers who take a stream and gives the others the result alone', async () => {
    await pollingFrom(async (command, client) => {
      const base = { request_id: command.request_id, resp_code: 200 };
      const notification = '{"jsonrpc":"2.0",\n "method":"notifications/message"}';
      await client.respond(
        command,
        `{"resp_type":"jsonrpc_notify","request_id":"${command.request_id}","resp_code":200,"resp_json":${notification}}`,
      );
      await client.respond(command, { ...base, resp_json: { jsonrpc: '2.0', id: 1, result: {} } });
    });
    const call = async (accept: string): Promise<[string | null, string]> => {
      const answer = await fetch(tunnel.mcpUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${tunnel.apiKey}`, accept },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
      });
      return [answer.headers.get('content-type'), await answer.text()];
    };
    expect(await call('application/json, text/event-stream')).toEqual([
      'text/event-stream',
      'event: message\ndata: {"jsonrpc":"2.0",\ndata:  "method":"notifications/message"}\n\n' +
        'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
    ]);
    expect(await call('application/json')).toEqual(['application/json', '{"jsonrpc":"2.0","id":1,"result":{}}']);
  });

  it('ends a stream that is past its deadline with an error for the caller’s own id', async () => {
    const hasty = await createRelay({ responseTimeoutMs: 300 });
    const { id, apiKey, mcpUrl } = hasty.addTunnel();
    const client = new FakeTunnelClient(hasty.address, id, apiKey);
    await client.poll('timeout_ms=1');
    const answered = fetch(mcpUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' },
      body: '{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call"}',
    });
    const [command] = (await client.poll()).commands;
    const notification = { jsonrpc: '2.0', method: 'notifications/message' };
    await client.respond(command!, {
      request_id: command!.request_id,
      resp_code: 200,
      resp_type: 'jsonrpc_notify',
      resp_json: notification,
    });
    expect(await (await answered).text()).toContain('"id":12345678901234567890,"error":{"code":-32603');
    await client.close();
    await hasty.close();
  });

  it('passes a server’s status and challenge on, and points the challenge at the tunnel’s own metadata', async () => {
    await pollingFrom(async (command, client) => {
      const base = { request_id: command.request_id };
      if (command.command_type === 'oauth_discovery')
        await client.respond(command, {
          ...base,
          resp_code: 200,
          resp_type: 'oauth_discovery_response',
          resp_json: { resource: 'http://private/mcp', authorization_servers: ['https://login.example'] },
        });
      else
        await client.respond(command, {
          ...base,
          resp_code: 401,
          resp_json: { jsonrpc: '2.0', id: 1, error: { code: -32001, message: 'Unauthorized' } },
          resp_headers: {
            'WWW-Authenticate': ['Bearer resource_metadata="http://private/.well-known/x", scope="a"'],
            Server: ['private'],
          },
        });
    });
    const answer = await fetch(tunnel.mcpUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${tunnel.apiKey}` },
      body: '{"jsonrpc":"2.0","id":1,"method":"initialize"}',
    });
    const metadataUrl = `${relay.address}/.well-known/oauth-protected-resource/v1/mcp/${tunnel.id}`;
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer resource_metadata="${metadataUrl}", scope="a"`);
    expect(answer.headers.get('server')).toBeNull();
    expect(await (await fetch(metadataUrl)).json()).toEqual({
      resource: tunnel.mcpUrl,
      authorization_servers: ['https://login.example'],
    });
  });

  it('refuses what it cannot carry', async () => {
    const status = async (init: RequestInit): Promise<unknown[]> => {
      const headers = { authorization: `Bearer ${tunnel.apiKey}` };
      const answer = await fetch(tunnel.mcpUrl, { headers, ...init });
      const { error } = (await answer.json()) as { error: { code: unknown } };
      return [answer.status, error.code];
    };
    expect(await status({ method: 'GET' })).toEqual([405, null]);
    expect(await status({ method: 'DELETE' })).toEqual([400, 'missing_mcp_session_id']);
    expect(await status({ method: 'POST', body: '{"jsonrpc"' })).toEqual([400, 'invalid_json_payload']);
    expect(await status({ method: 'POST', body: '[{"jsonrpc":"2.0","id":1,"method":"ping"}]' })).toEqual([
      400,
      'invalid_json_payload',
    ]);
    expect(await status({ method: 'POST', body: '{}' })).toEqual([400, 'invalid_json_payload']);
    expect(await status({ method: 'POST', headers: {} })).toEqual([401, 'invalid_api_key']);
  });
});
