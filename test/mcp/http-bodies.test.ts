import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { event, FakeMcpServer, sseAnswer } from '../fakes/mcp-http.ts';
import { makeCertificate } from '../support/certificates.ts';
import { call, channelTo, send } from '../support/http-channel.ts';
import { cleanUp } from '../support/network.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function fakeServer(options: Parameters<typeof FakeMcpServer.start>[0] = {}): Promise<FakeMcpServer> {
  const server = await FakeMcpServer.start(options);
  cleanUp(() => server.close());
  return server;
}

const answer = '{"jsonrpc":"2.0","id":7,"result":{"text":"é \\u00e9 9007199254740993"}}';
const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream' };

const encodings = [
  ['gzip', gzipSync],
  ['X-Gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
] as const;

test.each(encodings)('an answer that comes as %s although nobody asked for it is read', async (encoding, encode) => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  server.once('tools/call', { headers: { ...json, 'content-encoding': encoding }, body: encode(answer) });
  const whole = await send(channel, call('7'));
  expect(whole.answer.body?.toString()).toBe(answer);
  expect(whole.answer.headers.map(([name]) => name)).not.toContain('content-encoding');

  const events = event('{"jsonrpc":"2.0","method":"notifications/message","params":{}}') + event(answer);
  const bytes = encode(events);
  server.once('tools/call', {
    headers: { ...sse, 'content-encoding': encoding },
    body: [bytes.subarray(0, 9), bytes.subarray(9)],
  });
  const streamed = await send(channel, call('7'));
  expect(streamed.answer.body?.toString()).toBe(answer);
  expect(streamed.notifications).toHaveLength(1);
});

test('an encoded answer is bounded by what it becomes', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint, { maxMessageBytes: 100_000 });
  const bomb = gzipSync(`{"jsonrpc":"2.0","id":7,"result":"${' '.repeat(50_000_000)}"}`);
  expect(bomb.length).toBeLessThan(100_000);
  server.on('tools/call', { headers: { ...json, 'content-encoding': 'gzip' }, body: bomb });
  await expect(send(channel, call('7'))).rejects.toMatchObject({ code: 'body_too_large' });
});

test('an encoding that nobody knows, and bytes that are not in it, are named', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  for (const [encoding, body] of [
    ['compress', answer],
    ['gzip', answer],
    ['gzip', gzipSync(answer).subarray(0, 20)],
  ] as const) {
    server.once('tools/call', { headers: { ...json, 'content-encoding': encoding }, body });
    await expect(send(channel, call('7'))).rejects.toMatchObject({
      code: 'bad_json',
      params: { detail: `Content-Encoding: ${encoding}` },
    });
  }
});

test('a byte order mark before the JSON is passed over', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint);
  server.once('tools/call', { headers: json, body: `\uFEFF${answer}` });
  expect((await send(channel, call('7'))).answer.body?.toString()).toBe(answer);
  server.once('tools/call', sseAnswer(`\uFEFFdata: \uFEFF${answer}\n\n`));
  expect((await send(channel, call('7'))).answer.body?.toString()).toBe(answer);
});

test('events of other types keep a stream alive and mean nothing else', async () => {
  const server = await fakeServer();
  server.once('tools/call', sseAnswer('event: ping\nid: k1\ndata: 2026-01-01\n\n', 'event: keepalive\ndata: {}\n\n'));
  server.once('GET', sseAnswer(event(answer)));
  const { answer: got } = await send(channelTo(server.endpoint), call('7'));
  expect(got.body?.toString()).toBe(answer);
  expect(server.callsOf('GET')[0]?.headers['last-event-id']).toBe('k1');
});

test('header values beyond Latin-1 go out as UTF-8, those of a caller and those of an operator', async () => {
  const server = await fakeServer();
  const channel = channelTo(server.endpoint, { mcp: { extraHeaders: { 'X-Team': '検索' } } });
  await send(channel, call('1'), [
    ['X-Name', 'Łukasz'],
    ['X-Latin', 'é'],
  ]);
  const seen = server.calls[0];
  expect(Buffer.from(seen?.headers['x-team'] ?? '', 'latin1').toString()).toBe('検索');
  expect(Buffer.from(seen?.headers['x-name'] ?? '', 'latin1').toString()).toBe('Łukasz');
  expect(seen?.headers['x-latin']).toBe('é');
});

test('a redirect from https to http is not followed, and says why', async () => {
  const plain = await fakeServer();
  const certificate = makeCertificate({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] });
  const server = await fakeServer({ tls: { key: certificate.key, cert: certificate.cert } });
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  const caBundle = join(folder, 'ca.pem');
  await writeFile(caBundle, certificate.cert);
  server.on('tools/call', { status: 307, headers: { location: plain.endpoint } });
  const url = server.endpoint.replace('127.0.0.1', 'localhost');
  await expect(send(channelTo(url, { profile: { caBundle } }), call('7'))).rejects.toMatchObject({
    code: 'redirect_unencrypted',
  });
  expect(plain.requests).toHaveLength(0);
});
