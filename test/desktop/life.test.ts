import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { patienceMs } from '../support/patience.ts';
import { suiteNeeds } from '../support/require.ts';
import { startApp, trayOf, type RunningApp } from './app.ts';

const run = promisify(execFile);
const soon = { timeout: patienceMs, interval: 100 };

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

/** Waits for the native question, presses a key in it, and waits until it is gone. */
async function pressInQuestion(key: string): Promise<void> {
  const search = ['search', '--onlyvisible', '--name', '^Quit Culvert\\?$'];
  const { stdout } = await run('xdotool', [...search.slice(0, 1), '--sync', ...search.slice(1)], {
    timeout: patienceMs,
  });
  const window = stdout.trim().split('\n')[0] ?? '';
  await run('xdotool', ['windowactivate', '--sync', window, 'key', key]);
  await vi.waitFor(() => expect(run('xdotool', search)).rejects.toThrow(), soon);
}

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

  const nobody = '  server_urls:\n    - url: http://127.0.0.1:9/mcp';
  const program = (path: string): string => `  commands:\n    - command: ${process.execPath} ${resolve(path)}`;

  /** A profile file that a person has put there, with an HTTP server unless told, so that nothing has to be approved. */
  async function addProfile(apiKey: string, { controlPlane = relay.address, server = nobody } = {}): Promise<string> {
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
        server,
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

  it('shows a profile that is off, and switches it on once its command was agreed to', async () => {
    await addProfile(tunnel.apiKey, { server: program('test/fixtures/two-era-server.mjs') });
    const page = await running.page();
    const card = page.getByRole('listitem', { name: 'day' });
    await card.getByText('Stopped').waitFor();
    const onOff = card.getByRole('switch', { name: 'day on' });
    await onOff.press('Space');
    await page.getByRole('dialog', { name: 'Run this command?' }).getByText('two-era-server.mjs').waitFor();
    await page.getByRole('button', { name: 'Run this command' }).click();
    await card.getByText('Connected').waitFor();
    await vi.waitFor(() => expect(relay.connected(tunnel.id)).toBe(true), soon);
  });

  it('asks before it quits while a call is in flight, and goes on or ends as it is told', async () => {
    const id = await addProfile(tunnel.apiKey, { server: program('test/fixtures/stdio/silent.mjs') });
    const shown = (await call('approvals.describe', { id, channel: 'main' })) as { value: { hash: string } };
    expect(await call('approvals.approve', { id, channel: 'main', hash: shown.value.hash })).toMatchObject({
      ok: true,
    });
    expect(await call('tunnels.start', { id })).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(relay.connected(tunnel.id)).toBe(true), soon);
    const inFlight = fetch(tunnel.mcpUrl, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tunnel.apiKey}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"caller","version":"1"}}}',
    }).catch(() => undefined);
    const child = running.app.process();
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const tray = await trayOf(child.pid ?? 0);
    await vi.waitFor(async () => expect(await tray.tooltip()).toContain('1 call in flight'), soon);

    await tray.click('Quit Culvert');
    await pressInQuestion('Escape');
    expect(await tray.tooltip()).toContain('1 call in flight');
    await tray.click('Quit Culvert');
    await pressInQuestion('Return');
    expect(await ended).toBe(0);
    await inFlight;
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
