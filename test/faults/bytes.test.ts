import { afterEach, describe, expect, test } from 'vitest';
import type { FakeControlPlane } from '../fakes/control-plane.ts';
import { rawMember } from '../fakes/raw-member.ts';
import { event, sseAnswer, type FakeMcpServer } from '../fakes/mcp-http.ts';
import { cleanUp, faultyStdio, request, startControlPlane, startMcpServer, startTunnel } from './tunnel-process.ts';

afterEach(cleanUp);

/** Values that a parse and a stringify would change. */
const fragile =
  '{"z":1, "a":12345678901234567890,"a":-0.0,"10":1e400,"2":1.0,"e":"\\u00e9\\/\\ud83d\\ude87","s" : "né 🚇 \u2028","d":{"k":1,"k":2}}';

/** Ids of every JSON type, in spellings that only bytes keep. */
const ids = ['1', '12345678901234567890', '-0', '1.50', '1e3', '"text"', '"\\u0061\\/"', '""', '"né 🚇"'];

async function httpTunnel(): Promise<{ controlPlane: FakeControlPlane; mcp: FakeMcpServer }> {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  return { controlPlane, mcp };
}

describe('over HTTP', () => {
  test('a request reaches the server and its JSON answer comes back byte for byte', async () => {
    const { controlPlane, mcp } = await httpTunnel();
    const message = `{ "method":"any/thing" , "params":${fragile},"unknown":[1,\t2],"id":7, "jsonrpc":"2.0"}`;
    const answer = `{"result" : ${fragile}, "jsonrpc":"2.0","extra":12345678901234567890,"id":7}`;
    mcp.on('any/thing', { headers: { 'content-type': 'application/json' }, body: answer });
    controlPlane.send({ request_id: 'r', jsonrpc: message });
    const post = await controlPlane.responseFor('r');
    expect((await mcp.call('any/thing')).body.toString()).toBe(message);
    expect(post.raw?.toString()).toBe(answer);
    expect(post.code).toBe(200);
  });

  test('an event stream’s answer and notifications come back byte for byte', async () => {
    const { controlPlane, mcp } = await httpTunnel();
    const note = `{"jsonrpc":"2.0","method":"notifications/message","params":${fragile}}`;
    const answer = `{"result":${fragile},"id":"s","jsonrpc":"2.0"}`;
    mcp.on('tools/call', sseAnswer(event(note), event(note), event(answer)));
    controlPlane.send({ request_id: 'r', jsonrpc: request('tools/call', '"s"') });
    expect((await controlPlane.responseFor('r')).raw?.toString()).toBe(answer);
    expect(controlPlane.notificationsFor('r').map((post) => post.raw?.toString())).toEqual([note, note]);
    expect(controlPlane.posts.map((post) => post.type)).toEqual([
      'jsonrpc_notify',
      'jsonrpc_notify',
      'jsonrpc_response',
    ]);
  });

  test('ids of every type and spelling come back as they went', async () => {
    const { controlPlane } = await httpTunnel();
    controlPlane.send(...ids.map((id, n) => ({ request_id: `r${n}`, jsonrpc: request('echo', id) })));
    for (const [n, id] of ids.entries()) {
      const { raw } = await controlPlane.responseFor(`r${n}`);
      expect(rawMember(raw!, 'id')?.toString()).toBe(id);
    }
  });

  test('a server’s error passes through exactly, with its status and its headers', async () => {
    const { controlPlane, mcp } = await httpTunnel();
    const answer = `{"jsonrpc":"2.0","id":1,"error":{"data":${fragile},"message":"né","code":-32004}}`;
    mcp.on('x', {
      status: 400,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'mcp-session-id': 's1',
        'www-authenticate': ['Bearer one', 'Basic two'],
        'set-cookie': 'secret=1',
        'x-other': 'no',
      },
      body: answer,
    });
    controlPlane.send({ request_id: 'r', jsonrpc: request('x') });
    const post = await controlPlane.responseFor('r');
    expect(post.raw?.toString()).toBe(answer);
    expect(post.code).toBe(400);
    const headers = Object.fromEntries(
      Object.entries(post.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(headers).toEqual({
      'content-type': ['application/json; charset=utf-8'],
      'mcp-session-id': ['s1'],
      'www-authenticate': ['Bearer one', 'Basic two'],
    });
  });
});

describe('over stdio', () => {
  test('a request and its answer keep their bytes but for private ids', async () => {
    const controlPlane = await startControlPlane();
    await startTunnel({ controlPlane, command: faultyStdio() });
    controlPlane.send({
      request_id: 'r',
      jsonrpc: `{ "jsonrpc":"2.0","id":"\\u0061", "method":"raw", "params":{"text":${JSON.stringify(fragile)}} }`,
    });
    const { raw } = await controlPlane.responseFor('r');
    expect(raw?.toString()).toBe(`{"jsonrpc":"2.0","id":"\\u0061","result":${fragile}}`);
    const message = `{ "method":"echo" , "params":${fragile},"unknown":[1,\t2],"id":7, "jsonrpc":"2.0"}`;
    controlPlane.send({ request_id: 'e', jsonrpc: message });
    const { json } = await controlPlane.responseFor('e');
    const seen = (json as { result: { line: string } }).result.line;
    expect(seen.replace(/"id":("[^"]*"|\d+)/, '"id":7')).toBe(message);
  });

  test('ids of every type and spelling come back as they went, also when callers chose the same one', async () => {
    const controlPlane = await startControlPlane();
    await startTunnel({ controlPlane, command: faultyStdio() });
    const all = [...ids, ...ids];
    controlPlane.send(...all.map((id, n) => ({ request_id: `r${n}`, jsonrpc: request('raw', id, `{"text":"${n}"}`) })));
    for (const [n, id] of all.entries()) {
      const { raw } = await controlPlane.responseFor(`r${n}`);
      expect(raw?.toString()).toBe(`{"jsonrpc":"2.0","id":${id},"result":${n}}`);
    }
  });

  test('of repeated ids the last one is the caller’s', async () => {
    const controlPlane = await startControlPlane();
    await startTunnel({ controlPlane, command: faultyStdio() });
    controlPlane.send({
      request_id: 'r',
      jsonrpc: '{"jsonrpc":"2.0","id":1,"method":"raw","params":{"text":"true"},"id":"second"}',
    });
    expect((await controlPlane.responseFor('r')).raw?.toString()).toBe('{"jsonrpc":"2.0","id":"second","result":true}');
  });

  test('1 MiB each way arrives whole', async () => {
    const controlPlane = await startControlPlane();
    await startTunnel({ controlPlane, command: faultyStdio() });
    const text = `"${'né🚇'.repeat(120_000)}"`;
    controlPlane.send({ request_id: 'r', jsonrpc: request('raw', 1, `{"text":${JSON.stringify(text)}}`) });
    expect((await controlPlane.responseFor('r')).raw?.toString()).toBe(`{"jsonrpc":"2.0","id":1,"result":${text}}`);
  });
});
