import { expect, test } from 'vitest';
import type { Answer, McpRequest } from '../fakes/mcp-http.ts';
import { event, FakeMcpServer, jsonAnswer, sseAnswer, STALL } from '../fakes/mcp-http.ts';
import { Cancellation } from '../../src-main/base/cancellation.ts';
import { call, channelTo, send } from '../support/http-channel.ts';
import { cleanUp } from '../support/network.ts';

const ping = event('{"jsonrpc":"2.0","id":"p-1","method":"ping"}');
const legacy = [
  ['MCP-Protocol-Version', '2025-11-25'],
  ['Mcp-Session-Id', 's1'],
  ['Authorization', 'Bearer caller'],
] as const;

/** A server whose call ends once everything that it asked itself was answered. */
async function asking(questions: string): Promise<{ server: FakeMcpServer; replies: () => McpRequest[] }> {
  const server = await FakeMcpServer.start();
  cleanUp(() => server.close());
  const wanted = questions.split('\n\n').length - 1;
  const replies = (): McpRequest[] => server.callsOf('POST');
  server.on('POST', { status: 202 });
  server.on('tools/call', (request) =>
    sseAnswer(
      questions,
      server.until('its answers', () => replies()[wanted - 1]),
      event(`{"jsonrpc":"2.0","id":${request.rpcId ?? ''},"result":{"ok":true}}`),
    ),
  );
  return { server, replies };
}

test('what a server asks on the stream of a call is answered in the same session, and the call goes on', async () => {
  const { server, replies } = await asking(
    ping + event('{"jsonrpc":"2.0","id":2,"method":"elicitation/create","params":{"message":"Sure?"}}'),
  );
  const { answer } = await send(channelTo(server.endpoint), call('7'), legacy);
  expect(answer.body?.toString()).toBe('{"jsonrpc":"2.0","id":7,"result":{"ok":true}}');
  const bodies = replies().map(({ body }) => body.toString());
  expect(bodies).toContain('{"jsonrpc":"2.0","id":"p-1","result":{}}');
  expect(bodies.find((body) => body.includes('"id":2'))).toContain('"error":{"code":-32601,');
  expect(replies()[0]?.headers).toMatchObject({
    'mcp-session-id': 's1',
    'mcp-protocol-version': '2025-11-25',
    authorization: 'Bearer caller',
    'content-type': 'application/json',
  });
});

test('what comes with the answer to initialize is answered in the session that this answer opens', async () => {
  const server = await FakeMcpServer.start();
  cleanUp(() => server.close());
  server.on('POST', { status: 202 });
  server.on('initialize', (request) => ({
    ...sseAnswer(
      ping,
      server.until('its answer', () => server.callsOf('POST')[0]),
      event(`{"jsonrpc":"2.0","id":${request.rpcId ?? ''},"result":{}}`),
    ),
    headers: { 'content-type': 'text/event-stream', 'mcp-session-id': 'fresh' },
  }));
  await send(channelTo(server.endpoint), call('1', 'initialize'));
  expect(server.callsOf('POST')[0]?.headers['mcp-session-id']).toBe('fresh');
});

test('a stream that is taken up again may ask as well', async () => {
  const { server, replies } = await asking('');
  server.on('tools/call', sseAnswer('id: e1\ndata:\n\n'));
  server.on('GET', (request: McpRequest): Answer =>
    request.headers['last-event-id'] === undefined
      ? { status: 405 }
      : sseAnswer(
          ping,
          server.until('its answer', () => replies()[0]),
          event('{"jsonrpc":"2.0","id":7,"result":{}}'),
        ),
  );
  const { answer } = await send(channelTo(server.endpoint), call('7'), legacy);
  expect(answer.status).toBe(200);
  expect(replies()[0]?.headers).toMatchObject({ 'mcp-session-id': 's1', 'content-type': 'application/json' });
  expect(replies()[0]?.headers['last-event-id']).toBeUndefined();
});

test('a session has the stream of its own on which a server may ask outside any call', async () => {
  const { server, replies } = await asking('');
  server.on('GET', () => sseAnswer(ping, STALL));
  server.on('tools/call', async (request) => {
    await server.until('its answer', () => replies()[0]);
    return jsonAnswer(request, '{}');
  });
  const channel = channelTo(server.endpoint);
  await send(channel, '{"jsonrpc":"2.0","method":"notifications/initialized"}', legacy);
  const { answer } = await send(channel, call('7'), legacy);
  expect(answer.status).toBe(200);
  await send(channel, call('8'), legacy);
  expect(server.callsOf('GET')).toHaveLength(1);
  expect(server.callsOf('GET')[0]?.headers).toMatchObject({ 'mcp-session-id': 's1', accept: 'text/event-stream' });

  await channel.terminate(legacy, new Cancellation());
  await server.callsOf('GET')[0]?.aborted;
});

test('a server without such a stream is asked for it once a session, and the newer era has none', async () => {
  const server = await FakeMcpServer.start();
  cleanUp(() => server.close());
  const channel = channelTo(server.endpoint);
  await send(channel, call('1'), [['MCP-Protocol-Version', '2026-07-28']]);
  for (const id of ['2', '3', '4']) await send(channel, call(id), legacy);
  await server.call('GET');
  await send(channel, call('5'), legacy);
  expect(server.callsOf('GET')).toHaveLength(1);
});

test('a caller that left frees its place although the server waits for an answer to its question', async () => {
  const server = await FakeMcpServer.start();
  cleanUp(() => server.close());
  server.on('POST', { body: [STALL] });
  server.on('tools/call', sseAnswer(ping, STALL));
  const channel = channelTo(server.endpoint);
  const cancellations = Array.from({ length: 10 }, () => new Cancellation());
  const calls = cancellations.map((cancellation, index) => send(channel, call(String(index)), legacy, cancellation));
  await server.until('all questions answered', () => server.callsOf('POST')[9]);
  for (const cancellation of cancellations) cancellation.cancel('lifetime');
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
  expect(channel.inFlight).toBe(0);
});
