import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Handler, Listener } from '../../../src-main/admin/listener.ts';
import { BrowserTransport } from '../../../src-main/api/browser-transport.ts';
import { createDispatch } from '../../../src-main/api/dispatch.ts';
import { World, type Scenario } from './world.ts';

export interface FakeBackend {
  readonly url: string;
  readonly world: World;
  /** Goes away without a word, and comes back at the same address. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The built pages under their real policy, over the real browser transport, in front of a made-up world. */
export async function startFakeBackend(scenario: Scenario, root: string, stepMs?: number): Promise<FakeBackend> {
  const world = new World(scenario, stepMs);
  const dispatch = createDispatch(world.handlers, (name, cause) => console.error(name, cause));
  const transport = new BrowserTransport(
    root,
    (name, args, caller) => {
      world.heard.push({ name: String(name), args });
      return dispatch(name, args, caller);
    },
    world.callers,
  );
  let serve: Handler = () => undefined;
  const server = createServer((request, response) => {
    void serve(request, response, new URL(request.url ?? '/', 'http://localhost'));
  });
  const listener: Listener = {
    address: undefined,
    mount: (_path, _access, handler) => {
      serve = handler;
      return () => undefined;
    },
    listen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  transport.mount(listener);
  const listen = async (wanted: number): Promise<void> => {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/ui/`,
    world,
    stop,
    start: () => listen(port),
    close: () => {
      transport.close();
      return stop();
    },
  };
}
