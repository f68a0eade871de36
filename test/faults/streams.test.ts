import { afterEach, expect, test } from 'vitest';
import type { FakeControlPlane } from '../fakes/control-plane.ts';
import { event, sseAnswer, type FakeMcpServer, type Piece } from '../fakes/mcp-http.ts';
import { cleanUp, failureOf, request, startControlPlane, startMcpServer, startTunnel } from './tunnel-process.ts';

afterEach(cleanUp);

interface Bed {
  readonly controlPlane: FakeControlPlane;
  readonly mcp: FakeMcpServer;
}

async function bed(): Promise<Bed> {
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  await startTunnel({ controlPlane, serverUrl: mcp.endpoint });
  return { controlPlane, mcp };
}

const note = (n: number): string => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"n":${n}}}`;
const answer = '{"jsonrpc":"2.0","id":"c","result":"end"}';

/** Streams these pieces in answer to one call. Resolves with its posts: the texts of its notifications, and of the answer. */
async function streamed({ controlPlane, mcp }: Bed, ...pieces: Piece[]): Promise<{ notes: string[]; final: string }> {
  mcp.once('tools/call', sseAnswer(...pieces));
  controlPlane.send({ request_id: 'r', jsonrpc: request('tools/call', '"c"') });
  const final = await controlPlane.responseFor('r');
  const notes = controlPlane.notificationsFor('r').map((post) => post.raw!.toString());
  return { notes, final: final.raw!.toString() };
}

test.each<[string, Piece[]]>([
  ['LF', [`data: ${note(1)}\n\n`, `data: ${answer}\n\n`]],
  ['CRLF', [`data: ${note(1)}\r\n\r\n`, `data: ${answer}\r\n\r\n`]],
  ['lone CR', [`data: ${note(1)}\r\r`, `data: ${answer}\r\r`]],
  ['CRLF cut between CR and LF', [`data: ${note(1)}\r`, '\n\r', `\ndata: ${answer}\r`, '\n\r\n']],
  ['a byte order mark', [`\uFEFFdata: ${note(1)}\n\ndata: ${answer}\n\n`]],
  ['comments and keep-alives', [': hello\n\n', ':\n', `data: ${note(1)}\n\n`, ': ping\n\n', `data: ${answer}\n\n`]],
  [
    'fields without a colon, unknown fields, ids and retries',
    [`data\n\nfoo\nbar: x\nid: 7\nretry: 10\ndata:${note(1)}\n\nid\ndata:${answer}\n\n`],
  ],
  ['events of other types', [`event: message\ndata: ${note(1)}\n\n`, `event:message\ndata: ${answer}\n\n`]],
  [
    'bytes one at a time',
    [...Buffer.from(`data: ${note(1)}\n\ndata: ${answer}\n\n`)].map((byte) => Buffer.from([byte])),
  ],
])('a stream with %s is read as the specification says', async (_what, pieces) => {
  expect(await streamed(await bed(), ...pieces)).toEqual({ notes: [note(1)], final: answer });
});

test('a message over several data lines is one message', async () => {
  const { final } = await streamed(await bed(), 'data: {"jsonrpc":"2.0",\ndata: "id":"c",\ndata: "result":1}\n\n');
  expect(JSON.parse(final)).toEqual({ jsonrpc: '2.0', id: 'c', result: 1 });
});

test('notifications are posted as they come, before the answer is there', async () => {
  const all = await bed();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const whole = streamed(all, event(note(1)), held, event(answer));
  expect((await all.controlPlane.notificationFor('r')).raw?.toString()).toBe(note(1));
  expect(all.controlPlane.terminalFor('r')).toEqual([]);
  release();
  expect((await whole).final).toBe(answer);
});

test('a server’s own request on the stream, and an answer to someone else, do not disturb the call', async () => {
  const { notes, final } = await streamed(
    await bed(),
    event('{"jsonrpc":"2.0","id":"c","method":"sampling/createMessage","params":{}}'),
    event('{"jsonrpc":"2.0","id":99,"result":"not yours"}'),
    event(note(1)),
    event(answer),
  );
  expect(final).toBe(answer);
  expect(notes.filter((text) => text.includes('progress'))).toEqual([note(1)]);
});

test('an event that is no message costs itself and nothing else', async () => {
  const { final } = await streamed(await bed(), event('<html>'), event('{"jsonrpc":'), event(note(1)), event(answer));
  expect(final).toBe(answer);
});

test('a burst of 3,000 notifications comes in order, whatever is dropped, and the answer last', async () => {
  const all = await bed();
  const burst = Array.from({ length: 3_000 }, (_, n) => event(note(n))).join('');
  const { notes, final } = await streamed(all, burst, event(answer));
  const numbers = notes.map((text) => (JSON.parse(text) as { params: { n: number } }).params.n);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(final).toBe(answer);
  expect(all.controlPlane.posts.at(-1)?.type).toBe('jsonrpc_response');
});

test('a cancellation closes the stream at the server, and nothing more is posted for the call', async () => {
  const all = await bed();
  all.mcp.once('tools/call', sseAnswer(event(note(1)), new Promise(() => undefined)));
  all.controlPlane.send({ request_id: 'r', jsonrpc: request('tools/call', '"c"') });
  await all.controlPlane.notificationFor('r');
  const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}';
  all.controlPlane.send({ request_id: 'cancel', jsonrpc: cancel });
  expect((await all.controlPlane.responseFor('cancel')).type).toBe('notify_ack');
  await (
    await all.mcp.call('tools/call')
  ).aborted;
  expect(all.controlPlane.terminalFor('r')).toEqual([]);
});

test('headers that a stream’s answer brings pass as those of a JSON answer do', async () => {
  const all = await bed();
  all.mcp.once('initialize', {
    headers: { 'content-type': 'text/event-stream', 'mcp-session-id': 's1', 'x-other': 'no' },
    body: [event(answer)],
  });
  all.controlPlane.send({ request_id: 'r', jsonrpc: request('initialize', '"c"') });
  const { headers } = await all.controlPlane.responseFor('r');
  const names = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  expect(names['mcp-session-id']).toEqual(['s1']);
  expect(names).not.toHaveProperty('x-other');
});

test('a JSON-RPC batch is refused with a clear error and does not reach the server', async () => {
  const { controlPlane, mcp } = await bed();
  controlPlane.send({ request_id: 'r', jsonrpc: `[${request('a')},${request('b')}]` });
  const { json } = await controlPlane.responseFor('r');
  expect(JSON.stringify(json)).toMatch(/batch/i);
  expect(failureOf(json)).toBeUndefined();
  expect([...mcp.callsOf('a'), ...mcp.callsOf('b')]).toEqual([]);
});
