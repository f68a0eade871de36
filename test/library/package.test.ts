import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRelay } from '../../src-main/relay/relay.ts';
import { suiteNeeds } from '../support/require.ts';

const run = promisify(execFile);

suiteNeeds('patience')('the package as it is installed', () => {
  let folder = '';
  const inFolder = (command: string, args: readonly string[]) => run(command, [...args], { cwd: folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'culvert-package-'));
    await run('npm', ['pack', '--pack-destination', folder]);
    await writeFile(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}');
    await inFolder('npm', ['install', '--omit=optional', '--no-audit', '--no-fund', './culvert-0.1.0.tgz']);
    // what the examples import besides: the official SDK, as this tree has it
    for (const name of ['@modelcontextprotocol', 'zod'])
      await symlink(join(process.cwd(), 'node_modules', name), join(folder, 'node_modules', name));
    await cp('docs/examples', folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is laid out and typed as package managers and compilers want it', async () => {
    await run('npx', ['publint', '--strict', join(folder, 'culvert-0.1.0.tgz')]);
    await run('npx', ['attw', join(folder, 'culvert-0.1.0.tgz'), '--profile', 'esm-only']);
    await writeFile(
      join(folder, 'use.ts'),
      `import { openTunnel, type TunnelState } from 'culvert';\nimport { createRelay } from 'culvert/relay';\nconst relay = await createRelay();\nconst tunnel = await openTunnel({ tunnelId: 'x', apiKey: 'y', server: { url: relay.address } });\nexport const state: TunnelState = tunnel.state;\n// @ts-expect-error there is no such server\nawait openTunnel({ tunnelId: 'x', apiKey: 'y', server: { port: 1 } });\n`,
    );
    const tsc = join(process.cwd(), 'node_modules/.bin/tsc');
    const types = ['--typeRoots', join(process.cwd(), 'node_modules/@types'), '--types', 'node'];
    const flags = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--lib', 'es2023,dom'];
    await inFolder(tsc, [...flags, ...types, 'use.ts']);
  });

  test('brings the relay and the tunnel of an example that is a whole test', async () => {
    const server = join(process.cwd(), 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
    const { stdout } = await inFolder(process.execPath, ['relay-in-tests.mjs', server]);
    expect(stdout).toContain('echo');
  });

  test.each([
    ['server-object.mjs', 'greet', { name: 'you' }, 'Hello, you'],
    ['fetch-handler.mjs', 'now', {}, 'T'],
  ])('opens a tunnel: %s', async (file, name, args, text) => {
    const relay = await createRelay();
    const { id, apiKey, mcpUrl } = relay.addTunnel();
    const child = spawn(process.execPath, [file], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        CONTROL_PLANE_TUNNEL_ID: id,
        CONTROL_PLANE_API_KEY: apiKey,
        CONTROL_PLANE_BASE_URL: relay.address,
      },
    });
    try {
      await expect.poll(() => relay.connected(id)).toBe(true);
      const client = new Client({ name: 'test', version: '1' });
      const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }));
      const { content } = await client.callTool({ name, arguments: args });
      expect((content as { text: string }[])[0]?.text).toContain(text);
      await client.close();
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await relay.close();
    }
  });
});
