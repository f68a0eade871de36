import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../../../src-main/call/channel.ts';
import { readMessage } from '../../../src-main/json/message.ts';
import { Cancellation } from '../../../src-main/base/cancellation.ts';
import { joinCommand } from '../../../src-main/process/command-line.ts';
import { openChannel, stateOf } from './harness.ts';

const require = createRequire(import.meta.url);

/** The script behind a package's only command. */
function bin(name: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin: bins } = require(manifest) as { bin: Record<string, string> };
  return join(dirname(manifest), Object.values(bins)[0]!);
}

/** The SDK's client on top of a channel, as if the channel were its server. */
class ChannelTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async start(): Promise<void> {
    await this.#channel.start();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(message));
    const deliver = (body: Buffer | undefined): void => {
      if (body !== undefined) this.onmessage?.(JSON.parse(body.toString()) as JSONRPCMessage);
    };
    void this.#channel
      .send({
        bytes,
        message: readMessage(bytes),
        headers: [],
        cancellation: new Cancellation(),
        onNotification: deliver,
      })
      // In a turn of its own, as over a network: the client forgets progress that it has not handled when the answer comes.
      .then(
        ({ body }) => setImmediate(deliver, body),
        (error: unknown) => this.onerror?.(error as Error),
      );
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.onclose?.();
    return Promise.resolve();
  }
}

let dir: string;
beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'culvert-servers-')));
  await writeFile(join(dir, 'note.txt'), 'Grüße\n');
});
afterAll(() => rm(dir, { recursive: true }));

type Mode = 'legacy' | { pin: string };

interface Both {
  direct: Client;
  through: Client;
  channel: Channel;
  close: () => Promise<void>;
}

/** Does the same to a server directly and to one behind a channel, and expects to see the same. */
async function compare(
  words: string[],
  mode: Mode,
  act: (client: Client) => Promise<unknown>,
  alsoThrough?: (client: Client) => Promise<unknown>,
): Promise<unknown> {
  const { direct, through, close } = await connectBoth(words, mode);
  try {
    const [expected, seen] = [await act(direct), await act(through)];
    expect(seen).toEqual(expected);
    await alsoThrough?.(through);
    return seen;
  } finally {
    await close();
  }
}

async function connectBoth(words: string[], mode: Mode): Promise<Both> {
  const client = (): Client =>
    new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode }, capabilities: {} });
  const [command, ...args] = words;
  const direct = client();
  await direct.connect(new StdioClientTransport({ command: command!, args, stderr: 'ignore' }));
  const { channel } = openChannel({ command: joinCommand(words) });
  const through = client();
  await through.connect(new ChannelTransport(channel));
  return {
    direct,
    through,
    channel,
    close: async () => {
      await Promise.all([direct.close(), through.close()]);
    },
  };
}

/** The outcome of a call, its failure included. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => {
    const { name, message, code } = error as { name: string; message: string; code: unknown };
    return { name, message, code };
  });

describe('through the channel a client sees what it sees directly:', () => {
  const everything = [process.execPath, bin('@modelcontextprotocol/server-everything'), 'stdio'];

  test('server-everything: tools, prompts, resources, errors, progress', async () => {
    await compare(
      everything,
      'legacy',
      async (client) => ({
        version: client.getServerVersion(),
        capabilities: client.getServerCapabilities(),
        tools: await client.listTools(),
        prompts: await client.listPrompts(),
        resources: await client.listResources(),
        templates: await client.listResourceTemplates(),
        echo: await client.callTool({ name: 'echo', arguments: { message: 'Grüße 🌍' } }),
        sum: await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 2 } }),
        wrong: await outcome(client.callTool({ name: 'get-sum', arguments: { a: 'x' } })),
        unknownPrompt: await outcome(client.getPrompt({ name: 'none' })),
      }),
      // Over its own stdio transport the client may lose the last one, when it arrives together with the answer.
      async (client) => {
        const progress: number[] = [];
        await client.callTool(
          { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 4 } },
          { onprogress: (event) => progress.push(event.progress) },
        );
        expect(progress).toEqual([1, 2, 3, 4]);
      },
    );
  });

  test('server-filesystem', async () => {
    const words = [process.execPath, bin('@modelcontextprotocol/server-filesystem'), dir];
    const seen = await compare(words, 'legacy', async (client) => ({
      tools: await client.listTools(),
      read: await client.callTool({ name: 'read_text_file', arguments: { path: join(dir, 'note.txt') } }),
      denied: await outcome(client.callTool({ name: 'read_text_file', arguments: { path: '/etc/passwd' } })),
    }));
    expect(JSON.stringify(seen)).toContain('Grüße');
  });

  test('server-memory', async () => {
    const words = [process.execPath, bin('@modelcontextprotocol/server-memory')];
    await compare(words, 'legacy', async (client) => ({
      tools: await client.listTools(),
      search: await client.callTool({ name: 'search_nodes', arguments: { query: 'nobody-has-this' } }),
    }));
  });

  test.each<Mode>(['legacy', { pin: '2026-07-28' }])('a server of both eras, spoken to as %j', async (mode) => {
    const words = [process.execPath, fileURLToPath(new URL('../../fixtures/two-era-server.mjs', import.meta.url))];
    await compare(
      words,
      mode,
      async (client) => ({
        tools: await client.listTools(),
        large: JSON.stringify(await client.callTool({ name: 'test_large_result', arguments: { bytes: 1 << 20 } }))
          .length,
        failed: await outcome(client.callTool({ name: 'test_error_handling' })),
      }),
      async (client) => {
        const progress: number[] = [];
        await client.callTool(
          { name: 'test_tool_with_progress' },
          { onprogress: (event) => progress.push(event.progress) },
        );
        expect(progress).toEqual([0, 50, 100]);
      },
    );
  });

  test('a session goes on after its server was killed, without a new handshake', async () => {
    const { through, channel, close } = await connectBoth(everything, 'legacy');
    const { pid } = await stateOf(channel, 'ready');
    process.kill(pid!, 'SIGKILL');
    await stateOf(channel, 'restarting');
    const { content } = await through.callTool({ name: 'echo', arguments: { message: 'still here' } });
    expect(content).toEqual([{ type: 'text', text: 'Echo: still here' }]);
    await close();
  });
});
