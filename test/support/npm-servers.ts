import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Entry files of the third-party MCP servers, which are run with this very Node. */
export const npmServers = {
  everything: resolve('@modelcontextprotocol/server-everything/dist/index.js'),
  filesystem: resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
  memory: resolve('@modelcontextprotocol/server-memory/dist/index.js'),
} as const;

/** A command line of node and arguments, quoted for a shell-like splitter. */
export const commandLine = (...args: readonly string[]): string =>
  [process.execPath, ...args].map((arg) => `"${arg}"`).join(' ');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** server-everything over Streamable HTTP, as a process of its own. */
export async function startEverythingHttp(): Promise<{ url: string; close(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(process.execPath, [npmServers.everything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  await new Promise<void>((resolveStart, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('listening')) resolveStart();
    });
    child.once('exit', (code) => reject(new Error(`server-everything exited with ${code ?? 'a signal'}`)));
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
