import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { culvert } from '../support/culvert.ts';
import { cleanUp, deadPort, listen } from '../support/network.ts';

/** A listener like that of a client that runs. */
async function client(answers: Readonly<Record<string, [number, string]>> = {}): Promise<URL> {
  const all: Readonly<Record<string, [number, string]>> = {
    '/healthz': [200, '{"status":"healthy"}'],
    '/readyz': [200, '{"status":"ready"}'],
    '/metrics': [200, '# HELP x\ncommands_poll_last_successful_timestamp_seconds{tunnel="t"} 1.5e9\n'],
    ...answers,
  };
  return listen(
    createServer(({ url = '' }, response) => {
      const [status, body] = all[url] ?? [404, ''];
      response.writeHead(status).end(body);
    }),
  );
}

async function file(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), text);
  return join(folder, 'file');
}

describe('culvert health', () => {
  it('is 0 for a process that is live and ready, by port, address or file, and prints the report', async () => {
    const url = await client();
    for (const args of [
      ['--port', url.port],
      ['--url', `${url.origin}/readyz`],
      ['--url-file', await file(`${url.origin}\n`)],
    ])
      expect((await culvert(['health', ...args])).code).toBe(0);
    const all = ['--pid-file', await file(`${process.pid}\n`), '--require-control-plane-poll', '--json'];
    const { code, lines } = await culvert(['health', '--port', url.port, ...all]);
    expect(code).toBe(0);
    expect(JSON.parse(lines.join(''))).toMatchObject({
      locator: { kind: 'port', port: Number(url.port), resolved_base_url: url.origin },
      process: { pid: process.pid, running: true },
      base_url: url.origin,
      ui_url: `${url.origin}/ui`,
      healthz: { url: `${url.origin}/healthz`, ok: true, status: 200, body: '{"status":"healthy"}' },
      readyz: { ok: true },
      control_plane_poll: { ok: true, value: 1.5e9 },
      result: 'ok',
    });
  });

  it('is 2 for one that is not ready, not there, another process, or never polled, and says which', async () => {
    const unready = await client({ '/readyz': [503, '{"status":"not_ready"}'] });
    const silent = await client({ '/metrics': [200, 'commands_poll_last_successful_timestamp_seconds 0\n'] });
    const dead = String(await deadPort());
    for (const [args, said] of [
      [['--port', unready.port], /Readyz: FAIL .*HTTP 503/],
      [['--port', dead], /Healthz: FAIL .*ECONNREFUSED/],
      [['--port', silent.port, '--require-control-plane-poll'], /Control-plane poll: FAIL .*no poll/],
      [['--port', silent.port, '--pid-file', await file('none')], /Process: FAIL .*holds no process id/],
      [['--url-file', '/nowhere/url'], /Locator error: .*ENOENT/],
    ] as const) {
      const { code, lines } = await culvert(['health', ...args]);
      expect([code, lines.join('\n')]).toEqual([2, expect.stringMatching(said)]);
      expect(lines.at(-1)).toBe('Result: FAIL');
    }
  });

  it('wants exactly one place to ask', async () => {
    expect((await culvert(['health'])).code).toBe(2);
    expect((await culvert(['health', '--port', '1', '--url', 'http://127.0.0.1:1'])).code).toBe(2);
  });
});

it.each([
  [['runtimes', 'list', '--json'], 'culvert status'],
  [['admin-profiles', 'set', 'x', '--key', 'env:A'], 'OPENAI_ADMIN_KEY'],
])('%j leads to what there is instead', async (args, instead) => {
  const { code, errors } = await culvert(args);
  expect(code).toBe(2);
  expect(errors).toContain(instead);
});

it('has a page about the plugin', async () => {
  expect((await culvert(['help', 'plugin'])).lines.join('\n')).toContain('Codex');
});
