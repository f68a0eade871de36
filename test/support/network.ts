import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import { afterEach } from 'vitest';
import { profileSchema, type Profile } from '../../shared/profile.ts';
import { createRoutes } from '../../src-main/network/profile-routes.ts';
import type { RouteDeps, Routes } from '../../src-main/network/routes.ts';
import type { SecretResolver } from '../../src-main/secrets/secret-resolver.ts';

const cleanups: (() => unknown)[] = [];

/** Runs after the test, last one first. */
export const cleanUp = (run: () => unknown): void => void cleanups.push(run);

afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** Every reference stands for itself. */
export const literalSecrets: SecretResolver = { resolve: async (ref) => ref, onReplaced: () => () => undefined };

export const profileWith = (settings: Record<string, unknown> = {}): Profile =>
  profileSchema.parse({
    id: 'p',
    name: 'p',
    channels: [],
    mcp: {},
    harpoon: {},
    capture: {},
    ...settings,
    controlPlane: { tunnelId: `tunnel_${'a'.repeat(32)}`, ...(settings['controlPlane'] as object | undefined) },
  });

/** Routes of a profile that see nothing of this machine's environment; closed after the test. */
export function routesFor(settings: Record<string, unknown> = {}, deps: Partial<RouteDeps> = {}): Routes {
  const routes = createRoutes(profileWith(settings), { secrets: literalSecrets, env: {}, ...deps });
  cleanUp(() => routes.close());
  return routes;
}

/** Listens on a free port of loopback until the test is over. */
export async function listen(server: Server | NetServer, scheme = 'http', host = '127.0.0.1'): Promise<URL> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  cleanUp(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return new URL(`${scheme}://${host}:${(server.address() as AddressInfo).port}`);
}

/**
 * A port of loopback on which nobody listens, and nobody can begin to during the test: it is the near end of a
 * connection. One that was free a moment ago may be another test's by now.
 */
export async function deadPort(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  const url = await listen(server);
  const socket = connect(Number(url.port), url.hostname);
  cleanUp(() => socket.destroy());
  await once(socket, 'connect');
  return socket.localPort ?? 0;
}
