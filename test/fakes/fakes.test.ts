import { request as httpsRequest } from 'node:https';
import { Agent, request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { loopbackCertificates, makeCertificate } from '../support/certificates.ts';
import { CUT, FakeControlPlane, RESET, command, envelope } from './control-plane.ts';
import { FakeMcpServer, event, jsonAnswer, sseAnswer } from './mcp-http.ts';
import { rawMembers } from './raw-member.ts';

const open: { close(): Promise<void> }[] = [];
const dispatcher = new Agent({ keepAliveTimeout: 100 });
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function controlPlane(options = {}): Promise<FakeControlPlane> {
  const fake = await FakeControlPlane.start(options);
  open.push(fake);
  return fake;
}

const poll = (fake: FakeControlPlane, ms = 5000) =>
  request(`${fake.url}/v1/tunnels/${fake.tunnelId}/poll?limit=1&timeout_ms=${ms}`, { dispatcher });

test('the fake control plane hands out commands byte for byte, to a poll that waits and to the next one', async () => {
  const fake = await controlPlane();
  const waiting = poll(fake);
  await fake.poll(0);
  const jsonrpc = '{ "id":12345678901234567890, "id":1, "method" : "a\\u0062"}';
  fake.send({ request_id: 'r1', jsonrpc });
  const text = await (await waiting).body.text();
  expect(text).toContain(`"jsonrpc":${jsonrpc}}`);
  expect(rawMembers(jsonrpc, 'id')).toEqual(['12345678901234567890', '1']);
  fake.send('"nonsense"', { request_id: 'r2' });
  expect(await (await poll(fake)).body.json()).toMatchObject({ commands: ['nonsense', { request_id: 'r2' }] });
  expect((await poll(fake, 1)).statusCode).toBe(204);
});

test('the fake control plane lies about lengths, cuts, resets, and is away and back on the same address', async () => {
  const fake = await controlPlane();
  const body = envelope([command({ request_id: 'r1' })]);
  fake.onPoll({ body: [body.subarray(0, 10), CUT] }, { headers: { 'content-length': '3' }, body }, { body: [RESET] });
  await expect(poll(fake).then((answer) => answer.body.text())).rejects.toThrow();
  expect(await (await poll(fake)).body.text()).toBe('{"c');
  await expect(poll(fake).then((answer) => answer.body.text())).rejects.toThrow();
  await fake.down();
  await expect(poll(fake)).rejects.toThrow(/ECONNREFUSED/);
  await fake.up();
  fake.onPoll({ status: 429, headers: { 'retry-after': '1' } });
  expect((await poll(fake)).statusCode).toBe(429);
});

test('the fake control plane keeps the bytes of what is posted and answers posts as scripted', async () => {
  const fake = await controlPlane();
  fake.onPost('r1', { status: 503 });
  const post = async (raw: string) => {
    const answer = await request(`${fake.url}/v1/tunnels/${fake.tunnelId}/response`, {
      method: 'POST',
      body: `{"request_id":"r1","resp_code":200,"resp_type":"jsonrpc_response","resp_json":${raw}}`,
      headers: { 'X-Tunnel-Shard-Token': 's' },
      dispatcher,
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  const raw = '{"result":{"n":12345678901234567890},"id" :"\\u0031"}';
  expect(await post(raw)).toBe(503);
  expect(await post(raw)).toBe(200);
  expect((await fake.responseFor('r1', 1)).raw?.toString()).toBe(raw);
  expect((await fake.responseFor('r1')).shardToken).toBe('s');
});

test('the fake control plane speaks TLS with certificates made on the spot and asks for the client’s', async () => {
  const { ca, server } = loopbackCertificates();
  const client = makeCertificate({ commonName: 'a client', issuer: ca });
  const fake = await controlPlane({ tls: { key: server.key, cert: server.cert, clientCa: ca.cert } });
  const status = await new Promise<number | undefined>((resolve, reject) =>
    httpsRequest(`${fake.url}/v1/tunnels/${fake.tunnelId}`, {
      ca: ca.cert,
      cert: client.cert,
      key: client.key,
      agent: false,
    })
      .on('response', (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end(),
  );
  expect(status).toBe(200);
  expect(fake.requests[0]?.clientCertificate).toBe('a client');
});

test('the fake MCP server echoes, streams and is scripted by method', async () => {
  const mcp = await FakeMcpServer.start();
  open.push(mcp);
  const call = (message: string) => request(mcp.endpoint, { method: 'POST', body: message, dispatcher });
  expect(await (await call('{"id":12345678901234567890,"method":"x"}')).body.text()).toContain(
    '"id":12345678901234567890,',
  );
  expect((await call('{"method":"n"}')).statusCode).toBe(202);
  mcp.once('tools/call', (one) => sseAnswer(event('{"n":1}'), event(jsonAnswer(one, '{}').body as string)));
  expect(await (await call('{"id":1,"method":"tools/call"}')).body.text()).toBe(
    'event: message\ndata: {"n":1}\n\nevent: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
  );
});
