import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeMcpServer } from '../fakes/mcp-http.ts';
import { loopbackCertificates } from '../support/certificates.ts';
import { call, channelTo, send } from '../support/http-channel.ts';
import { cleanUp } from '../support/network.ts';
import { onPath, suiteNeeds } from '../support/require.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });

/** tinyproxy as its package brings it, with a user of its own. */
async function tinyproxy(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  cleanUp(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const config = join(folder, 'tinyproxy.conf');
  await writeFile(config, `Port ${port}\nListen 127.0.0.1\nTimeout 600\nAllow 127.0.0.1\nBasicAuth user secret\n`);
  const child = spawn(onPath('tinyproxy')!, ['-d', '-c', config], { stdio: 'ignore' });
  cleanUp(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await expect.poll(() => accepts(port)).toBe(true);
  return port;
}

suiteNeeds('tinyproxy')('through tinyproxy', () => {
  test('plain HTTP and TLS calls go through with its sign-in, and are refused by name without', async () => {
    const port = await tinyproxy();
    const { ca, server } = loopbackCertificates();
    const plain = await FakeMcpServer.start();
    const secure = await FakeMcpServer.start({ tls: server });
    for (const one of [plain, secure]) cleanUp(() => one.close());
    const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
    cleanUp(() => rm(folder, { recursive: true }));
    const caBundle = join(folder, 'ca.pem');
    await writeFile(caBundle, ca.cert);
    for (const { endpoint } of [plain, secure]) {
      const channel = (credentials: string) =>
        channelTo(endpoint, {
          profile: { caBundle },
          channel: { httpProxy: `http://${credentials}127.0.0.1:${port}` },
        });
      expect((await send(channel('user:secret@'), call('1'))).answer.status).toBe(200);
      await expect(send(channel(''), call('1'))).rejects.toMatchObject({ code: 'proxy_auth' });
    }
    // It answers 401 to a wrong password, as if it were the server: only on the way to TLS can the two be told apart.
    const wrong = channelTo(secure.endpoint, { channel: { httpProxy: `http://user:wrong@127.0.0.1:${port}` } });
    await expect(send(wrong, call('1'))).rejects.toMatchObject({ code: 'proxy_refused', params: { status: 401 } });
  });
});
