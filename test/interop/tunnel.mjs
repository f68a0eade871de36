import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, URL } from 'node:url';

const cli = fileURLToPath(new URL('../../out/cli/culvert.cjs', import.meta.url));
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function start(program, args, env = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Ends what was started here, and waits for it. */
export async function endAll() {
  await Promise.all(
    [...children].map(async (child) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await once(child, 'exit');
      clearTimeout(timer);
    }),
  );
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(url) {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await globalThis
      .fetch(url, { method: 'GET', signal: globalThis.AbortSignal.timeout(2_000) })
      .catch(() => undefined);
    await found?.body?.cancel().catch(() => undefined);
    if (found !== undefined) return;
    await pause(50);
  }
  throw new Error(`nothing answers at ${url}`);
}

/** A server that is a program is started by each client; one with an address runs from here on. */
export async function startServer({ command, listen, path = '/mcp' }) {
  if (listen === undefined) return { command };
  const port = await freePort();
  const [program, ...args] = listen(port);
  start(program, args);
  const url = `http://127.0.0.1:${port}${path}`;
  await answers(url);
  return { url };
}

/** Clients need not know of the relay's key: this adds it. */
async function front(target, headers) {
  const server = createServer((incoming, response) => {
    const options = {
      method: incoming.method,
      headers: { ...incoming.headers, ...headers, host: new URL(target).host },
    };
    const outgoing = request(target, options, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

const quoted = (words) => words.map((word) => `"${word.replaceAll('"', '\\"')}"`).join(' ');

export async function startTunnel(server, folder) {
  const relayProcess = start(process.execPath, [cli, 'relay', '--listen', '127.0.0.1:0', '--json']);
  const [line] = await once(createInterface({ input: relayProcess.stdout }), 'line');
  relayProcess.stdout.resume();
  const relay = JSON.parse(line);
  const home = mkdtempSync(join(folder, 'home-'));
  const urlFile = join(home, 'url');
  const where = server.url === undefined ? ['--mcp.command', quoted(server.command)] : ['--mcp.server-url', server.url];
  const run = start(
    process.execPath,
    [
      ...[cli, 'run', '--control-plane.base-url', relay.controlPlane, '--control-plane.tunnel-id', relay.tunnelId],
      ...[...where, '--health.listen-addr', '127.0.0.1:0', '--health.url-file', urlFile],
    ],
    { CONTROL_PLANE_API_KEY: relay.apiKey, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home },
  );
  run.stdout.resume();
  while (!existsSync(urlFile)) await pause(20);
  for (let ready = false; !ready;) {
    const answer = await globalThis.fetch(`${readFileSync(urlFile, 'utf8').trim()}/readyz`).catch(() => undefined);
    ready = answer?.ok === true;
    if (!ready) await pause(50);
  }
  return front(relay.mcpUrl, { authorization: `Bearer ${relay.apiKey}` });
}
