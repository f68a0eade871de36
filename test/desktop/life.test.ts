import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { suiteNeeds } from '../support/require.ts';
import { startApp, trayOf, type RunningApp } from './app.ts';

const run = promisify(execFile);
const soon = { timeout: 20_000, interval: 100 };

/** What the session's notification daemon is asked to show. */
function watchNotifications(): { readonly texts: () => string; readonly stop: () => void } {
  const monitor: ChildProcess = spawn('dbus-monitor', [
    '--session',
    "interface='org.freedesktop.Notifications',member='Notify'",
  ]);
  let text = '';
  monitor.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return { texts: () => text, stop: () => void monitor.kill() };
}

/** The session's logind says that the machine goes to sleep, or woke up. */
const sleepSignal = (asleep: boolean) =>
  run('gdbus', [
    ...['call', '--system', '--dest', 'org.freedesktop.login1', '--object-path', '/org/freedesktop/login1'],
    ...['--method', 'org.freedesktop.DBus.Mock.EmitSignal', 'org.freedesktop.login1.Manager', 'PrepareForSleep', 'b'],
    `[<${asleep}>]`,
  ]);

suiteNeeds('electron', 'desktop')('a day of the app', () => {
  let relay: Relay;
  let tunnel: AddedTunnel;
  let running: RunningApp;
  beforeEach(async () => {
    relay = await createRelay({});
    tunnel = relay.addTunnel({ name: 'Day' });
    running = await startApp();
  });
  afterEach(async () => {
    await running.close();
    await relay.close();
  });

  /** A profile file that a person has put there, with an HTTP server so that nothing has to be approved. */
  async function addProfile(apiKey: string, { controlPlane = relay.address } = {}): Promise<string> {
    const folder = join(running.env['XDG_CONFIG_HOME'] ?? '', 'culvert', 'profiles');
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'day.yaml'),
      [
        'config_version: 1',
        'control_plane:',
        `  base_url: ${controlPlane}`,
        `  tunnel_id: ${tunnel.id}`,
        `  api_key: ${apiKey}`,
        'mcp:',
        '  server_urls:',
        '    - url: http://127.0.0.1:9/mcp',
        'culvert:',
        '  id: day-profile',
        '',
      ].join('\n'),
    );
    return 'day-profile';
  }

  const call = async (name: string, args?: unknown): Promise<unknown> => {
    const page = await running.page();
    return page.evaluate(
      ([n, a]) => (window as unknown as { culvert: { call(n: unknown, a: unknown): unknown } }).culvert.call(n, a),
      [name, args],
    );
  };

  it('tells of a refused key by a notification, and of its recovery in the tray', async () => {
    const notifications = watchNotifications();
    try {
      const id = await addProfile('wrong-key-0123456789');
      expect(await call('tunnels.start', { id })).toMatchObject({ ok: true });
      await vi.waitFor(() => expect(notifications.texts()).toContain('day: The key is refused'), soon);
      const tray = await trayOf(running.app.process().pid ?? 0);
      await vi.waitFor(async () => expect(await tray.labels()).toContain('day: Needs attention'), soon);
      expect(notifications.texts()).not.toContain('wrong-key');

      await addProfile(tunnel.apiKey);
      expect(await call('tunnels.start', { id })).toMatchObject({ ok: true });
      await vi.waitFor(async () => expect((await tray.labels()).join()).not.toContain('Needs attention'), soon);
    } finally {
      notifications.stop();
    }
  });

  it('polls again at once after sleep', async () => {
    let polls = 0;
    // holds every poll for ever, as a connection does that died in the machine's sleep
    const dead = createServer((request, response) => {
      if (request.url?.includes('/poll') === true) polls++;
      else response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(dead, 'listening');
    try {
      const id = await addProfile(tunnel.apiKey, {
        controlPlane: `http://127.0.0.1:${(dead.address() as AddressInfo).port}`,
      });
      expect(await call('tunnels.start', { id })).toMatchObject({ ok: true });
      await vi.waitFor(() => expect(polls).toBe(1), soon);
      await sleepSignal(true);
      await sleepSignal(false);
      await vi.waitFor(() => expect(polls).toBeGreaterThan(1), soon);
    } finally {
      dead.closeAllConnections();
      dead.close();
    }
  });

  it('drains and ends within seconds when the session ends', async () => {
    const id = await addProfile(tunnel.apiKey);
    await call('tunnels.start', { id });
    const child = running.app.process();
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
