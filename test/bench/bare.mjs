// The yardstick: the same calls without a tunnel, through one bare undici pool or straight into the child's stdin. Driven over IPC.
import { spawn } from 'node:child_process';
import { Pool } from 'undici';
import { call, callText } from './message.mjs';

const [kind, target] = [process.argv[2], JSON.parse(process.argv[3])];

function overHttp() {
  const pool = new Pool(target.origin, { connections: 256 });
  return async (id, text) => {
    const { body } = await pool.request({
      method: 'POST',
      path: '/mcp',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: call(id, text),
    });
    await body.arrayBuffer();
  };
}

function overStdio() {
  const child = spawn(target.command, target.args, { stdio: ['pipe', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  const waiting = new Map();
  let held = [];
  child.stdout.on('data', (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      held.push(chunk.subarray(start, end));
      const id = /"id":(\d+)/.exec(held[0].toString('latin1', 0, 60))?.[1];
      held = [];
      start = end + 1;
      waiting.get(Number(id))?.();
      waiting.delete(Number(id));
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  });
  return (id, text) =>
    new Promise((resolve) => {
      waiting.set(id, resolve);
      child.stdin.write(`${call(id, text)}\n`);
    });
}

const send = kind === 'stdio' ? overStdio() : overHttp();
let counter = 0;

async function loop({ callers, size, ms }) {
  const text = callText(size);
  const latencies = [];
  const started = performance.now();
  const cpu = process.cpuUsage();
  const caller = async () => {
    while (performance.now() - started < ms) {
      const from = performance.now();
      await send(++counter, text);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const used = process.cpuUsage(cpu);
  return {
    calls: latencies.length,
    ms: performance.now() - started,
    latencies,
    cpuMs: (used.user + used.system) / 1000,
  };
}

process.on('message', (order) => loop(order).then((result) => process.send({ result })));
process.on('disconnect', () => process.exit());
process.send({ port: 0 });
