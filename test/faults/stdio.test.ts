import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { FakeControlPlane } from '../fakes/control-plane.ts';
import {
  apiKey,
  cleanUp,
  failureOf,
  faultyStdio,
  logFile,
  request,
  spawnTunnel,
  startControlPlane,
  startTunnel,
  type LogFile,
  type TunnelProcess,
} from './tunnel-process.ts';

afterEach(cleanUp);

interface Bed {
  readonly controlPlane: FakeControlPlane;
  readonly tunnel: TunnelProcess;
  readonly log: LogFile;
}

async function bed(
  flags: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Bed> {
  const [controlPlane, log] = await Promise.all([startControlPlane(), logFile()]);
  const tunnel = await startTunnel({ controlPlane, command: faultyStdio('--log', log.path, ...flags), env });
  return { controlPlane, tunnel, log };
}

const result = (json: unknown): unknown => (json as { result?: unknown }).result;

async function ask(controlPlane: FakeControlPlane, requestId: string, method: string, params = '{}'): Promise<unknown> {
  controlPlane.send({ request_id: requestId, jsonrpc: request(method, '"c"', params) });
  return (await controlPlane.responseFor(requestId)).json;
}

/** Pids of the children that were started, in order. */
const starts = async (log: LogFile, count = 1): Promise<number[]> =>
  (await log.has('start ', count)).map((line) => Number(line.slice('start '.length)));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const gone = async (pid: number): Promise<void> => {
  for (let waited = 0; isAlive(pid); waited += 20) {
    if (waited > 10_000) throw new Error(`${pid} still runs`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Resolves once some file below the folder holds the text. */
const written = async (folder: string, text: string): Promise<void> => {
  for (let waited = 0; ; waited += 20) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const content = entry.isFile() ? await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '') : '';
      if (content.includes(text)) return;
    }
    if (waited > 10_000) throw new Error(`nothing below ${folder} holds ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

describe('a child that dies', () => {
  test('under calls leaves each of them one answer, at once, and the next call finds a new child', async () => {
    const { controlPlane, log } = await bed();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    controlPlane.send(...ids.map((id) => ({ request_id: id, jsonrpc: request('hold', 7) })));
    await log.has('"hold"', 5);
    controlPlane.send({ request_id: 'x', jsonrpc: request('kill') });
    for (const id of [...ids, 'x']) {
      expect(failureOf((await controlPlane.responseFor(id)).json)?.source).toBe('transport_closed');
    }
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    expect(await starts(log, 2)).toHaveLength(2);
    expect(controlPlane.posts).toHaveLength(7);
    expect((await log.lines()).filter((line) => line.includes('"hold"'))).toHaveLength(5);
  });

  test('at each start is reported to every caller while the tunnel goes on polling', async () => {
    const [controlPlane, log] = await Promise.all([startControlPlane(), logFile()]);
    await startTunnel({ controlPlane, command: faultyStdio('--log', log.path, '--exit-on-start', '4') });
    for (const id of ['a', 'b', 'c']) {
      const failure = failureOf(await ask(controlPlane, id, 'echo'));
      expect(failure?.source).toBe('transport_closed');
      expect(failure?.upstream_response_received).toBe(false);
    }
    expect(controlPlane.posts).toHaveLength(3);
  });

  test('on its first two starts serves from the third on', async () => {
    const [controlPlane, log, counter] = await Promise.all([startControlPlane(), logFile(), logFile()]);
    const command = faultyStdio('--log', log.path, '--exit-first', '2', counter.path);
    await startTunnel({ controlPlane, command });
    await starts(log, 3);
    let answered: unknown;
    for (let n = 0; answered === undefined; n += 1)
      answered = result(await ask(controlPlane, `r${n}`, 'raw', '{"text":"1"}'));
    expect(answered).toBe(1);
  });

  test('is given its handshake again, so that a caller goes on without one', async () => {
    const { controlPlane, log } = await bed(['--needs-initialize']);
    const hello = '{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"caller","version":"1"}}';
    expect(result(await ask(controlPlane, 'i', 'initialize', hello))).toMatchObject({ protocolVersion: '2025-06-18' });
    controlPlane.send({ request_id: 'n', jsonrpc: '{"jsonrpc":"2.0","method":"notifications/initialized"}' });
    expect((await controlPlane.responseFor('n')).type).toBe('notify_ack');
    await ask(controlPlane, 'x', 'kill');
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    const initializes = await log.has('"method":"initialize"', 2);
    expect(initializes).toHaveLength(2);
    expect(initializes[1]).toContain(hello);
    await log.has('notifications/initialized', 2);
    expect(controlPlane.postsFor('i')).toHaveLength(1);
  });
});

describe('a child that misbehaves', () => {
  test('by flooding its stderr does not stop', async () => {
    const { controlPlane } = await bed();
    expect(result(await ask(controlPlane, 'r', 'stderr-flood', '{"bytes":8000000}'))).toBe('flooded');
  });

  test('by writing byte for byte, through the middle of characters, is understood', async () => {
    const { controlPlane } = await bed();
    expect(result(await ask(controlPlane, 'r', 'split'))).toBe('né 🚇');
  });

  test('by printing lines that are no messages costs nothing', async () => {
    const { controlPlane, log } = await bed();
    expect(result(await ask(controlPlane, 'r', 'garbage'))).toBe('after garbage');
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    expect(await starts(log)).toHaveLength(1);
  });

  test('by answering for nobody, or twice, reaches nobody with it', async () => {
    const { controlPlane } = await bed();
    expect(result(await ask(controlPlane, 'w', 'wrong-id'))).toBe('right');
    expect(result(await ask(controlPlane, 't', 'twice'))).toBe('first');
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    expect(controlPlane.posts.map((post) => post.requestId)).toEqual(['w', 't', 'next']);
  });

  test('by breaking out of its message does not get into the envelope', async () => {
    const { controlPlane } = await bed();
    controlPlane.send({ request_id: 'r', jsonrpc: request('injection'), response_timeout: '800ms' });
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    for (const post of controlPlane.postsFor('r')) expect(failureOf(post.json)?.source).toBe('protocol');
    expect(controlPlane.badPosts).toEqual([]);
  });

  test('by never answering holds up its own call only', async () => {
    const { controlPlane } = await bed();
    controlPlane.send({ request_id: 'h', jsonrpc: request('hang'), response_timeout: '400ms' });
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    expect(controlPlane.postsFor('h')).toEqual([]);
  });

  test('passes its own error through exactly', async () => {
    const { controlPlane } = await bed();
    const error = '{"message":"né","code":-32003,"data":{"n":12345678901234567890,"n":1}}';
    controlPlane.send({ request_id: 'r', jsonrpc: request('error', '"c"', JSON.stringify({ error })) });
    expect((await controlPlane.responseFor('r')).raw?.toString()).toBe(`{"jsonrpc":"2.0","id":"c","error":${error}}`);
  });
});

describe('between caller and child', () => {
  test('many calls are under way at once', async () => {
    const { controlPlane, log } = await bed();
    const ids = Array.from({ length: 9 }, (_, n) => `r${n}`);
    controlPlane.send(...ids.map((id) => ({ request_id: id, jsonrpc: request('hold') })));
    await log.has('"hold"', 9);
    expect(result(await ask(controlPlane, 'release', 'release'))).toBe('released');
    for (const id of ids) expect(result((await controlPlane.responseFor(id)).json)).toBe('held');
  });

  test('a cancellation reaches the child under the private id, and nothing is posted for the call', async () => {
    const { controlPlane, log } = await bed();
    controlPlane.send({ request_id: 'r', jsonrpc: request('hold', '"mine"') });
    const [held] = await log.has('"hold"');
    controlPlane.send({
      request_id: 'cancel',
      jsonrpc: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"mine","reason":"no"}}',
    });
    expect((await controlPlane.responseFor('cancel')).type).toBe('notify_ack');
    const [cancelled] = await log.has('notifications/cancelled');
    const { id } = JSON.parse(held!) as { id: unknown };
    expect(JSON.parse(cancelled!)).toMatchObject({ params: { requestId: id } });
    expect(result(await ask(controlPlane, 'release', 'release'))).toBe('released');
    expect(controlPlane.postsFor('r')).toEqual([]);
  });

  test('progress finds its caller, under the caller’s own token, in order, before the answer', async () => {
    const { controlPlane } = await bed();
    const params = '{"count":4,"_meta":{"progressToken":"mine"}}';
    controlPlane.send(...['a', 'b'].map((id) => ({ request_id: id, jsonrpc: request('progress', '"same"', params) })));
    for (const id of ['a', 'b']) {
      await controlPlane.responseFor(id);
      expect(controlPlane.notificationsFor(id).map((post) => post.json)).toEqual(
        [0, 1, 2, 3].map((progress) => ({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: 'mine', progress },
        })),
      );
      expect(controlPlane.postsFor(id).at(-1)?.type).toBe('jsonrpc_response');
    }
  });

  test('a flood of progress neither stops the child nor loses the answer', async () => {
    const { controlPlane } = await bed();
    const params = '{"count":20000,"_meta":{"progressToken":1}}';
    expect(result(await ask(controlPlane, 'r', 'progress', params))).toBe('progressed');
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
  });

  test('the child’s own questions get an answer here: its ping a result, the rest -32601', async () => {
    const { controlPlane } = await bed();
    const answers = result(await ask(controlPlane, 'r', 'ask')) as { id: unknown }[];
    expect(answers).toContainEqual({ jsonrpc: '2.0', id: 's1', result: {} });
    expect(answers.find(({ id }) => id === 1)).toMatchObject({ error: { code: -32601 } });
  });

  test('the end of a session is 405, and the child goes on', async () => {
    const { controlPlane, log } = await bed();
    controlPlane.send({ request_id: 't', command_type: 'session_termination', headers: { 'Mcp-Session-Id': ['s'] } });
    expect(await controlPlane.responseFor('t')).toMatchObject({ type: 'session_termination_response', code: 405 });
    expect(result(await ask(controlPlane, 'next', 'raw', '{"text":"1"}'))).toBe(1);
    expect(await starts(log)).toHaveLength(1);
  });

  test('the environment holds none of Culvert’s keys', async () => {
    const { controlPlane } = await bed([], {
      OPENAI_ADMIN_KEY: 'sk-admin-secret',
      CONTROL_PLANE_EXTRA_HEADERS: 'X-Own: env:HEADER_SECRET',
      HEADER_SECRET: 'header-secret',
      OPENAI_API_KEY: 'for the server itself',
    });
    const { env } = result(await ask(controlPlane, 'r', 'env')) as { env: Record<string, string> };
    expect(JSON.stringify(env)).not.toMatch(new RegExp(`${apiKey}|sk-admin-secret|header-secret`));
    expect(env.OPENAI_API_KEY).toBe('for the server itself');
  });

  test('the environment lacks OPENAI_API_KEY where that is the tunnel’s key', async () => {
    const { controlPlane } = await bed([], { CONTROL_PLANE_API_KEY: undefined, OPENAI_API_KEY: apiKey });
    const { env } = result(await ask(controlPlane, 'r', 'env')) as { env: Record<string, string> };
    expect(JSON.stringify(env)).not.toContain(apiKey);
  });
});

describe('when Culvert stops', () => {
  test('on SIGTERM, it answers what is in flight, ends a child that ignores everything, and exits with 0', async () => {
    const { controlPlane, tunnel, log } = await bed(['--stubborn']);
    controlPlane.send({ request_id: 'r', jsonrpc: request('hold') });
    await log.has('"hold"');
    const [pid] = await starts(log);
    const urlFile = join(tunnel.folder, 'health-url');
    expect(await readFile(urlFile, 'utf8')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    // the poll after the one that brought the call may be on its way: it was asked before the stop
    await expect.poll(() => controlPlane.waitingPolls).toBe(1);
    const polls = controlPlane.polls.length;
    expect(await tunnel.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(failureOf((await controlPlane.responseFor('r')).json)?.source).toBe('client_internal');
    expect(isAlive(pid!)).toBe(false);
    expect(controlPlane.polls.length).toBe(polls);
    await expect(readFile(urlFile)).rejects.toThrow(/ENOENT/);
  });

  test('on SIGTERM, a call that ends in time is answered with its result', async () => {
    const { controlPlane, tunnel, log } = await bed();
    controlPlane.send({ request_id: 'r', jsonrpc: request('hold') }, { request_id: 's', jsonrpc: request('hold') });
    await log.has('"hold"', 2);
    tunnel.child.kill('SIGTERM');
    await tunnel.logged(/drain|stopping/i);
    const [pid] = await starts(log);
    process.kill(pid!, 'SIGUSR2');
    for (const id of ['r', 's']) expect(result((await controlPlane.responseFor(id)).json)).toBe('held');
    expect((await tunnel.exited).code).toBe(0);
  });

  test('twice on SIGTERM, it does not wait for calls', async () => {
    const { controlPlane, tunnel, log } = await bed(['--stubborn']);
    controlPlane.send({ request_id: 'r', jsonrpc: request('hold') });
    await log.has('"hold"');
    const [pid] = await starts(log);
    tunnel.child.kill('SIGTERM');
    await tunnel.logged(/drain|stopping/i);
    tunnel.child.kill('SIGTERM');
    await tunnel.exited;
    await gone(pid!);
  });

  test('by a kill, the next one ends the child it left behind', async () => {
    const [controlPlane, log] = await Promise.all([startControlPlane(), logFile()]);
    const command = faultyStdio('--log', log.path, '--stubborn');
    const first = await startTunnel({ controlPlane, command });
    const [orphan] = await starts(log);
    await written(first.folder, String(orphan));
    first.child.kill('SIGKILL');
    await first.exited;
    expect(isAlive(orphan!)).toBe(true);
    const second = await spawnTunnel({
      controlPlane,
      command,
      env: Object.fromEntries(
        ['HOME', 'XDG_RUNTIME_DIR']
          .map((name) => [name, first.folder])
          .concat(
            ['config', 'state', 'cache'].map((name) => [`XDG_${name.toUpperCase()}_HOME`, join(first.folder, name)]),
          ),
      ) as Record<string, string>,
    });
    await gone(orphan!);
    await second.stop();
  });
});
