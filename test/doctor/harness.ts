import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doctorRunSchema, type Check, type DoctorRun } from '../../shared/doctor.ts';
import type { Verdict } from '../../shared/evidence.ts';
import type { Profile } from '../../shared/profile.ts';
import { attribute } from '../../src-main/diagnosis/attribution.ts';
import { createProbes } from '../../src-main/diagnosis/probes.ts';
import type { Subject } from '../../src-main/doctor/check.ts';
import type { DoctorServices } from '../../src-main/doctor/services.ts';
import { Doctor } from '../../src-main/doctor/doctor.ts';
import { createEngine } from '../../src-main/engine.ts';
import { createLog } from '../../src-main/observe/log.ts';
import { headlessLimits, TraceStore } from '../../src-main/observe/trace-store.ts';
import { ProfileStore } from '../../src-main/profiles/profile-store.ts';
import { createSecrets } from '../../src-main/secrets/resolver.ts';
import type { SecretStore } from '../../src-main/secrets/secret-store.ts';
import { systemClock } from '../../src-main/base/clock.ts';
import type { TunnelManager } from '../../src-main/tunnel/tunnel-manager.ts';
import { FakeControlPlane, type FakeOptions } from '../fakes/control-plane.ts';
import { FakeMcpServer, jsonAnswer, type McpRequest } from '../fakes/mcp-http.ts';
import type { ServerOptions } from '../fakes/scripted-server.ts';
import { cleanUp, profileWith } from '../support/network.ts';

export const key = 'sk-test-runtime-key-0001';
export const stdioServer = (name: string): string =>
  `${process.execPath} ${new URL(`../fixtures/stdio/${name}.mjs`, import.meta.url).pathname}`;
export const goodCommand = `${process.execPath} ${new URL('../fixtures/two-era-server.mjs', import.meta.url).pathname}`;

export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'culvert-doctor-'));
  cleanUp(() => rm(path, { recursive: true, force: true }));
  return path;
}

export async function file(text: string, name = 'file.pem'): Promise<string> {
  const path = join(await folder(), name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

const planes = new Map<string, FakeControlPlane>();

/** The control plane that a profile names. */
function planeOf({ controlPlane: { baseUrl } }: Profile): FakeControlPlane {
  const plane = planes.get(baseUrl);
  if (!plane) throw new Error(`no control plane at ${baseUrl}`);
  return plane;
}

export async function controlPlane(options: FakeOptions = {}): Promise<FakeControlPlane> {
  const fake = await FakeControlPlane.start(options);
  planes.set(fake.url, fake);
  cleanUp(() => {
    planes.delete(fake.url);
    return fake.close();
  });
  return fake;
}

export async function mcpServer(options: ServerOptions = {}): Promise<FakeMcpServer> {
  const server = await FakeMcpServer.start(options);
  cleanUp(() => server.close());
  return server;
}

export interface Setting {
  readonly env: Record<string, string>;
  readonly services: DoctorServices;
  readonly manager: TunnelManager;
  readonly kept: Map<string, string>;
  readonly doctor: Doctor;
  readonly steps: DoctorRun[];
  /** Called with every step as it is told. */
  onStep: (run: DoctorRun) => void;
}

/**
 * A doctor with real probes and a real engine, in a home of its own, with a keychain in memory. `serverLimitMs`: a server
 * that never answers need not be waited for as long as a person would.
 */
export async function setUp(
  env: Record<string, string> = {},
  { serverLimitMs, ...more }: Partial<DoctorServices> & { readonly serverLimitMs?: number } = {},
): Promise<Setting> {
  const home = await folder();
  const own = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), PATH: process.env['PATH'] ?? '', ...env };
  const kept = new Map<string, string>();
  const keychain: SecretStore = {
    get: (account) => Promise.resolve(kept.get(account)),
    set: (account, value) => Promise.resolve(void kept.set(account, value)),
    delete: (account) => Promise.resolve(kept.delete(account)),
  };
  const secrets = createSecrets({ env: own, store: () => keychain });
  const log = createLog('error', () => undefined);
  const children = { added: () => undefined, removed: () => undefined };
  const searchPath = more.searchPath ?? (() => Promise.resolve(own.PATH));
  const traces = new TraceStore(headlessLimits, () => undefined);
  const manager = createEngine({ secrets, env: own, log, traces, searchPath, children });
  cleanUp(() => manager.stopAll(0));
  const probes = createProbes({
    clock: systemClock,
    ...(serverLimitMs === undefined ? {} : { serverLimitMs }),
    env: own,
    secrets,
    log,
    searchPath,
    children,
    identity: { name: 'culvert', version: '0', instanceId: randomUUID() },
    channelOf: (id, name) => manager.channel(id, name),
  });
  const services: DoctorServices = {
    env: own,
    secrets,
    secretStore: () => keychain,
    probes,
    manager,
    searchPath,
    store: new ProfileStore({ env: own }),
    folder: join(home, '.config', 'culvert'),
    runtimeFolder: join(home, 'run'),
    ...more,
  };
  const steps: DoctorRun[] = [];
  const doctor = new Doctor({
    services,
    changed: (run) => {
      steps.push(run);
      setting.onStep(run);
    },
  });
  cleanUp(() => doctor.settled());
  const setting: Setting = { env: own, services, manager, kept, doctor, steps, onStep: () => undefined };
  return setting;
}

export const subjectOf = (profile: Profile, more: Partial<Subject> = {}): Subject => ({
  id: profile.id,
  name: profile.name,
  profile,
  stored: false,
  ...more,
});

/** A profile for this control plane; `settings` as a profile has them. */
export function profileFor(fake: FakeControlPlane | string, settings: Record<string, unknown> = {}): Profile {
  const { controlPlane: more, ...rest } = settings;
  return profileWith({
    channels: [{ kind: 'stdio', name: 'main', command: goodCommand }],
    ...rest,
    controlPlane: {
      baseUrl: typeof fake === 'string' ? fake : fake.url,
      apiKey: key,
      ...(typeof fake === 'string' ? {} : { tunnelId: fake.tunnelId }),
      ...(more as object | undefined),
    },
  });
}

export const check = (run: DoctorRun, id: string): Check => {
  const found = run.checks.find((each) => each.id === id);
  if (!found) throw new Error(`no check ${id}`);
  return found;
};

export const firstWrong = (run: DoctorRun): Check | undefined =>
  run.checks.find(({ state }) => state === 'fail') ?? run.checks.find(({ state }) => state === 'warn');

/** Runs the doctor on one profile; the run fits the schema, or the test fails. */
export async function examine(setting: Setting, subject: Subject): Promise<DoctorRun> {
  return doctorRunSchema.parse(await setting.doctor.run([subject]));
}

/** What the tray would say of a tunnel that is run like this: the first verdict that names a fault, or that all is well. */
export async function verdictOf({ manager }: Setting, profile: Profile, afterCall = false): Promise<Verdict> {
  const verdict = new Promise<Verdict>((resolve, reject) => {
    const look = (): void => {
      const snapshot = manager.snapshots().find(({ id }) => id === profile.id);
      if (!snapshot) return;
      const found = attribute(snapshot, Date.now());
      const settled = snapshot.channels.every(({ state }) => state.kind !== 'starting' && state.kind !== 'idle');
      const called = !afterCall || snapshot.counts.answered + snapshot.counts.dropped > 0;
      if (found.reason === 'fault' || (snapshot.state.kind === 'connected' && settled && called)) {
        unsubscribe();
        resolve(found);
      }
    };
    const unsubscribe = manager.onChange(look);
    void manager.start(profile).then(look, reject);
  });
  if (afterCall) planeOf(profile).send(oneCall);
  const result = await verdict;
  await manager.stop(profile.id, 0);
  return result;
}

/** What a session begins with: any other call before it is answered by the channel itself. Its caller waits so long. */
const oneCall = {
  request_id: 'one',
  jsonrpc:
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"caller","version":"1"}}}',
  response_timeout: '5s',
};

const result = (text: string) => (request: McpRequest) => jsonAnswer(request, text);

/** An HTTP server that works. */
export async function goodHttpServer(options: ServerOptions = {}): Promise<FakeMcpServer> {
  const server = await mcpServer(options);
  server.on(
    'initialize',
    result('{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"fake","version":"1"}}'),
  );
  server.on('tools/list', result('{"tools":[{"name":"add","inputSchema":{"type":"object"}}]}'));
  return server;
}

export const httpChannel = (url: string) => [{ kind: 'http', name: 'main', url }];
export const stdioChannel = (command: string, more: object = {}) => [{ kind: 'stdio', name: 'main', command, ...more }];
