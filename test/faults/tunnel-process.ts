import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeControlPlane, type FakeOptions } from '../fakes/control-plane.ts';
import { FakeMcpServer } from '../fakes/mcp-http.ts';
import { patienceMs } from '../support/patience.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Another client of the same protocol can be put in here, to see whether a test is about the protocol or about Culvert. */
const program = process.env.CULVERT_UNDER_TEST?.split(' ') ?? [process.execPath, 'out/cli/culvert.cjs'];

/** The runtime key of every tunnel here: nothing that leaves Culvert but the Authorization header may contain it. */
export const apiKey = 'sk-faults-0123456789abcdef';

/** A command line for the stdio child that does as it is told. */
export const faultyStdio = (...args: readonly string[]): string =>
  [process.execPath, fixture('faulty-stdio.mjs'), ...args].map((word) => `'${word}'`).join(' ');

export interface TunnelOptions {
  readonly controlPlane: FakeControlPlane;
  /** One channel, `main`. More of them, or anything else, through `args`. */
  readonly serverUrl?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** `culvert run` as a process of its own. */
export class TunnelProcess {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** stdout and stderr together, so far. */
  log = '';
  readonly #watchers = new Set<() => void>();

  constructor(child: ChildProcess, folder: string) {
    this.child = child;
    this.folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.log += text;
        for (const watcher of this.#watchers) watcher();
      });
    }
    this.exited = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves once the log matches. */
  async logged(pattern: RegExp, ms = patienceMs): Promise<void> {
    if (pattern.test(this.log)) return;
    await new Promise<void>((resolve, reject) => {
      const watcher = (): void => {
        if (!pattern.test(this.log)) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        reject(new Error(`${String(pattern)} was not logged within ${ms} ms:\n${this.log}`));
      }, ms);
      this.#watchers.add(watcher);
    });
  }

  /** Base URL of its listener, from the URL file. */
  async health(path: string): Promise<{ status: number; text: string }> {
    const base = (await readFile(join(this.folder, 'health-url'), 'utf8')).trim();
    const answer = await fetch(`${base}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: string | null }> {
    if (this.running) this.child.kill(signal);
    return this.exited;
  }
}

const open: (() => Promise<unknown>)[] = [];

/** Ends all that a test has started; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

export async function startControlPlane(options?: FakeOptions): Promise<FakeControlPlane> {
  const fake = await FakeControlPlane.start(options);
  open.push(() => fake.close());
  return fake;
}

export async function startMcpServer(options?: Parameters<typeof FakeMcpServer.start>[0]): Promise<FakeMcpServer> {
  const fake = await FakeMcpServer.start(options);
  open.push(() => fake.close());
  return fake;
}

/** Starts the tunnel; does not wait for anything. */
export async function spawnTunnel(options: TunnelOptions): Promise<TunnelProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-faults-'));
  const [command, ...first] = program as [string, ...string[]];
  const args = [
    ...[...first, 'run', '--control-plane.base-url', options.controlPlane.url],
    ...['--control-plane.tunnel-id', options.controlPlane.tunnelId, '--log.level', 'debug', '--log.format', 'json'],
    ...['--health.listen-addr', '127.0.0.1:0', '--health.url-file', join(folder, 'health-url')],
    ...(options.serverUrl === undefined ? [] : ['--mcp.server-url', options.serverUrl]),
    ...(options.command === undefined ? [] : ['--mcp.command', options.command]),
    ...(options.args ?? []),
  ];
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_RUNTIME_DIR: folder,
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      CONTROL_PLANE_API_KEY: apiKey,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tunnel = new TunnelProcess(child, folder);
  open.push(async () => {
    await tunnel.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  return tunnel;
}

/** Starts the tunnel and waits for its first poll. */
export async function startTunnel(options: TunnelOptions): Promise<TunnelProcess> {
  const tunnel = await spawnTunnel(options);
  const before = options.controlPlane.polls.length;
  await Promise.race([
    options.controlPlane.poll(before),
    tunnel.exited.then(({ code, signal }) => {
      throw new Error(`the tunnel ended with ${code ?? signal} before its first poll:\n${tunnel.log}`);
    }),
  ]).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${tunnel.log}`, { cause: error });
  });
  return tunnel;
}

/** A file into which a fixture writes, and that a test reads. */
export class LogFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async lines(): Promise<string[]> {
    return (await readFile(this.path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  }

  /** The lines, once there are `count` that contain `text`. */
  async has(text: string, count = 1, ms = patienceMs): Promise<string[]> {
    for (const started = performance.now(); performance.now() - started < ms;) {
      const found = (await this.lines()).filter((line) => line.includes(text));
      if (found.length >= count) return found;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    throw new Error(`${count} times "${text}" within ${ms} ms: not seen in\n${(await this.lines()).join('\n')}`);
  }
}

export async function logFile(): Promise<LogFile> {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-log-'));
  const log = new LogFile(join(folder, 'log'));
  open.push(async () => {
    // Only where a test failed is a child left: one that still is what the log says it was.
    for (const line of await log.lines()) {
      const pid = /^start (\d+)$/.exec(line)?.[1];
      const commandLine = pid && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
      if (commandLine?.includes(log.path)) process.kill(Number(pid), 'SIGKILL');
    }
    await rm(folder, { recursive: true, force: true });
  });
  return log;
}

/** A request message as text: `id` and `params` are raw JSON. */
export const request = (method: string, id: string | number = 1, params?: string): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params === undefined ? '' : `,"params":${params}`}}`;

export interface Failure {
  readonly version: number;
  readonly source: string;
  readonly transport_error_kind?: string;
  readonly upstream_response_received: boolean;
  readonly upstream_status?: number;
}

/** `error.data.tunnel_failure` of a posted response. */
export const failureOf = (json: unknown): Failure | undefined =>
  (json as { error?: { data?: { tunnel_failure?: Failure } } }).error?.data?.tunnel_failure;
