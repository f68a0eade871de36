// Runs real clients against real servers, directly and through relay and tunnel, and compares what each client gets.
//   npm run interop -- [--folder DIR] [--only TEXT] [--write]
// --folder keeps the installed clients and servers there, and what was found; --only runs the pairs whose name holds TEXT; --write renews
// docs/interop.md. Needs node, npm, python3, go and the package registries. Exit code 1: a difference that
// differences.json does not list with its reason, or one it lists that is not there.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { install } from './install.mjs';
import { clientsIn, serversIn } from './parties.mjs';
import { writeMatrix } from './matrix.mjs';
import { endAll, startServer, startTunnel } from './tunnel.mjs';

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
const folder = resolve(values.folder ?? mkdtempSync(join(tmpdir(), 'culvert-interop-')));
const limitMs = 60_000;
const listed = JSON.parse(readFileSync(fileURLToPath(new URL('differences.json', import.meta.url)), 'utf8'));

/** What a client prints: the outcome of each step, or why there is none. */
function outcomesOf(client, target, plan) {
  return new Promise((done) => {
    const [program, ...args] = client.command(target, plan);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    let output = '';
    const timer = setTimeout(() => end('it hangs'), limitMs);
    const end = (text) => {
      clearTimeout(timer);
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // all of it has ended
      }
      done(text);
    };
    child.on('error', () => end('it cannot be started'));
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => end(output.trim() === '' ? `it ends with ${code}` : output.trim()));
  });
}

async function compare(server, clients) {
  const started = await startServer(server);
  const tunnel = await startTunnel(started, folder);
  const cells = {};
  for (const client of clients) {
    if (!`${client.name} and ${server.name}`.includes(values.only) || (client.needsUrl && started.url === undefined))
      continue;
    const direct = await outcomesOf(client, started, server.plan);
    const through = await outcomesOf(client, { url: tunnel.url }, server.plan);
    // the same failure on both ways proves nothing
    const same = direct === through && direct.startsWith('[');
    cells[client.name] = { direct, through, same };
    console.log(`${same ? 'same' : 'DIFFERENT'}  ${client.name} and ${server.name}`);
    console.log(same ? `      ${direct}` : `      directly: ${direct}\n      tunnel:   ${through}`);
  }
  await tunnel.close();
  await endAll();
  return cells;
}

mkdirSync(folder, { recursive: true });
install(folder);
const clients = clientsIn(folder);
const rows = [];
for (const server of serversIn(folder)) {
  if (!clients.some(({ name }) => `${name} and ${server.name}`.includes(values.only))) continue;
  rows.push({ server, cells: await compare(server, clients) });
}
// a folder that is kept also keeps what earlier runs found: the matrix can be filled in parts
const resultsFile = join(folder, 'results.json');
const results = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {};
for (const { server, cells } of rows) {
  for (const [client, { same }] of Object.entries(cells)) (results[server.name] ??= {})[client] = same;
}
writeFileSync(resultsFile, JSON.stringify(results));
const problems = [];
for (const { server, cells } of rows) {
  for (const [client, { same }] of Object.entries(cells)) {
    const key = `${client} and ${server.name}`;
    if (!same && listed[key] === undefined) problems.push(`${key}: a difference that is not listed`);
    if (same && listed[key] !== undefined) problems.push(`${key}: listed, and there is no difference`);
  }
}
if (values.write) writeMatrix(results, serversIn(folder), clients, listed);
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
console.log(problems.length === 0 ? 'The tunnel makes no difference that is not listed.' : problems.join('\n'));
process.exit(problems.length === 0 ? 0 : 1);
