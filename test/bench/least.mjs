// The least that a tunnel client can do in this Node: eight polls out, each command sent on, each answer wrapped and posted.
// No deadlines, retries, cancellation, streams, notifications, checks or traces. It takes the flags that the bench gives.
import { Pool } from 'undici';

const flag = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1];
const base = new URL(flag('control-plane.base-url'));
const server = new URL(flag('mcp.server-url'));
const tunnel = `/v1/tunnels/${flag('control-plane.tunnel-id')}`;
const tls = process.env.BENCH_CA ? { ca: process.env.BENCH_CA } : {};
const options = { connections: 256, headersTimeout: 0, bodyTimeout: 0, connect: tls };
const [polls, posts, calls] = [
  new Pool(base.origin, options),
  new Pool(base.origin, options),
  new Pool(server.origin, options),
];
const headers = { authorization: `Bearer ${process.env.BENCH_KEY}`, accept: 'application/json' };

async function serve({ request_id: id, shard_token: token, channel, jsonrpc }) {
  const answer = await calls.request({
    method: 'POST',
    path: server.pathname,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(jsonrpc),
  });
  const text = await answer.body.text();
  const posted = await posts.request({
    method: 'POST',
    path: `${tunnel}/response`,
    headers: { ...headers, 'content-type': 'application/json', 'x-tunnel-shard-token': token },
    body: `{"request_id":"${id}","channel":"${channel}","resp_json":${text},"resp_headers":{"Content-Type":["application/json"]},"resp_code":${answer.statusCode},"resp_type":"jsonrpc_response"}`,
  });
  await posted.body.dump();
}

async function poll() {
  for (;;) {
    const { statusCode, body } = await polls.request({
      method: 'GET',
      path: `${tunnel}/poll?limit=20&timeout_ms=30000`,
      headers,
    });
    if (statusCode !== 200) await body.dump();
    else for (const command of (await body.json()).commands) void serve(command);
  }
}

for (let out = 0; out < 8; out++) void poll();
process.on('SIGTERM', () => process.exit());
