import { afterEach, expect, test } from 'vitest';
import { RESET } from '../fakes/mcp-http.ts';
import {
  apiKey,
  cleanUp,
  request,
  spawnTunnel,
  startControlPlane,
  startMcpServer,
  startTunnel,
} from './tunnel-process.ts';

afterEach(cleanUp);

const secrets = {
  key: apiKey,
  shard: 'shard-secret-7f3a',
  commandHeader: 'command-header-secret-51c2',
  staticHeader: 'static-header-secret-99d0',
  extraHeader: 'extra-header-secret-0b1e',
  answerHeader: 'answer-header-secret-3344',
  proxyPassword: 'proxy-password-secret-8812',
};

const expectNone = (text: string): void => {
  for (const [what, secret] of Object.entries(secrets)) expect(text.includes(secret), what).toBe(false);
};

test.each(['json', 'struct-text'])(
  'no key and no header’s value is in the %s log at debug level, in success or failure',
  async (format) => {
    const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
    const tunnel = await startTunnel({
      controlPlane,
      serverUrl: mcp.endpoint,
      args: [
        ...['--log.format', format, '--mcp.extra-headers', 'X-Static: env:STATIC_HEADER'],
        ...['--control-plane.extra-headers', `X-Extra: ${secrets.extraHeader}`],
      ],
      env: { STATIC_HEADER: secrets.staticHeader },
    });
    const send = (id: string, method: string): void =>
      controlPlane.send({
        request_id: id,
        shard_token: secrets.shard,
        headers: { Authorization: [`Bearer ${secrets.commandHeader}`], 'X-Any': [secrets.commandHeader] },
        jsonrpc: request(method),
      });
    mcp.once('fail', { raw: [RESET] });
    mcp.once('refuse', {
      status: 401,
      headers: { 'www-authenticate': secrets.answerHeader, 'x-a': secrets.answerHeader },
    });
    controlPlane.onPost('fail', { status: 503 });
    for (const [id, method] of [
      ['ok', 'echo'],
      ['fail', 'fail'],
      ['refuse', 'refuse'],
      ['last', 'echo'],
    ] as const) {
      send(id, method);
      await controlPlane.responseFor(id);
    }
    await controlPlane.responseFor('fail', 1);
    controlPlane.onPoll({ status: 403, body: apiKey });
    await tunnel.logged(/403/);
    expect((await mcp.call('echo')).headers['x-static']).toBe(secrets.staticHeader);
    expect(controlPlane.polls[0]?.headers['x-extra']).toBe(secrets.extraHeader);
    expect(mcp.requests.every((one) => !JSON.stringify(one.rawHeaders).includes(apiKey))).toBe(true);
    expect(mcp.requests.every((one) => !JSON.stringify(one.rawHeaders).includes(secrets.extraHeader))).toBe(true);
    for (const path of ['/healthz', '/readyz', '/metrics', '/health']) expectNone((await tunnel.health(path)).text);
    await tunnel.stop();
    expect(tunnel.log.length).toBeGreaterThan(500);
    expectNone(tunnel.log);
  },
);

test('a proxy’s password is in no message about the proxy', async () => {
  const controlPlane = await startControlPlane();
  const tunnel = await spawnTunnel({
    controlPlane,
    serverUrl: 'http://127.0.0.1:1/mcp',
    args: ['--control-plane.http-proxy', `http://user:${secrets.proxyPassword}@127.0.0.1:1`],
  });
  await tunnel.logged(/proxy/i);
  expectNone(tunnel.log);
});
