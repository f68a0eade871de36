// One measurement each: a fresh tunnel, a fresh server, a fresh load source, then numbers.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { costOf, here, startPart, startProgram } from './process.mjs';

const TUNNEL_ID = `tunnel_${'b'.repeat(32)}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};

const serverFor = ({ kind, size, delay = 0 }) =>
  kind === 'stdio' ? undefined : startPart('server-http.mjs', kind, size, delay);

const stdioCommand = ({ size, delay = 0 }) => ({
  command: process.execPath,
  args: [here('server-stdio.mjs'), String(size), String(delay)],
});

/** Starts `program` as a tunnel between `baseUrl` and the scenario's server; both programs know the same flags. */
function startTunnel(program, scenario, { folder, baseUrl, server, ca, proxy, watch }) {
  const { command, args } = stdioCommand(scenario);
  const flags = [
    'run',
    ...['--control-plane.base-url', baseUrl, '--control-plane.tunnel-id', TUNNEL_ID],
    ...[
      '--control-plane.api-key',
      'env:BENCH_KEY',
      '--health.listen-addr',
      '127.0.0.1:0',
      '--log.level',
      'warn',
      '--log.format',
      'json',
    ],
    ...(server
      ? ['--mcp.server-url', `http://127.0.0.1:${server.port}/mcp`]
      : ['--mcp.command', [command, ...args].join(' ')]),
    ...(ca ? ['--ca-bundle', ca] : []),
    ...(proxy ? ['--http-proxy', `http://127.0.0.1:${proxy.port}`] : []),
    ...(scenario.slots
      ? [
          '--mcp.max-concurrent-requests',
          String(scenario.slots),
          '--control-plane.max-inflight',
          String(scenario.slots),
        ]
      : []),
  ];
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: folder,
    BENCH_KEY: 'sk-bench',
    ...(ca ? { BENCH_CA: readFileSync(ca, 'utf8') } : {}),
  };
  if (!program.script) return startProgram(program.file, flags, { env });
  const preload = watch ? ['--import', here('loop-delay.mjs')] : [];
  return startProgram(process.execPath, [...(program.nodeFlags ?? []), ...preload, program.script, ...flags], {
    env,
    ipc: watch,
  });
}

/** Everything between a caller and a server, up and polling. `use` gets load source and tunnel; all of it ends afterwards. */
async function withTunnel(program, scenario, use, { watch = true, certificate } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-bench-'));
  const stops = [];
  const keep = (part) => {
    if (part) stops.unshift(part.stop);
    return part;
  };
  try {
    const ca = certificate && join(folder, 'ca.pem');
    if (ca) writeFileSync(ca, certificate.cert);
    const load = keep(await startPart('load.mjs', ...(certificate ? [JSON.stringify(certificate)] : [])));
    const wire = scenario.far ? keep(await startPart('delay.mjs', load.port)) : load;
    const server = keep(await serverFor(scenario));
    const proxy = scenario.proxy && keep(await startPart('proxy.mjs'));
    const polling = load.next('firstPoll');
    const spawned = performance.timeOrigin + performance.now();
    const baseUrl = `${certificate ? 'https' : 'http'}://127.0.0.1:${wire.port}`;
    const tunnel = keep(startTunnel(program, scenario, { folder, baseUrl, server, ca, proxy, watch }));
    const firstPoll = await Promise.race([polling, tunnel.failed]);
    return await Promise.race([use({ load, tunnel, startMs: firstPoll - spawned, server, wire }), tunnel.failed]);
  } finally {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const summary = ({ calls, ms, latencies }) => ({
  rate: (calls / ms) * 1000,
  p50: percentile(latencies, 0.5),
  p95: percentile(latencies, 0.95),
  p99: percentile(latencies, 0.99),
});

/** Calls through the tunnel: calls/s, percentiles, CPU ms a call, peak MiB, event-loop delay. */
export const throughTunnel = (program, scenario, { warmMs, ms, certificate }) =>
  withTunnel(
    program,
    scenario,
    async ({ load, tunnel }) => {
      const { callers, size, pauseMs, delivery } = scenario;
      await load.ask({ callers, size, pauseMs, delivery, ms: warmMs });
      tunnel.resetLoopDelay();
      const before = costOf(tunnel.pid);
      const result = await load.ask({ callers, size, pauseMs, delivery, ms });
      const after = costOf(tunnel.pid);
      return {
        ...summary(result),
        cpuPerCall: (after.cpuMs - before.cpuMs) / result.calls,
        peak: after.peak,
        ...(await tunnel.loopDelay(result.ms)),
      };
    },
    { certificate },
  );

/** The same calls straight to the server. */
export async function withoutTunnel(scenario, { warmMs, ms }) {
  const server = await serverFor(scenario);
  const target = server ? { origin: `http://127.0.0.1:${server.port}` } : stdioCommand(scenario);
  const bare = await startPart('bare.mjs', scenario.kind, JSON.stringify(target));
  try {
    const { callers, size } = scenario;
    await bare.ask({ callers, size, ms: warmMs });
    const result = await bare.ask({ callers, size, ms });
    return { ...summary(result), cpuPerCall: result.cpuMs / result.calls };
  } finally {
    await bare.stop();
    await server?.stop();
  }
}

const http = { kind: 'json', size: 1024, callers: 64 };

/** Milliseconds from spawn to the first poll's arrival. */
export const startToPoll = (program) =>
  withTunnel(program, http, ({ startMs }) => Promise.resolve(startMs), { watch: false });

/** Share of a core used by a tunnel that only polls, in percent, and its memory. */
export const atRest = (program, { ms }) =>
  withTunnel(
    program,
    http,
    async ({ tunnel }) => {
      await pause(3_000);
      const before = costOf(tunnel.pid);
      await pause(ms);
      const after = costOf(tunnel.pid);
      return { cpuPercent: ((after.cpuMs - before.cpuMs) / ms) * 100, rss: after.rss };
    },
    { watch: false },
  );

/** Memory after a tenth of the calls, after all of them, and at the peak. */
export const underLoad = (program, { calls }) =>
  withTunnel(
    program,
    http,
    async ({ load, tunnel }) => {
      const order = { ...http, ms: 600_000 };
      await load.ask({ ...order, count: calls / 10 });
      const early = costOf(tunnel.pid).rss;
      await load.ask({ ...order, count: calls - calls / 10 });
      const late = costOf(tunnel.pid);
      await pause(5_000);
      return { early, late: late.rss, peak: late.peak, after: costOf(tunnel.pid).rss };
    },
    { watch: false },
  );
