import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src-main/base/clock.ts';
import type { Channel } from '../../../src-main/call/channel.ts';
import { EraChannel } from '../../../src-main/mcp/stdio/era-channel.ts';
import { fromSaved, toSaved } from '../../../src-main/mcp/stdio/saved-handshake.ts';
import { speaksModern } from '../../../src-main/mcp/stdio/speaks-modern.ts';
import type { StdioChannelDeps } from '../../../src-main/mcp/stdio/stdio-channel.ts';
import { joinCommand } from '../../../src-main/process/command-line.ts';
import { savedHandshakes } from '../../../src-main/runtime/saved-handshakes.ts';
import { readMessage } from '../../../src-main/json/message.ts';
import { fixture, isAlive, openChannel, sendCall, until } from './harness.ts';

interface Answer {
  readonly result?: { readonly content?: unknown; readonly supportedVersions?: unknown; readonly heard?: string[] };
  readonly error?: { readonly code: number; readonly data?: unknown };
}

const twoEra = joinCommand([
  process.execPath,
  fileURLToPath(new URL('../../fixtures/two-era-server.mjs', import.meta.url)),
]);
const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'modern', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'legacy', version: '1' } };
const tool = { name: 'test_simple_text' };

const open: Channel[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((channel) => channel.close()));
});

function eraChannel(command: string, deps: Partial<StdioChannelDeps> = {}) {
  const told: string[] = [];
  const channel = new EraChannel({
    make: () => openChannel({ command }, { handshakeFirst: true, ...deps }).channel,
    speaksModern: (second) => speaksModern(second, systemClock),
    log: ({ kind, era }) => told.push(`${kind} ${era}`),
  });
  open.push(channel);
  return { channel, told };
}

const ask = async (channel: Channel, method: string, params: unknown): Promise<Answer> =>
  JSON.parse((await sendCall(channel, 1, method, params).answer).body?.toString() ?? '{}') as Answer;

describe('callers of both eras on one program', () => {
  test.each(['legacy', 'modern'] as const)('are all served, whoever comes first (%s)', async (first) => {
    const { channel, told } = eraChannel(twoEra);
    await channel.start();
    const legacy = async (): Promise<void> => {
      expect(await ask(channel, 'initialize', hello)).toHaveProperty('result.protocolVersion', '2025-11-25');
      expect(await ask(channel, 'tools/call', tool)).toHaveProperty('result.content');
    };
    const modern = async (): Promise<void> => {
      expect(await ask(channel, 'server/discover', { _meta: meta })).toHaveProperty('result.supportedVersions');
      expect(await ask(channel, 'tools/call', { ...tool, _meta: meta })).toHaveProperty('result.content');
    };
    const order = first === 'legacy' ? [legacy, modern] : [modern, legacy];
    for (const each of [...order, ...order]) await each();
    expect(told).toEqual([`second-era ${first === 'legacy' ? 'modern' : 'legacy'}`]);

    const { state } = channel;
    expect(state).toMatchObject({
      kind: 'ready',
      server: { name: 'two-era-fixture', protocolVersions: ['2026-07-28', '2025-11-25'] },
    });
    const pids = state.kind === 'ready' ? [state.pid ?? 0, state.secondPid ?? 0] : [];
    expect(new Set(pids).size).toBe(2);
    await channel.close();
    await until(async () => !(await isAlive(pids[0] ?? 0)) && !(await isAlive(pids[1] ?? 0)));
  });

  test('who come at the same moment wait for one another', async () => {
    const { channel } = eraChannel(twoEra);
    const answers = await Promise.all([
      ask(channel, 'tools/call', { ...tool, _meta: meta }),
      ask(channel, 'initialize', hello),
      ask(channel, 'server/discover', { _meta: meta }),
    ]);
    expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });

  test('keep one process where the server speaks one era', async () => {
    const { channel, told } = eraChannel(fixture('one-session'));
    expect(await ask(channel, 'server/discover', { _meta: meta })).toMatchObject({ error: { code: -32_601 } });
    expect(await ask(channel, 'initialize', hello)).toHaveProperty('result');
    expect(await ask(channel, 'server/discover', { _meta: meta })).toMatchObject({ error: { code: -32_601 } });
    expect(told).toEqual(['second-era modern', 'one-era modern']);
    expect(await ask(channel, 'server/discover', { _meta: meta })).toMatchObject({ error: { code: -32_601 } });
    expect(told).toHaveLength(2);
    expect(await ask(channel, 'tools/list', {})).toHaveProperty('result');
    expect(channel.state).not.toHaveProperty('secondPid');
  });
});

describe('the last handshake', () => {
  let dir: string;
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const folder = async (): Promise<string> => (dir = await mkdtemp(join(tmpdir(), 'culvert-handshakes-')));

  test('outlives Culvert: a connected caller goes on, and a later one gets its answer', async () => {
    const path = await folder();
    const handshakes = () => savedHandshakes(path).of('profile main');
    const before = eraChannel(fixture('one-session'), { handshakes: handshakes() });
    expect(await ask(before.channel, 'initialize', hello)).toHaveProperty('result');
    await until(async () => (await readdir(join(path, 'handshakes')).catch(() => [])).length === 1);
    await before.channel.close();

    const { channel } = eraChannel(fixture('one-session'), { handshakes: handshakes() });
    await channel.start();
    const calls = await Promise.all([1, 2, 3].map(() => ask(channel, 'tools/call', {})));
    expect(calls.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(calls[0]?.result?.heard?.slice(0, 2)).toEqual(['initialize', 'notifications/initialized']);
    expect(calls[2]?.result?.heard?.filter((method) => method === 'initialize')).toHaveLength(1);
    expect(await ask(channel, 'initialize', hello)).toMatchObject({ result: { serverInfo: { version: 'legacy' } } });
  });

  test('is not repeated to a server whose callers begin anew', async () => {
    const path = await folder();
    savedHandshakes(path).of('k').save(JSON.stringify(hello));
    await until(async () => (await savedHandshakes(path).of('k').load()) !== undefined);
    const { channel } = eraChannel(fixture('one-session'), { handshakes: savedHandshakes(path).of('k') });
    const fresh = { ...hello, clientInfo: { name: 'fresh', version: '2' } };
    expect(await ask(channel, 'initialize', fresh)).toMatchObject({ result: { serverInfo: { version: 'fresh' } } });
  });

  test('is for its owner’s eyes, and what is no such thing is as good as none', async () => {
    const path = await folder();
    const handshakes = savedHandshakes(path);
    handshakes.of('k').save('nonsense');
    await until(async () => (await handshakes.of('k').load()) === 'nonsense');
    const [name = ''] = await readdir(join(path, 'handshakes'));
    const file = join(path, 'handshakes', name);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe('nonsense');
    const { channel } = eraChannel(fixture('one-session'), { handshakes: handshakes.of('k') });
    expect(await ask(channel, 'tools/call', {})).toMatchObject({ error: { code: -32_002 } });
  });

  test('holds no more than what opens a session, and no secret', () => {
    const saved = (params: unknown): string | undefined => {
      const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'initialize', params }));
      return toSaved({ bytes });
    };
    const rich = { ...hello, _meta: { token: 'x' }, capabilities: { tasks: {}, experimental: { key: 'x' } } };
    const text = saved(rich) ?? '';
    expect(JSON.parse(text)).toEqual({ ...hello, capabilities: { tasks: {} } });
    expect(fromSaved(text)?.message).toEqual(readMessage(fromSaved(text)?.bytes ?? Buffer.alloc(0)));
    const key = `sk-proj-${'Ab1'.repeat(16)}`;
    expect(saved({ ...hello, clientInfo: { name: key, version: '1' } })).toBeUndefined();
    expect(saved({ ...hello, capabilities: { big: 'x'.repeat(20_000) } })).toBeUndefined();
    for (const text of ['', '[]', '{}', '{"protocolVersion":1}']) expect(fromSaved(text)).toBeUndefined();
  });

  test('of many channels does not fill the disk', async () => {
    const path = await folder();
    const handshakes = savedHandshakes(path);
    for (let n = 0; n < 205; n++) handshakes.of(`channel ${n}`).save(JSON.stringify(hello));
    await until(async () => (await handshakes.of('channel 204').load()) !== undefined);
    await until(async () => (await readdir(join(path, 'handshakes'))).length === 200);
  });
});
