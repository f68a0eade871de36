import { expect, test } from 'vitest';
import type { TunnelErrorData } from '../../shared/errors.ts';
import { sentence } from '../../shared/messages.ts';
import type { CertificateSeen } from '../../shared/tunnel.ts';
import { createRouteWatch } from '../../src-main/network/route-watch.ts';
import type { Routes } from '../../src-main/network/routes.ts';
import { proxyFromPac } from '../../src-main/network/proxy.ts';
import type { Clock } from '../../src-main/base/clock.ts';
import { profileWith, routesFor } from '../support/network.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { cleanUp } from '../support/network.ts';

/** Time that stands still until it is moved. */
function fakeClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    wall: () => now,
    random: () => 0.5,
    after: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => (timers = timers.filter((one) => one !== timer));
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers = timers.filter((one) => one !== next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

const day = 86_400_000;

test('a certificate is warned of once at 30, 7 and 1 days and when it is over', () => {
  const clock = fakeClock();
  const certificate: CertificateSeen = { of: 'client', subject: 'CN=me', notAfter: 40 * day };
  const routes = { certificates: () => [certificate] } as unknown as Routes;
  const told: TunnelErrorData[] = [];
  const profile = { ...profileWith(), proxyCheckIntervalMs: 0 };
  const watch = createRouteWatch(
    profile,
    routes,
    clock,
    () => undefined,
    (warning) => told.push(warning),
  );
  watch.start();
  clock.advance(50 * day);
  expect(told.map(({ params }) => params['when'])).toEqual(['within 30 days', 'within 7 days', 'within a day', 'now']);
  expect(sentence(told[0]!)).toContain('CN=me is valid until 1970-02-10');
  watch.stop();
  clock.advance(50 * day);
  expect(told).toHaveLength(4);
});

test('a proxy is looked at again and again without a word to its target, and a change is told once', async () => {
  const proxy = await new FakeProxy().start();
  cleanUp(() => proxy.close());
  const { port } = proxy;
  const clock = fakeClock();
  const settings = {
    controlPlane: { baseUrl: `http://127.0.0.1:${port}`, httpProxy: proxy.url },
    proxyCheckIntervalMs: 1_000,
  };
  let wake = (): void => undefined;
  let changes = 0;
  const routes = routesFor(settings);
  const watch = createRouteWatch(profileWith(settings), routes, clock, () => {
    changes += 1;
    wake();
  });
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  cleanUp(() => watch.stop());
  let change = next();
  watch.start();
  await change;
  expect(watch.proxies).toMatchObject([{ route: 'control-plane', proxy: proxy.url, state: 'healthy' }]);
  expect(proxy.requests).toEqual([]);
  await proxy.close();
  change = next();
  clock.advance(1_000);
  await change;
  expect(watch.proxies).toMatchObject([{ state: 'unhealthy', error: { code: 'proxy_unreachable' } }]);
  expect(changes).toBe(2);
});

test.each([
  ['PROXY proxy.corp:8080; DIRECT', 'http://proxy.corp:8080'],
  ['HTTPS proxy.corp:443', 'https://proxy.corp:443'],
  ['SOCKS5 10.0.0.1:1080;PROXY h:1', 'socks5://10.0.0.1:1080'],
  ['DIRECT', undefined],
  ['DIRECT; PROXY h:1', undefined],
  ['', undefined],
])('a PAC file that says "%s" means %s', (answer, proxy) => {
  expect(proxyFromPac(answer)).toBe(proxy);
});
