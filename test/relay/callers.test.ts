import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { profileSchema } from '../../shared/profile.ts';
import { createRelay, type AddedTunnel, type Relay, type RelayOptions } from '../../src-main/relay/relay.ts';
import { testEngine } from '../support/engine.ts';
import { FakeTunnelClient, type PolledCommand } from '../support/fake-tunnel-client.ts';
import { cleanUp, listen } from '../support/network.ts';

let relay: Relay;
let tunnel: AddedTunnel;
let client: FakeTunnelClient;
const polled: PolledCommand[] = [];

async function start(options: RelayOptions = {}): Promise<void> {
  relay = await createRelay({ responseTimeoutMs: 30_000, ...options });
  tunnel = relay.addTunnel();
  client = new FakeTunnelClient(relay.address, tunnel.id, tunnel.apiKey);
}

/** A client that takes commands and answers none but notifications. */
async function holding(): Promise<void> {
  polled.length = 0;
  client.start(async (command, self) => {
    polled.push(command);
    if (command.jsonrpc && command.jsonrpc.id === undefined)
      await self.respond(command, { request_id: command.request_id, resp_code: 202, resp_type: 'notify_ack' });
  });
  await expect.poll(() => relay.connected(tunnel.id)).toBe(true);
}

afterEach(async () => {
  await client.close();
  await relay.close();
});

const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(tunnel.mcpUrl, {
    method: 'POST',
    headers: { authorization: `Bearer ${tunnel.apiKey}`, accept: 'application/json, text/event-stream', ...headers },
    body,
  });

const request = '{"jsonrpc":"2.0","id":7,"method":"tools/call"}';
const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}';

describe('a call that its caller cancels', () => {
  it.each([
    ['a stream, which ends without an answer', '*/*', 'text/event-stream', ''],
    [
      'JSON, an error that it no longer waits for',
      'application/json',
      'application/json',
      '{"jsonrpc":"2.0","id":7,"error":{"code":-32800,"message":"The request was cancelled."}}',
    ],
  ])('ends at once: %s', async (_what, accept, type, text) => {
    await start();
    await holding();
    const called = post(request, { accept, 'mcp-session-id': 's' });
    await expect.poll(() => polled.length).toBe(1);
    expect((await post(cancel, { 'mcp-session-id': 'another' })).status).toBe(202);
    expect(relay.stats(tunnel.id)).toMatchObject({ abandoned: 0 });
    expect((await post(cancel, { 'mcp-session-id': 's' })).status).toBe(202);
    const answer = await called;
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, type, text]);
    expect(relay.stats(tunnel.id)).toMatchObject({ inFlight: 0, abandoned: 1 });
    const late = { request_id: polled[0]!.request_id, resp_code: 200, resp_json: {} };
    expect(await client.respond(polled[0]!, late)).toMatchObject({ status: 404 });
  });
});

describe('the relay’s MCP endpoint', () => {
  it('takes a posted answer to a server’s request with 202: nobody waits for it', async () => {
    await start();
    await holding();
    for (const body of [
      '{"jsonrpc":"2.0","id":1,"result":{}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}',
    ])
      expect((await post(body)).status).toBe(202);
    expect(polled).toEqual([]);
  });

  it('says 404 soon when the server tells nothing of its sign-in', async () => {
    await start({ discoveryTimeoutMs: 50 });
    await holding();
    const answer = await fetch(`${relay.address}/.well-known/oauth-protected-resource/v1/mcp/${tunnel.id}`);
    expect(answer.status).toBe(404);
    expect(polled).toMatchObject([
      { command_type: 'oauth_discovery', response_timeout: expect.stringMatching(/^\d\d?ms$/) as string },
    ]);
  });

  it('sends the headers of a long quiet call early, and comments, but not those of initialize', async () => {
    await start({ quietMs: 20 });
    await holding();
    const early = await post(request);
    const initialize = post('{"jsonrpc":"2.0","id":1,"method":"initialize"}');
    expect(early.headers.get('content-type')).toBe('text/event-stream');
    await expect.poll(() => polled.length).toBe(2);
    const resp_json = { jsonrpc: '2.0', id: 7, error: { code: -32602, message: 'no' } };
    for (const command of polled)
      await client.respond(command, { request_id: command.request_id, resp_code: 400, resp_json });
    expect(await early.text()).toMatch(/^(?:: still working\n\n)+event: message\ndata: .*"code":-32602.*\n\n$/);
    expect((await initialize).status).toBe(400);
  });

  it('hands a caller’s trace context on as the service does', async () => {
    await start();
    await holding();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    void post(request, { traceparent, tracestate: 'a=1' }).catch(() => undefined);
    await expect.poll(() => polled[0]).toMatchObject({ trace_context: { traceparent, tracestate: 'a=1' } });
  });

  it('refuses half a character with 400 and ends the call, and takes a whole one', async () => {
    await start();
    await holding();
    for (const [text, status] of [
      ['\\ud83d', 400],
      ['x\\uDE00y', 400],
      ['\\ud83d\\ude00', 200],
    ] as const) {
      polled.length = 0;
      const called = post(request);
      await expect.poll(() => polled.length).toBe(1);
      const { request_id } = polled[0]!;
      const resp_json = `{"jsonrpc":"2.0","id":7,"result":{"text":"${text}"}}`;
      const body = `{"request_id":"${request_id}","resp_code":200,"resp_json":${resp_json}}`;
      expect(await client.respond(polled[0]!, body)).toMatchObject({ status });
      expect((await called).status).toBe(status === 200 ? 200 : 502);
    }
  });
});

describe('with Culvert as its client', () => {
  async function culvertTo(server: Server, more: object = {}): Promise<void> {
    const engine = testEngine();
    cleanUp(() => engine.stopAll(0));
    const url = await listen(server);
    await engine.start(
      profileSchema.parse({
        id: 'p',
        name: 'p',
        controlPlane: { baseUrl: relay.address, tunnelId: tunnel.id, apiKey: tunnel.apiKey },
        channels: [{ kind: 'http', name: 'main', url: `${url.origin}/mcp` }],
        mcp: more,
        harpoon: {},
        capture: {},
      }),
    );
    await expect.poll(() => relay.connected(tunnel.id)).toBe(true);
  }

  const answering = (result: (body: string) => string): Server =>
    createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`{"jsonrpc":"2.0","id":7,"result":${result(body)}}`);
      });
    });

  it('a caller whose answer is larger than the relay takes is told so', async () => {
    await start({ maxBodyBytes: 100_000 });
    await culvertTo(answering((body) => (body.includes('tools/call') ? `"${'x'.repeat(150_000)}"` : '{}')));
    const answer = await post(request);
    expect(await answer.json()).toMatchObject({
      id: 7,
      error: { code: -32603, message: expect.stringContaining('too large') as string },
    });
  });

  it('a caller’s trace context reaches the server when that is set', async () => {
    const seen: unknown[] = [];
    await start();
    await culvertTo(
      answering((body) => {
        if (body.includes('tools/call')) seen.push((JSON.parse(body) as { params?: unknown }).params);
        return '{}';
      }),
      { forwardTraceContext: true },
    );
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await (await post(request, { traceparent })).text();
    expect(seen).toEqual([{ _meta: { traceparent } }]);
  });
});
