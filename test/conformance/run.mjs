// Runs the official MCP conformance suite against servers directly, and against the same servers through relay and
// tunnel, and compares the two check by check.
//   node test/conformance/run.mjs [SERVER…]      SERVER: everything, two-era (default: both)
// Exit code 1: a difference that differences.json does not list with its reason, or one it lists that is not there.
// CULVERT_UNDER_TEST=/path/to/another/client puts that client in the tunnel's place.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, URL } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = join(root, 'node_modules/@modelcontextprotocol');
const cli = join(root, 'out/cli/culvert.cjs');
const tunnelProgram = process.env.CULVERT_UNDER_TEST?.split(' ') ?? [process.execPath, cli];
const revisions = ['2025-11-25', '2026-07-28'];
const folder = mkdtempSync(join(tmpdir(), 'culvert-conformance-'));
const children = new Set();

function start(program, args, env = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.resume();
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function firstLine(child) {
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`))),
  ]);
  lines.on('line', () => undefined);
  return line;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when something listens there. */
async function listening(url) {
  for (let tries = 0; tries < 200; tries += 1) {
    const ok = await new Promise((resolve) => {
      const probe = request(url, { method: 'GET' }, (answer) => resolve(answer.destroy() && true));
      probe.on('error', () => resolve(false)).end();
    });
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens at ${url}`);
}

/** The suite cannot send a key: this adds it. Direct runs pass it too, so that it makes no difference itself. */
async function front(target, headers) {
  const { host } = new URL(target);
  const server = createServer((incoming, response) => {
    const own = incoming.headers.host === `127.0.0.1:${server.address().port}`;
    const outgoing = request(
      target,
      {
        method: incoming.method,
        headers: { ...incoming.headers, ...headers, host: own ? host : incoming.headers.host },
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

const servers = {
  async everything() {
    const port = await freePort();
    start(process.execPath, [join(packages, 'server-everything/dist/index.js'), 'streamableHttp'], { PORT: `${port}` });
    const url = `http://127.0.0.1:${port}/mcp`;
    await listening(url);
    return url;
  },
  'two-era': () => firstLine(start(process.execPath, [join(root, 'test/fixtures/two-era-server.mjs'), '--http'])),
};

async function startTunnel(serverUrl) {
  const relay = JSON.parse(
    await firstLine(start(process.execPath, [cli, 'relay', '--listen', '127.0.0.1:0', '--json'])),
  );
  const urlFile = join(folder, `health-${process.hrtime.bigint()}`);
  const [program, ...args] = tunnelProgram;
  start(
    program,
    [
      ...[...args, 'run', '--control-plane.base-url', relay.controlPlane, '--control-plane.tunnel-id', relay.tunnelId],
      ...['--mcp.server-url', serverUrl, '--health.listen-addr', '127.0.0.1:0', '--health.url-file', urlFile],
      ...['--log.format', 'json', '--log.file', '/dev/null'],
    ],
    { CONTROL_PLANE_API_KEY: relay.apiKey, HOME: folder, XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder },
  );
  while (!existsSync(urlFile)) await new Promise((resolve) => setTimeout(resolve, 20));
  for (;;) {
    const ready = await globalThis.fetch(`${readFileSync(urlFile, 'utf8').trim()}/readyz`).catch(() => undefined);
    if (ready?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return relay;
}

/** Runs the suite; the statuses of each scenario's checks, `scenario check` → `SUCCESS,FAILURE`. */
async function conform(url, revision, name) {
  const out = join(folder, name);
  const suite = start(process.execPath, [
    ...['--import', join(root, 'test/conformance/node20-shim.mjs'), join(packages, 'conformance/dist/index.js')],
    ...['server', '--url', url, '--requirements', revision, '--output-dir', out],
  ]);
  suite.stdout.resume();
  await once(suite, 'exit');
  const checks = new Map();
  for (const run of readdirSync(out).sort()) {
    const scenario = run.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
    // A scenario that threw has no checks: that is a result, too.
    if (!existsSync(join(out, run, 'checks.json'))) {
      checks.set(`${scenario} (ran)`, 'FAILURE');
      continue;
    }
    for (const { id, status } of JSON.parse(readFileSync(join(out, run, 'checks.json'), 'utf8'))) {
      const key = `${scenario} ${id}`;
      checks.set(key, checks.has(key) ? `${checks.get(key)},${status}` : status);
    }
  }
  return checks;
}

const count = (checks, status) =>
  [...checks.values()]
    .join()
    .split(',')
    .filter((one) => one === status).length;

async function compare(name) {
  const serverUrl = await servers[name]();
  const relay = await startTunnel(serverUrl);
  const direct = await front(serverUrl, {});
  const through = await front(relay.mcpUrl, { authorization: `Bearer ${relay.apiKey}` });
  const differences = [];
  for (const revision of revisions) {
    const [a, b] = [
      await conform(direct.url, revision, `${name}-${revision}-direct`),
      await conform(through.url, revision, `${name}-${revision}-tunnel`),
    ];
    for (const check of new Set([...a.keys(), ...b.keys()])) {
      const [directly, tunnelled] = [a.get(check) ?? 'none', b.get(check) ?? 'none'];
      if (directly !== tunnelled)
        differences.push({ server: name, revision, check, direct: directly, tunnel: tunnelled });
    }
    const score = (checks) => `${count(checks, 'SUCCESS')} passed, ${count(checks, 'FAILURE')} failed`;
    console.log(`${name} ${revision}: directly ${score(a)}; through the tunnel ${score(b)}`);
  }
  direct.close();
  through.close();
  return differences;
}

/** `*` in a listed field stands for anything. */
const matches = (pattern, value) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((text) => text.replace(/[.?+^$()[\]{}|\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(value);

const lists = (entry, difference) =>
  ['server', 'revision', 'check', 'direct', 'tunnel'].every((field) => matches(entry[field], difference[field]));

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(servers);
  const listed = JSON.parse(readFileSync(join(root, 'test/conformance/differences.json'), 'utf8')).filter(
    ({ server }) => wanted.some((name) => matches(server, name)),
  );
  const found = (await Promise.all(wanted.map(compare))).flat();
  let wrong = 0;
  for (const one of found) {
    const known = listed.find((entry) => lists(entry, one));
    if (!known) wrong += 1;
    console.log(`${known ? 'known' : 'NEW'} difference: ${JSON.stringify(one)}${known ? `: ${known.reason}` : ''}`);
  }
  for (const one of listed.filter((entry) => !found.some((one) => lists(entry, one)))) {
    wrong += 1;
    console.log(`NOT THERE any more: ${JSON.stringify(one)}`);
  }
  console.log(wrong === 0 ? 'The tunnel makes no difference that is not listed.' : `${wrong} differences to explain.`);
  return wrong === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all([...children].map((child) => once(child, 'exit')));
  rmSync(folder, { recursive: true, force: true });
}
