import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import { suiteNeeds } from '../support/require.ts';
import { electronBinary, startApp, startAppIn, trayOf, type RunningApp, type TrayItem } from './app.ts';

const run = promisify(execFile);
const soon = { timeout: patienceMs, interval: 100 };

suiteNeeds('electron', 'desktop')('the app in the tray', () => {
  let running: RunningApp;
  let tray: TrayItem;
  beforeEach(async () => {
    running = await startApp('--hidden');
    tray = await trayOf(running.app.process().pid ?? 0);
  });
  afterEach(() => running.close());

  it('starts hidden, and its menu starts and stops the demo, seen in icon and tooltip', async () => {
    expect(running.app.windows()).toHaveLength(0);
    const stopped = await tray.icon();
    expect(await tray.tooltip()).toContain('no tunnel is on');

    await tray.click('Try the demo');
    await vi.waitFor(async () => expect(await tray.labels()).toContain('Demo: Connected'), soon);
    await vi.waitFor(async () => expect(await tray.tooltip()).toContain('Demo: Working'), soon);
    await vi.waitFor(async () => expect(await tray.icon()).not.toBe(stopped), soon);

    await tray.click('On');
    await vi.waitFor(async () => expect(await tray.labels()).toContain('Demo: Stopped'), soon);
    await vi.waitFor(async () => expect(await tray.icon()).toBe(stopped), soon);
  });

  it('opens its window from the menu, closes it without ending, and opens it again', async () => {
    await tray.click('Open Culvert');
    const page = await running.page();
    await page.getByText('Welcome to Culvert').first().waitFor();
    await page.close();
    await vi.waitFor(() => expect(running.app.windows()).toHaveLength(0), soon);
    expect(await tray.labels()).toContain('Quit Culvert');
    await tray.click('Settings');
    await vi.waitFor(() => expect(running.app.windows()).toHaveLength(1), soon);
    await running.app.windows()[0]!.getByRole('heading', { name: 'Settings' }).waitFor();
  });

  it('is shown by a second start, which ends, at the page of its link', async () => {
    const { env } = running;
    await run(electronBinary(), ['.', 'culvert://traces'], { env, timeout: patienceMs });
    const page = await running.page();
    await page.getByRole('heading', { name: 'Traces' }).waitFor();
  });

  it('ends with its menu', async () => {
    const ended = new Promise((resolve) => running.app.process().once('exit', resolve));
    await tray.click('Quit Culvert');
    expect(await ended).toBe(0);
  });
});

suiteNeeds('electron', 'desktop')('a tunnel that was to start with the app and could not', () => {
  it('is told with the reason, on its card and in the tray', async () => {
    const running = await startAppIn(async (home) => {
      const profiles = join(home, 'config/culvert/profiles');
      await mkdir(profiles, { recursive: true });
      const text = `control_plane:\n  tunnel_id: tunnel_${'a'.repeat(32)}\n  api_key: env:KEY\nmcp:\n  commands:\n    - command: node server.mjs\nculvert: {id: docs, start_with_app: true}\n`;
      await writeFile(join(profiles, 'Docs.yaml'), text);
      return {};
    });
    try {
      const tray = await trayOf(running.app.process().pid ?? 0);
      const why = 'Docs: This command waits for your consent';
      await vi.waitFor(async () => expect(await tray.labels()).toContain(why), soon);
      expect(await tray.labels()).toContain('Docs: Needs attention');
      await vi.waitFor(async () => expect(await tray.tooltip()).toContain(why), soon);
      const card = (await running.page()).getByRole('listitem', { name: 'Docs' });
      await card.getByText('This command waits for your consent').waitFor();
      await card.getByRole('switch').press('Space');
      await (await running.page()).getByRole('button', { name: 'Run this command' }).waitFor();
    } finally {
      await running.close();
    }
  });
});
