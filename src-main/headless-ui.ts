import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Profile } from '../shared/profile.ts';
import type { HttpListener } from './admin/http-listener.ts';
import type { Handler } from './admin/listener.ts';
import { BrowserTransport } from './api/browser-transport.ts';
import type { DraftStore } from './drafts/draft-store.ts';
import { createHeadlessPlatform } from './api/headless-platform.ts';
import type { ProfileLocks } from './api/tunnel-control.ts';
import type { Demo } from './demo/demo.ts';
import { selfCommand } from './demo/self-command.ts';
import { createHost, type Host } from './host.ts';
import type { Environment } from './process/environment.ts';
import type { Log } from './observe/log.ts';
import type { TraceStore } from './observe/trace-store.ts';
import { configFolder } from './settings/folders.ts';
import type { SecretStore } from './secrets/secret-store.ts';
import type { Secrets } from './secrets/resolver.ts';
import { AppSettings } from './settings/app-settings.ts';
import { headlessSettingsFile } from './settings/headless-file.ts';
import type { TunnelManager } from './tunnel/tunnel-manager.ts';

export interface HeadlessUiOptions {
  readonly listener: HttpListener;
  readonly manager: TunnelManager;
  readonly traces: TraceStore;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly env: Environment;
  /** What this process runs, whether or not it is in a file. */
  readonly profiles: readonly Profile[];
  /** The secrets above are resolved through these. */
  readonly drafts: DraftStore;
  readonly keychain: () => SecretStore;
  readonly locks?: ProfileLocks;
  readonly demo?: Demo;
  readonly children?: { added(pid: number): void; removed(pid: number): void };
}

export interface HeadlessUi {
  readonly handle: Handler;
  close(): void;
}

/** The built pages, beside the bundle of the command line. */
const pages = (): string => fileURLToPath(new URL('../renderer/', import.meta.url));

/** The same pages as in the app, for a browser, at `/ui` of the loopback listener. */
export function createUi(options: HeadlessUiOptions): HeadlessUi {
  const { listener, manager, traces, log, secrets, env, profiles, drafts, keychain, children, demo, locks } = options;
  const searchPath = () => Promise.resolve(env['PATH'] ?? '');
  const folder = configFolder(env);
  const host: Host = createHost({
    folder,
    env,
    manager,
    traces,
    log,
    settings: new AppSettings(headlessSettingsFile(folder)),
    secrets,
    secretStore: keychain,
    drafts,
    keychain: () => ({ backend: 'keychain' }),
    platform: createHeadlessPlatform(({ name, type, body }) => browser.offer(name, type, body)),
    instanceId: randomUUID(),
    ...(children ? { children } : {}),
    searchPath,
    versions: {},
    browser: { address: () => listener.uiAddress(), revoke: () => listener.revokeSessions() },
    demoServer: selfCommand('demo-server'),
    given: profiles,
    ...(locks ? { locks } : {}),
  });
  const browser = new BrowserTransport(pages(), host.dispatch, host.callers);
  if (demo) host.demo.adopt(demo);
  return {
    handle: (request, response, url) => browser.handle(request, response, url),
    close() {
      browser.close();
      host.close();
    },
  };
}
