import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { FakeMcpServer } from '../fakes/mcp-http.ts';
import { FakeSocks } from '../fakes/proxy.ts';
import { cli } from '../support/culvert.ts';
import { cleanUp } from '../support/network.ts';

const socks = async (auth?: string): Promise<FakeSocks> => {
  const proxy = await new FakeSocks(auth === undefined ? {} : { auth }).start();
  cleanUp(() => proxy.close());
  return proxy;
};

test('a profile with SOCKS5 proxies polls and calls through them, and a flag or a variable names others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-socks-'));
  cleanUp(() => rm(folder, { recursive: true, force: true }));
  const plane = await FakeControlPlane.start();
  const server = await FakeMcpServer.start();
  cleanUp(() => plane.close());
  cleanUp(() => server.close());
  const call = async (proxies: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
    const file = join(folder, 'socks.yaml');
    const [general = '', own = ''] = proxies.split(' ');
    await writeFile(
      file,
      `config_version: 1\n${general === '' ? '' : `http_proxy: ${general}\n`}control_plane:\n  base_url: ${plane.url}\n` +
        `  tunnel_id: ${plane.tunnelId}\nmcp:\n  server_urls:\n    - url: ${server.endpoint}\n${own === '' ? '' : `      http_proxy: ${own}\n`}`,
    );
    const child = spawn(
      process.execPath,
      [resolve(cli), 'run', '--profile-file', file, '--health.listen-addr', '127.0.0.1:0', ...args],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, CONTROL_PLANE_API_KEY: 'rk-key', ...env },
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const ended = once(child, 'close');
    try {
      await expect.poll(() => said).toMatch(/Connected:|culvert: /);
      expect(said).not.toContain('culvert: ');
      const id = `r${plane.polls.length}`;
      plane.send({ request_id: id, jsonrpc: { jsonrpc: '2.0', id: 1, method: 'tools/list' } });
      expect(await plane.responseFor(id)).toMatchObject({ code: 200 });
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    expect(said).not.toContain('pass word');
    expect(said).not.toContain('pass%20word');
  };
  const toPlane = new URL(plane.url).host;
  const toServer = new URL(server.endpoint).host;

  const [general, own] = [await socks(), await socks('user:pass word')];
  await call(`socks5://${general.host} socks5://user:pass%20word@${own.host}`, [], {});
  expect(new Set(general.targets)).toEqual(new Set([toPlane]));
  expect(new Set(own.targets)).toEqual(new Set([toServer]));

  const [flag, variable] = [await socks(), await socks()];
  await call('', ['--control-plane.http-proxy', `socks5://${flag.host}`], {
    MCP_HTTP_PROXY: `socks5://${variable.host}`,
  });
  expect(new Set(flag.targets)).toEqual(new Set([toPlane]));
  expect(new Set(variable.targets)).toEqual(new Set([toServer]));
});
