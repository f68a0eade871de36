import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallArgs, Caller, CallName, CallResult, EventName, EventPayload, Reply } from '../../shared/ipc.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { DraftStore } from '../../src-main/drafts/draft-store.ts';
import { createHeadlessPlatform } from '../../src-main/api/headless-platform.ts';
import { createEngine } from '../../src-main/engine.ts';
import { createHost, type Host } from '../../src-main/host.ts';
import { createLog } from '../../src-main/observe/log.ts';
import { headlessLimits, TraceStore } from '../../src-main/observe/trace-store.ts';
import { createSecrets } from '../../src-main/secrets/resolver.ts';
import type { SecretStore } from '../../src-main/secrets/secret-store.ts';
import { AppSettings } from '../../src-main/settings/app-settings.ts';
import { systemClock, type Clock } from '../../src-main/base/clock.ts';
import { cleanUp } from './network.ts';

/** A keychain whose entries a test can look at. */
export function memoryStore(entries = new Map<string, string>()): SecretStore {
  return {
    get: (account) => Promise.resolve(entries.get(account)),
    set: (account, value) => Promise.resolve(void entries.set(account, value)),
    delete: (account) => Promise.resolve(entries.delete(account)),
  };
}

export interface TestHost {
  readonly host: Host;
  /** Culvert's own folder; profiles are in `profiles` of it. */
  readonly folder: string;
  /** Everything that was logged, as text. */
  readonly logged: () => string;
  /** Files that were offered for saving, such as the support bundle. */
  readonly offered: readonly string[];
  /** Events that were sent to the caller. */
  readonly events: { readonly name: EventName; readonly payload: unknown }[];
  readonly on: <N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void) => void;
  /** The caller's window is closed. */
  readonly leave: () => void;
  /** Calls of another window. */
  readonly other: () => Pick<TestHost, 'call' | 'get'>;
  readonly call: <N extends CallName>(name: N, args: CallArgs<N>) => Promise<Reply<CallResult<N>>>;
  /** The same for a call that has to work. */
  readonly get: <N extends CallName>(name: N, args: CallArgs<N>) => Promise<CallResult<N>>;
}

/** Engine and handlers of one process as the app and `culvert run` compose them, in a folder of their own. */
export async function startHost(
  options: { store?: SecretStore; clock?: Clock; env?: Record<string, string> } = {},
): Promise<TestHost> {
  const { store = memoryStore(), clock = systemClock } = options;
  const folder = await mkdtemp(join(tmpdir(), 'culvert-host-'));
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder };
  const env = { ...own, ...options.env };
  const lines: string[] = [];
  const log = createLog('trace', (line) => lines.push(JSON.stringify(line)));
  const drafts = new DraftStore();
  const secrets = createSecrets({ env, store: () => drafts.over(() => store) });
  const traces = new TraceStore(headlessLimits, () => undefined);
  const manager = createEngine({ secrets, env, log, traces });
  const searchPath = () => Promise.resolve(env.PATH);
  const offered: string[] = [];
  const host = createHost({
    folder: join(folder, 'culvert'),
    env,
    manager,
    traces,
    log,
    settings: new AppSettings({ read: () => settingsSchema.parse({}), write: () => undefined }),
    secrets,
    secretStore: () => store,
    drafts,
    keychain: () => ({ backend: 'keychain' }),
    platform: createHeadlessPlatform(({ body }) => `download ${offered.push(body)}`),
    instanceId: 'test',
    searchPath,
    versions: {},
    browser: { address: () => undefined, revoke: () => undefined },
    demoServer: [],
    clock,
  });
  const events: { name: EventName; payload: unknown }[] = [];
  const listeners: ((name: EventName, payload: unknown) => void)[] = [];
  const gone: (() => void)[] = [];
  const caller: Caller = {
    id: 'test',
    host: 'window',
    send: (name, payload) => {
      events.push({ name, payload });
      for (const listener of listeners) listener(name, payload);
    },
    onGone: (run) => void gone.push(run),
  };
  cleanUp(async () => {
    host.close();
    await manager.stopAll(0);
    await rm(folder, { recursive: true, force: true });
  });
  const callsOf = (of: Caller): Pick<TestHost, 'call' | 'get'> => {
    const call: TestHost['call'] = (name, args) => host.dispatch(name, args, of) as never;
    return {
      call,
      get: async (name, args) => {
        const reply = await call(name, args);
        if (!reply.ok) throw new Error(`${name}: ${JSON.stringify(reply.error)}`);
        return reply.value;
      },
    };
  };
  return {
    host,
    folder: join(folder, 'culvert'),
    logged: () => lines.join('\n'),
    offered,
    events,
    on: (name, listener) => void listeners.push((told, payload) => told === name && listener(payload as never)),
    leave: () => gone.forEach((run) => run()),
    other: () => callsOf({ ...caller, id: 'other', onGone: () => undefined }),
    ...callsOf(caller),
  };
}
