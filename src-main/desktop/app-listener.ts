import { randomUUID } from 'node:crypto';
import { createHttpListener, type HttpListener } from '../admin/http-listener.ts';
import type { BrowserTransport } from '../api/browser-transport.ts';
import type { ProfileLocks } from '../api/tunnel-control.ts';
import { runtimeFolder } from '../runtime/runtime-folder.ts';
import type { Log } from '../observe/log.ts';
import { endOrphans } from '../runtime/orphans.ts';
import { RuntimeFile } from '../runtime/runtime-file.ts';
import type { Env } from '../settings/layers.ts';

export interface AppListener {
  readonly instanceId: string;
  readonly browser: { address(): string | undefined; revoke(): void };
  readonly locks: ProfileLocks;
  childAdded(pid: number): void;
  childRemoved(pid: number): void;
  /** Opens the app's loopback address for the browser UI and the command line. A failure costs these two only, and is logged. */
  open(browser: BrowserTransport): Promise<void>;
  close(): Promise<void>;
}

export function openAppListener(env: Env, log: Log): AppListener {
  const listener: HttpListener = createHttpListener({
    onFault: (error, path) =>
      log.error('A request to the listener failed.', {
        path,
        error: error instanceof Error ? error.message : String(error),
      }),
  });
  let runtime: RuntimeFile | undefined;
  /** Children that were started before the file was there. */
  const early = new Set<number>();
  const openRuntime = async (): Promise<void> => {
    const folder = runtimeFolder(env);
    runtime = await RuntimeFile.open(folder, 'app');
    for (const pid of early) runtime.added(pid);
    const ended = await endOrphans(folder);
    if (ended.length > 0) log.warn('Ended what an earlier Culvert left running.', { pids: ended.join(' ') });
  };
  return {
    instanceId: randomUUID(),
    browser: { address: () => listener.uiAddress(), revoke: () => listener.revokeSessions() },
    locks: {
      lockProfile: async (id, name) => runtime?.lockProfile(id, name),
      unlockProfile: async (id) => runtime?.unlockProfile(id),
    },
    childAdded(pid) {
      early.add(pid);
      runtime?.added(pid);
    },
    childRemoved(pid) {
      early.delete(pid);
      runtime?.removed(pid);
    },
    async open(browser) {
      try {
        browser.mount(listener);
        await Promise.all([openRuntime(), listener.listen()]);
        if (listener.address !== undefined) await runtime?.setEndpoint(listener.address, listener.instanceToken);
      } catch (error) {
        log.error('The app has no loopback address: neither browser nor command line can reach it.', {
          error: error instanceof Error ? error.message : String(error),
        });
      }
    },
    async close() {
      await listener.close();
      await runtime?.close();
    },
  };
}
