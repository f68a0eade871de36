import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { loopbackCertificates } from '../support/certificates.ts';
import { FakeTunnelClient, type PolledCommand } from '../support/fake-tunnel-client.ts';

const call = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

interface Sent {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
  readonly code: unknown;
}

const answerTo = (command: { request_id: string }, more: object = {}): object => ({
  request_id: command.request_id,
  channel: 'main',
  resp_json: { jsonrpc: '2.0', id: 1, result: {} },
  resp_headers: { 'Content-Type': ['application/json'] },
  resp_code: 200,
  resp_type: 'jsonrpc_response',
  ...more,
});

describe('the relay as a control plane', () => {
  let relay: Relay;
  let tunnel: AddedTunnel;
  let client: FakeTunnelClient;

  beforeEach(async () => {
    relay = await createRelay({ responseTimeoutMs: 10_000, maxQueued: 2, maxPolls: 2 });
    tunnel = relay.addTunnel({ name: 'Test', description: 'for tests' });
    client = new FakeTunnelClient(relay.address, tunnel.id, tunnel.apiKey);
  });
  afterEach(async () => {
    await client.close();
    await relay.close();
  });

  const send = async (
    path: string,
    options: { method?: 'GET' | 'POST' | 'DELETE'; key?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Sent> => {
    const { statusCode, headers, body } = await request(new URL(path, relay.address), {
      method: options.method ?? 'GET',
      headers: { authorization: `Bearer ${options.key ?? tunnel.apiKey}`, ...options.headers },
      body: options.body ?? null,
    });
    const text = await body.text();
    const { error } = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: { code: unknown } };
    return { status: statusCode, headers, text, code: error?.code };
  };
  const callMcp = (body = call, headers: Record<string, string> = {}): Promise<Sent> =>
    send(`/v1/mcp/${tunnel.id}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    });
  /** A call that a client has polled and not yet answered. */
  const started = async (): Promise<{ command: PolledCommand; answered: Promise<Sent> }> => {
    const polled = client.poll();
    await expect.poll(() => relay.stats(tunnel.id)?.pollsWaiting).toBe(1);
    const answered = callMcp();
    return { command: (await polled).commands[0]!, answered };
  };
  const at = (suffix: string): string => `/v1/tunnels/${tunnel.id}${suffix}`;

  it('tells a tunnel’s metadata to its runtime key, under both paths', async () => {
    for (const path of [at(''), `/v1/tunnel/${tunnel.id}`]) {
      const { status, text } = await send(path);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ id: tunnel.id, name: 'Test', description: 'for tests' });
    }
  });

  it('answers an idle poll with 204 after the time that the client asked for', async () => {
    expect(await client.poll('limit=1&timeout_ms=20')).toMatchObject({ status: 204, text: '' });
  });

  it('carries a message both ways without changing a byte of it', async () => {
    const message =
      '{ "method":"tools\\/call","x-unknown":1e2,"jsonrpc" : "2.0","id":12345678901234567890,\n' +
      '"params":{"a":1,"a":2,"n":98765432109876543210.10}}';
    const result =
      '{"id":12345678901234567890, "result":{"b":1,"b":[ ],"n":98765432109876543210},"jsonrpc":"2.0","é":"\\u00e9"}';
    await client.poll('timeout_ms=1');
    const answered = callMcp(message);
    const { text, commands } = await client.poll();
    expect(text).toContain(message);
    const { request_id } = commands[0]!;
    await client.respond(commands[0]!, `{"request_id":"${request_id}","resp_code":200, "resp_json" : ${result} }`);
    expect((await answered).text).toBe(result);
  });

  it('gives a command its time left, its channel and the caller’s headers, and keeps its own key to itself', async () => {
    await client.poll('timeout_ms=1');
    const answered = callMcp(call, { 'mcp-session-id': 's1', 'x-custom': 'yes', 'x-tunnel-spoofed': 'no' });
    const [command] = (await client.poll()).commands;
    expect(command).toMatchObject({
      command_type: 'jsonrpc',
      channel: 'main',
      headers: { 'Mcp-Session-Id': ['s1'], 'X-Custom': ['yes'], 'Content-Type': ['application/json'] },
    });
    expect(command!.response_timeout).toMatch(/^\d+ms$/);
    expect(Number.parseInt(command!.response_timeout, 10)).toBeGreaterThan(0);
    expect(Number.parseInt(command!.response_timeout, 10)).toBeLessThanOrEqual(10_000);
    expect(Object.keys(command!.headers)).not.toContain('Authorization');
    expect(Object.keys(command!.headers).filter((name) => /^(host|connection|x-tunnel)/i.test(name))).toEqual([]);
    await client.respond(command!, answerTo(command!));
    await answered;
  });

  it('forwards the caller’s Authorization when the relay’s key comes in its own header', async () => {
    await client.poll('timeout_ms=1');
    const headers = { authorization: 'Bearer for-the-server', 'x-culvert-relay-key': tunnel.apiKey };
    const answered = callMcp(call, headers);
    const { text, commands } = await client.poll();
    expect(commands[0]!.headers['Authorization']).toEqual(['Bearer for-the-server']);
    expect(text).not.toContain(tunnel.apiKey);
    await client.respond(commands[0]!, answerTo(commands[0]!));
    expect((await answered).status).toBe(200);
  });

  it('hands a poll the commands of the channels it asks for, and no more than its limit', async () => {
    await client.poll('limit=1&timeout_ms=1');
    const calls = [callMcp(), send(`/v1/mcp/${tunnel.id}/other`, { method: 'POST', body: call })];
    const other = await client.poll('channel=other&limit=5&timeout_ms=5000');
    const main = await client.poll('channel=main&channel=third&limit=1&timeout_ms=5000');
    expect(other.commands.map(({ channel }) => channel)).toEqual(['other']);
    expect(main.commands.map(({ channel }) => channel)).toEqual(['main']);
    for (const command of [...other.commands, ...main.commands]) await client.respond(command, answerTo(command));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('takes an answer once, with the shard token of its command, and 404s every later one', async () => {
    const { command, answered } = await started();
    const answer = answerTo(command);
    expect(await client.respond({ shard_token: 'wrong' }, answer)).toMatchObject({ status: 400 });
    expect(await send(at('/response'), { method: 'POST', body: JSON.stringify(answer) })).toMatchObject({
      status: 400,
    });
    expect(await client.respond(command, answer)).toMatchObject({ status: 200 });
    expect(await client.respond(command, answer)).toEqual({ status: 404, code: 'pending_request_not_found' });
    expect((await answered).status).toBe(200);
    expect(relay.stats(tunnel.id)).toMatchObject({ answered: 1, late: 1, inFlight: 0 });
  });

  it('refuses an answer posted on another tunnel', async () => {
    const { command, answered } = await started();
    const other = relay.addTunnel();
    const stranger = new FakeTunnelClient(relay.address, other.id, other.apiKey);
    expect(await stranger.respond(command, answerTo(command))).toEqual({
      status: 401,
      code: 'tunnel_request_mismatch',
    });
    await client.respond(command, answerTo(command));
    await answered;
    await stranger.close();
  });

  it.each([
    ['an unknown member', { shard_token: 'leaked' }],
    ['a status that HTTP does not have', { resp_code: 42 }],
    ['a response type nobody knows', { resp_type: 'answer' }],
    ['a result without its message', { resp_json: null }],
    ['headers that are not lists', { resp_headers: { 'Content-Type': 'application/json' } }],
    ['a header that would split the answer', { resp_headers: { 'Mcp-Session-Id': ['a\r\nb'] } }],
    ['no request id', { request_id: undefined }],
  ])('refuses an answer with %s, and goes on waiting for a good one', async (_, more) => {
    const { command, answered } = await started();
    expect(await client.respond(command, answerTo(command, more))).toEqual({
      status: 400,
      code: 'invalid_json_payload',
    });
    expect(await client.respond(command, '{"request_id":')).toMatchObject({ status: 400 });
    await client.respond(command, answerTo(command));
    expect((await answered).status).toBe(200);
  });

  it('names the right error for every kind of key', async () => {
    const reader = relay.addKey({ permissions: ['read'] });
    const foreign = relay.addTunnel().apiKey;
    const poll = at('/poll?timeout_ms=1');
    const of = async (key: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<unknown[]> => {
      const { status, code } = await send(path, { key, method });
      return [status, code];
    };
    expect(await of('nonsense', at(''))).toEqual([401, 'invalid_api_key']);
    expect(await of(reader, at(''))).toEqual([200, undefined]);
    expect(await of(reader, poll)).toEqual([401, 'tunnel_use_forbidden']);
    expect(await of(foreign, at(''))).toEqual([403, 'tunnel_use_forbidden']);
    expect(await of(foreign, poll)).toEqual([401, 'tunnel_use_forbidden']);
    expect(await of(relay.adminKey, poll)).toEqual([401, 'tunnel_missing_principals']);
    expect(await of(relay.adminKey, `/v1/mcp/${tunnel.id}`, 'POST')).toEqual([403, 'tunnel_missing_principals']);
    expect(await of(tunnel.apiKey, '/v1/tunnels')).toEqual([403, 'tunnel_management_permission_required']);
    relay.removeKey(tunnel.apiKey);
    expect(await of(tunnel.apiKey, at(''))).toEqual([401, 'invalid_api_key']);
  });

  it('wants the organization of an organization’s tunnel named', async () => {
    const { id, apiKey: key } = relay.addTunnel({ organizationId: 'org-1' });
    const poll = `/v1/tunnels/${id}/poll?timeout_ms=1`;
    expect(await send(poll, { key })).toMatchObject({ status: 401, code: 'tunnel_active_organization_required' });
    expect(await send(poll, { key, headers: { 'openai-organization': 'org-2' } })).toMatchObject({ status: 401 });
    expect(await send(poll, { key, headers: { 'openai-organization': 'org-1' } })).toMatchObject({ status: 204 });
  });

  it('says what is wrong with a path or a query', async () => {
    const none = `/v1/tunnels/tunnel_${'0'.repeat(32)}`;
    expect(await send('/v1/tunnels/tunnel_short/poll')).toMatchObject({
      status: 400,
      code: 'invalid_tunnel_id_format',
    });
    expect(await send(none, { key: relay.adminKey })).toMatchObject({ status: 404 });
    expect(await send(at('/poll?limit=26'))).toMatchObject({ status: 400 });
    expect(await send(at('/poll?limit=0'))).toMatchObject({ status: 400 });
    expect(await send(at('/poll?timeout_ms=1.5'))).toMatchObject({ status: 400 });
    expect(await send(at('/poll?channel=a%2Fb'))).toMatchObject({ status: 400, code: 'invalid_channel_format' });
    expect(await send(at('/poll'), { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    expect(await send('/v1/else')).toMatchObject({ status: 404 });
  });

  it('refuses a call while no client is connected', async () => {
    expect(await callMcp()).toMatchObject({ status: 503, code: 'tunnel_client_not_connected' });
  });

  it('refuses calls that wait for a client which went away', async () => {
    client.start(async () => undefined);
    await expect.poll(() => relay.stats(tunnel.id)?.pollsWaiting).toBe(1);
    await client.close();
    await expect.poll(() => relay.stats(tunnel.id)?.pollsWaiting).toBe(0);
    expect(await callMcp()).toMatchObject({ status: 503, code: 'tunnel_client_not_connected' });
    expect(relay.connected(tunnel.id)).toBe(false);
  });

  it('says so when its queue is full or too many polls wait', async () => {
    await client.poll('timeout_ms=1');
    const queued = [callMcp(), callMcp()];
    await expect.poll(() => relay.stats(tunnel.id)?.queued).toBe(2);
    expect(await callMcp()).toMatchObject({ status: 429, code: 'tunnel_queue_full', headers: { 'retry-after': '1' } });
    for (const command of (await client.poll()).commands) await client.respond(command, answerTo(command));
    await Promise.all(queued);
    const polls = [client.poll('timeout_ms=500'), client.poll('timeout_ms=500')];
    await expect.poll(() => relay.stats(tunnel.id)?.pollsWaiting).toBe(2);
    expect(await send(at('/poll'))).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    await Promise.all(polls);
  });

  it('answers the caller when the deadline is over, and 404s what comes after it', async () => {
    const hasty = await createRelay({ responseTimeoutMs: 100 });
    const { id, apiKey, mcpUrl } = hasty.addTunnel();
    const slow = new FakeTunnelClient(hasty.address, id, apiKey);
    const polled = slow.poll();
    await expect.poll(() => hasty.stats(id)?.pollsWaiting).toBe(1);
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const answered = request(mcpUrl, { method: 'POST', headers, body: call });
    const [command] = (await polled).commands;
    expect((await answered).statusCode).toBe(504);
    expect(await slow.respond(command!, answerTo(command!))).toEqual({
      status: 404,
      code: 'pending_request_not_found',
    });
    expect(hasty.stats(id)).toMatchObject({ expired: 1, late: 1 });
    await slow.close();
    await hasty.close();
  });

  it('refuses a body over its limit', async () => {
    const narrow = await createRelay({ maxBodyBytes: 100 });
    const { id, apiKey, mcpUrl } = narrow.addTunnel();
    const post = async (url: string): Promise<number> => {
      const headers = { authorization: `Bearer ${apiKey}`, 'x-tunnel-shard-token': 'x' };
      return (await request(url, { method: 'POST', headers, body: `"${'x'.repeat(200)}"` })).statusCode;
    };
    expect(await post(mcpUrl)).toBe(413);
    expect(await post(`${narrow.address}/v1/tunnels/${id}/response`)).toBe(413);
    await narrow.close();
  });

  it('turns away foreign hosts and origins before it looks at anything else', async () => {
    const status = async (headers: Record<string, string>): Promise<number> => (await send(at(''), { headers })).status;
    expect(await status({ host: 'evil.example' })).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ origin: 'http://localhost:3000' })).toBe(200);
    expect(await status({ host: 'localhost:1' })).toBe(200);
  });

  it('listens off loopback only when it is told to', async () => {
    await expect(createRelay({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'not_allowed' });
    const open = await createRelay({ host: '0.0.0.0', allowRemote: true, allowedHosts: ['relay.internal'] });
    const { port } = new URL(open.address);
    const status = async (host: string): Promise<number> =>
      (await request(`http://127.0.0.1:${port}/healthz`, { headers: { host } })).statusCode;
    expect([await status('10.1.2.3'), await status('relay.internal'), await status('evil.example')]).toEqual([
      200, 200, 403,
    ]);
    await open.close();
  });

  it('serves HTTPS with a certificate that it is given', async () => {
    const { ca, server } = loopbackCertificates();
    const secure = await createRelay({ tls: server });
    const dispatcher = new Agent({ connect: { ca: ca.cert } });
    expect(secure.address).toMatch(/^https:/);
    expect((await request(`${secure.address}/healthz`, { dispatcher })).statusCode).toBe(200);
    await dispatcher.destroy();
    await secure.close();
  });

  it('says which address is taken', async () => {
    const { port } = new URL(relay.address);
    await expect(createRelay({ port: Number(port) })).rejects.toMatchObject({ code: 'port_in_use' });
  });

  it('leaves nobody waiting when it closes', async () => {
    const { answered } = await started();
    const idle = client.poll().catch(() => undefined);
    await expect.poll(() => relay.stats(tunnel.id)?.pollsWaiting).toBe(1);
    await relay.close();
    expect((await answered).status).toBe(503);
    await idle;
  });
});
