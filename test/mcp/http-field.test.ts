import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { channelTo, send } from '../support/http-channel.ts';
import { listen } from '../support/network.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const handler = (answer: Answer) => (request: IncomingMessage, response: ServerResponse) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => answer(request, response, body));
};

const serve = async (answer: Answer): Promise<string> => (await listen(createServer(handler(answer)))).href;

const call = (params = '{"name":"x"}') => `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`;
const result = '{"jsonrpc":"2.0","id":7,"result":{"ok":true}}';
const sse = { 'content-type': 'text/event-stream' };

describe('a server that asks its caller something', () => {
  test.each([
    ['ping', { result: {} }],
    ['elicitation/create', { error: { code: -32601 } }],
    ['sampling/createMessage', { error: { code: -32601 } }],
    ['roots/list', { error: { code: -32601 } }],
  ])('%s is answered at once, in the session, and the call that waited for it ends', async (method, expected) => {
    const heard: { readonly session: string | string[] | undefined; readonly message: unknown }[] = [];
    let waiting: ServerResponse | undefined;
    const url = await serve((request, response, body) => {
      const message = JSON.parse(body) as { method?: string };
      if (message.method === 'tools/call') {
        waiting = response.writeHead(200, sse);
        response.write(`data: {"jsonrpc":"2.0","id":"theirs-1","method":"${method}","params":{}}\n\n`);
        return;
      }
      heard.push({ session: request.headers['mcp-session-id'], message });
      response.writeHead(202).end();
      waiting?.end(`data: ${result}\n\n`);
    });
    const { answer } = await send(channelTo(url), call(), [['Mcp-Session-Id', 's-1']]);
    expect(answer.body?.toString()).toBe(result);
    expect(heard).toEqual([{ session: 's-1', message: expect.objectContaining({ id: 'theirs-1' }) as unknown }]);
    expect(heard[0]?.message).toMatchObject(expected);
  });

  test('is told at initialize that its caller cannot be asked', async () => {
    let offered: unknown;
    const url = await serve((_, response, body) => {
      offered = (JSON.parse(body) as { params: { capabilities: unknown } }).params.capabilities;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
    const capabilities = '{"roots":{},"elicitation":{},"experimental":{"x":1},"sampling":{}}';
    await send(
      channelTo(url),
      `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":${capabilities}}}`,
    );
    expect(offered).toEqual({ experimental: { x: 1 } });
  });
});

describe('an answer as the world sends it', () => {
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('%s is decoded, although identity was asked for', async (coding, compress) => {
    let asked: unknown;
    const url = await serve((request, response) => {
      asked = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding });
      response.end(compress(result));
    });
    const { answer } = await send(channelTo(url), call());
    expect(asked).toBe('identity');
    expect(answer.body?.toString()).toBe(result);
  });

  test('a compressed stream is decoded as it comes', async () => {
    const note = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}';
    const url = await serve((_, response) => {
      response.writeHead(200, { ...sse, 'content-encoding': 'gzip' });
      response.end(gzipSync(`data: ${note}\n\ndata: ${result}\n\n`));
    });
    const { answer, notifications } = await send(channelTo(url), call());
    expect(notifications).toEqual([note]);
    expect(answer.body?.toString()).toBe(result);
  });

  test('a bomb ends at the limit for answers', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    });
    await expect(send(channelTo(url, { maxMessageBytes: 1024 * 1024 }), call())).rejects.toMatchObject({
      code: 'body_too_large',
    });
  });

  test('a coding that is not known is named', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'zstd' }).end(result);
    });
    await expect(send(channelTo(url), call())).rejects.toMatchObject({
      code: 'bad_json',
      params: { detail: 'Content-Encoding: zstd' },
    });
  });

  test('a byte order mark before JSON is passed over', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`\ufeff${result}`);
    });
    expect((await send(channelTo(url), call())).answer.body?.toString()).toBe(result);
  });

  test('an event of another type is no message, and does not spoil a stream that can be taken up again', async () => {
    let gets = 0;
    const url = await serve((request, response) => {
      response.writeHead(200, sse);
      if (request.method === 'GET') {
        gets += 1;
        response.end(`data: ${result}\n\n`);
      } else response.end('id: 1\nretry: 1\ndata:\n\nevent: ping\ndata: {"time":1}\n\nevent: ping\ndata: x\n\n');
    });
    expect((await send(channelTo(url), call())).answer.body?.toString()).toBe(result);
    expect(gets).toBe(1);
  });

  test('a header beyond Latin-1 goes as UTF-8', async () => {
    let seen = '';
    const url = await serve((request, response) => {
      seen = Buffer.from(String(request.headers['x-name']), 'latin1').toString('utf8');
      response.writeHead(200, { 'content-type': 'application/json' }).end(result);
    });
    await send(channelTo(url), call(), [['X-Name', 'naïve 東京 🚇']]);
    expect(seen).toBe('naïve 東京 🚇');
  });
});
