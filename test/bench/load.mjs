// The control plane of the bench and the callers behind it: callers wait in a closed loop, or come in bursts. Driven over IPC.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { call, callText } from './message.mjs';

const tls = process.argv[2] ? JSON.parse(process.argv[2]) : undefined;
const queue = [];
/** Whether each command goes out at once to a poll that waits, or together with those that come in the same turn. */
let oneByOne = false;
const polls = [];
/** request_id → what to do with its answer. */
const waiting = new Map();
let counter = 0;
let flushing = false;
let firstPoll;

const now = () => performance.timeOrigin + performance.now();

function flush() {
  flushing = false;
  while (queue.length > 0 && polls.length > 0) {
    const { response, limit, timer } = polls.shift();
    clearTimeout(timer);
    const body = Buffer.from(`{"commands":[${queue.splice(0, limit).join(',')}]}`);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  }
}

function flushSoon() {
  if (oneByOne) return flush();
  if (flushing) return;
  flushing = true;
  process.nextTick(flush);
}

function poll(url, response) {
  if (!firstPoll) {
    firstPoll = now();
    process.send({ firstPoll });
  }
  const entry = { response, limit: Number(url.searchParams.get('limit')) || 1, timer: undefined };
  entry.timer = setTimeout(
    () => {
      polls.splice(polls.indexOf(entry), 1);
      response.writeHead(204).end();
    },
    Number(url.searchParams.get('timeout_ms')) || 30_000,
  );
  response.on('close', () => {
    clearTimeout(entry.timer);
    const index = polls.indexOf(entry);
    if (index >= 0) polls.splice(index, 1);
  });
  polls.push(entry);
  flushSoon();
}

function answered(body) {
  const key = body.indexOf('"request_id"');
  const id = /"request_id":\s*"([^"]*)"/.exec(body.toString('latin1', key, key + 80))?.[1];
  const done = waiting.get(id);
  if (!done || body.includes('"jsonrpc_notify"')) return;
  waiting.delete(id);
  done(body);
}

const server = (tls ? createTlsServer : createServer)(tls ?? {}, (request, response) => {
  if (request.method === 'POST') {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 }).end('{}');
      answered(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    return;
  }
  const url = new URL(request.url, 'http://x');
  if (url.pathname.endsWith('/poll')) poll(url, response);
  else {
    const id = url.pathname.split('/').pop();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id, name: 'bench', description: '' }));
  }
});
server.keepAliveTimeout = 120_000;
server.requestTimeout = 0;

/** A command of any message; resolves with what was posted for it. */
const command = (message) =>
  new Promise((resolve) => {
    const id = `r${++counter}`;
    waiting.set(id, resolve);
    queue.push(
      `{"request_id":"${id}","shard_token":"s${counter}","command_type":"jsonrpc","headers":{},"jsonrpc":${JSON.stringify({ jsonrpc: '2.0', ...message })}}`,
    );
    flushSoon();
  });

let greeted;
/** What a caller of the 2025 era says first; once. */
const greet = () =>
  (greeted ??= command({
    id: 'hello',
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  }).then(() => command({ method: 'notifications/initialized' })));

/** One call through the tunnel; resolves with its milliseconds. */
function oneCall(text, size) {
  return new Promise((resolve, reject) => {
    const id = `r${++counter}`;
    const started = performance.now();
    waiting.set(id, (body) => {
      const ms = performance.now() - started;
      if (body.length < size || !body.includes('"result"')) {
        reject(new Error(`a call was not answered: ${body.toString('utf8', 0, 400)}`));
      } else resolve(ms);
    });
    queue.push(
      `{"request_id":"${id}","shard_token":"s${counter}","command_type":"jsonrpc","channel":"main","created_at":"2026-01-01T00:00:00Z",` +
        `"response_timeout":"60s","headers":{"Content-Type":["application/json"],"Mcp-Protocol-Version":["2025-06-18"]},"jsonrpc":${call(counter, text)}}`,
    );
    flushSoon();
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** `callers` in a closed loop, until `ms` are over or `count` calls made. */
async function loop({ callers, size, ms, count = Infinity }) {
  const text = callText(size);
  const latencies = [];
  const started = performance.now();
  let left = count;
  const caller = async () => {
    while (left > 0 && performance.now() - started < ms) {
      left--;
      latencies.push(await oneCall(text, size));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { calls: latencies.length, ms: performance.now() - started, latencies };
}

/** `callers` calls at once, again and again with a pause between; a burst takes as long as its last answer. */
async function bursts({ callers, size, ms, pauseMs }) {
  const text = callText(size);
  const latencies = [];
  const started = performance.now();
  let calls = 0;
  while (performance.now() - started < ms) {
    const all = await Promise.all(Array.from({ length: callers }, () => oneCall(text, size)));
    calls += callers;
    latencies.push(Math.max(...all));
    await pause(pauseMs);
  }
  return { calls, ms: performance.now() - started, latencies };
}

process.on('message', (order) => {
  oneByOne = order.delivery === 'single';
  const run = order.pauseMs === undefined ? loop : bursts;
  greet()
    .then(() => run(order))
    .then(
      (result) => process.send({ result }),
      (error) => process.send({ failed: error.message }),
    );
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
