import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import type { AddedTunnel, Relay } from '../../src-main/relay/relay.ts';

/** A tunnel client as a process of its own, polling a tunnel of `relay`. */
export interface TunnelProcess {
  readonly tunnel: AddedTunnel;
  /** A new connection to the tunnel's MCP endpoint. */
  transport(): StreamableHTTPClientTransport;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** `client` takes the reference's flags: the reference itself, or ours. */
export async function startTunnelProcess(
  relay: Relay,
  client: readonly [program: string, ...args: string[]],
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TunnelProcess> {
  const tunnel = relay.addTunnel();
  const [program, ...args] = client;
  const child = spawn(program, [...args, 'run', '--health.listen-addr', '127.0.0.1:0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...env,
      CONTROL_PLANE_BASE_URL: relay.address,
      CONTROL_PLANE_TUNNEL_ID: tunnel.id,
      CONTROL_PLANE_API_KEY: tunnel.apiKey,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (log += text.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    return (await exited)[0];
  };
  try {
    await expect
      .poll(() => (child.exitCode === null ? relay.connected(tunnel.id) : `exit ${child.exitCode}: ${log}`))
      .toBe(true);
  } catch (error) {
    await stop();
    throw error;
  }
  const requestInit = { headers: { authorization: `Bearer ${tunnel.apiKey}` } };
  return { tunnel, transport: () => new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { requestInit }), stop };
}
