import { afterEach, expect, test } from 'vitest';
import { CUT, RESET, type Answer, type FakeControlPlane } from '../fakes/control-plane.ts';
import { event, jsonAnswer, sseAnswer, type McpRequest } from '../fakes/mcp-http.ts';
import {
  cleanUp,
  failureOf,
  faultyStdio,
  logFile,
  request,
  startControlPlane,
  startMcpServer,
  startTunnel,
} from './tunnel-process.ts';

afterEach(cleanUp);

/** Mulberry32: the same storm for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pollFaults: readonly Answer[] = [
  { status: 500 },
  { status: 429 },
  { status: 204 },
  { body: '{"commands":[]}' },
  { body: 'no JSON' },
  { body: ['{"commands":[', CUT] },
  { raw: [RESET] },
];
const postFaults: readonly Answer[] = [
  { status: 503 },
  { status: 429 },
  { status: 408 },
  { raw: [RESET] },
  { headers: { 'content-length': '50' }, body: ['{', CUT] },
];

interface Storm {
  readonly controlPlane: FakeControlPlane;
  readonly next: () => number;
  readonly count: number;
  readonly message: (n: number) => string;
}

/** Hands out `count` commands in batches among faults, some of them twice; resolves when each has an answer that was taken. */
async function storm({ controlPlane, next, count, message }: Storm): Promise<void> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  for (let n = 0; n < count;) {
    const size = Math.min(count - n, 1 + Math.floor(next() * 30));
    const batch = Array.from({ length: size }, (_, k) => ({ request_id: `r${n + k}`, jsonrpc: message(n + k) }));
    if (n > 0 && next() < 0.5) {
      const again = Math.floor(next() * n);
      batch.push({ request_id: `r${again}`, jsonrpc: message(again) });
    }
    for (const { request_id } of batch) {
      // A command handed out again has its script already.
      if (Number(request_id.slice(1)) >= n && next() < 0.2) controlPlane.onPost(request_id, pick(postFaults));
    }
    if (next() < 0.3) controlPlane.onPoll(pick(pollFaults));
    controlPlane.send(...batch);
    n += size;
  }
  for (let n = 0; n < count; n += 1) {
    const faulty = await controlPlane.responseFor(`r${n}`);
    expect(faulty.type).toBe('jsonrpc_response');
  }
  // A command after the storm: the tunnel goes on, and whatever was to be posted again has had its time.
  controlPlane.send({ request_id: 'after', jsonrpc: message(count) });
  await controlPlane.responseFor('after');
}

test.each([1, 2])(
  'in storm %d over HTTP every command is run at most once and answered',
  async (seed) => {
    const next = random(seed);
    const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
    await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
    const answers: readonly ((call: McpRequest) => Answer)[] = [
      (call) => jsonAnswer(call, '"ok"'),
      (call) => jsonAnswer(call, '"ok"'),
      (call) =>
        sseAnswer(
          event({ jsonrpc: '2.0', method: 'notifications/message' }),
          event(jsonAnswer(call, '"ok"').body as string),
        ),
      (call) => ({ ...jsonAnswer(call, '"ok"'), after: new Promise((resolve) => setTimeout(resolve, next() * 60)) }),
      () => ({ status: 500, body: 'no' }),
      () => ({ raw: [RESET] }),
      () => ({ headers: { 'content-type': 'application/json' }, body: ['{"json', CUT] }),
      () => ({ headers: { 'content-type': 'application/json' }, body: 'no JSON' }),
    ];
    mcp.on('tools/call', (call) => answers[Math.floor(next() * answers.length)]!(call));
    const count = 250;
    await storm({ controlPlane, next, count, message: (n) => request('tools/call', n) });

    const calls = mcp.callsOf('tools/call').map((call) => call.rpcId);
    expect(new Set(calls).size).toBe(calls.length);
    expect(calls).toHaveLength(count + 1);
    for (let n = 0; n < count; n += 1) {
      const posts = controlPlane.terminalFor(`r${n}`);
      const bodies = new Set(posts.map((post) => post.request.body.toString()));
      expect(bodies.size, `answers to r${n}`).toBe(1);
      expect(posts[0]!.json).toMatchObject({ id: n });
    }
    expect(controlPlane.badPosts).toEqual([]);
  },
  90_000,
);

test('in a storm over stdio, with a child that keeps dying, every command is run at most once and answered once', async () => {
  const next = random(3);
  const [controlPlane, log] = await Promise.all([startControlPlane(), logFile()]);
  await startTunnel({ controlPlane, command: faultyStdio('--log', log.path) });
  const methods = ['raw', 'raw', 'raw', 'split', 'garbage', 'wrong-id', 'twice', 'stderr-flood'];
  const message = (n: number): string => {
    const method = n % 40 === 39 ? (n % 80 === 39 ? 'kill' : 'exit') : methods[n % methods.length]!;
    return request(method, n, '{"text":"1","bytes":300000}');
  };
  const count = 200;
  await storm({ controlPlane, next, count, message });
  const received = (await log.lines()).filter((line) => line.includes('"method"'));
  expect(received.length).toBeLessThanOrEqual(count + 1);
  for (let n = 0; n < count; n += 1) {
    const posts = controlPlane.terminalFor(`r${n}`);
    expect(new Set(posts.map((post) => post.request.body.toString())).size, `answers to r${n}`).toBe(1);
    const source = failureOf(posts[0]!.json)?.source;
    expect(source === undefined || source === 'transport_closed', `r${n}: ${source}`).toBe(true);
  }
}, 90_000);
