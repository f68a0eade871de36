import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, startControlPlane, startMcpServer, startTunnel } from '../faults/tunnel-process.ts';

afterEach(cleanUp);

test('of two instances one serves; when it is killed the other takes over, and a new one stands by', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-'));
  const [controlPlane, mcp] = await Promise.all([startControlPlane(), startMcpServer()]);
  const options = { controlPlane, serverUrl: mcp.endpoint, args: [`--exclusive=${folder}`] };
  const first = await startTunnel(options);
  await first.logged(/serves the tunnel now/);
  const second = await startTunnel(options);
  await second.logged(/Standing by: .*process \d+ serves this tunnel/);
  expect(await second.health('/readyz')).toMatchObject({
    status: 200,
    text: expect.stringContaining('standby') as string,
  });
  const instances = (): Set<unknown> =>
    new Set(controlPlane.polls.map(({ headers }) => headers['x-tunnel-client-instance-id']));
  await controlPlane.poll(0);
  expect(instances().size).toBe(1);
  first.child.kill('SIGKILL');
  await second.logged(/serves the tunnel now/);
  await controlPlane.until('a poll of the second', () => instances().size === 2 || undefined);
  second.child.kill('SIGTERM');
  const third = await startTunnel(options);
  await third.logged(/serves the tunnel now/);
  await rm(folder, { recursive: true });
});
