import { expect, test } from 'vitest';
import { FakeMcpServer } from '../fakes/mcp-http.ts';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { culvert } from '../support/culvert.ts';
import { cleanUp } from '../support/network.ts';

test('a whole tunnel tries a password that its proxy refuses twice, then waits a minute: accounts get locked', async () => {
  const [controlPlane, mcp, proxy] = await Promise.all([
    FakeControlPlane.start(),
    FakeMcpServer.start(),
    new FakeProxy({ auth: 'a:b' }).start(),
  ]);
  for (const one of [controlPlane, mcp, proxy]) cleanUp(() => one.close());
  const args = [
    ...['run', '--tunnel-id', controlPlane.tunnelId, '--control-plane.base-url', controlPlane.url],
    ...['--mcp.server-url', mcp.endpoint, '--http-proxy', `http://a:wrong@127.0.0.1:${proxy.port}`],
    ...['--health.listen-addr', '127.0.0.1:0', '--log.format', 'json'],
  ];
  const { lines } = await culvert(args, { CONTROL_PLANE_API_KEY: 'sk-test-0123456789' }, (line, end) => {
    const { attempt, next_try_s } = JSON.parse(line) as { attempt?: number; next_try_s?: number };
    if (attempt !== 2) return;
    expect(next_try_s).toBe(60);
    end();
  });
  expect(proxy.requests.length).toBeGreaterThan(0);
  expect(proxy.requests.length).toBeLessThanOrEqual(3);
  expect(controlPlane.requests).toEqual([]);
  expect(lines.join('')).not.toContain('wrong');
});
