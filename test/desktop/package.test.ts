import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import { suiteNeeds } from '../support/require.ts';
import { trayOf } from './app.ts';

const run = promisify(execFile);
const soon = { timeout: patienceMs, interval: 100 };

/** As `@electron/fuses` prints them. */
const wantedFuses = {
  RunAsNode: 'Disabled',
  EnableCookieEncryption: 'Enabled',
  EnableNodeOptionsEnvironmentVariable: 'Disabled',
  EnableNodeCliInspectArguments: 'Disabled',
  EnableEmbeddedAsarIntegrityValidation: 'Enabled',
  OnlyLoadAppFromAsar: 'Enabled',
  GrantFileProtocolExtraPrivileges: 'Disabled',
};

suiteNeeds('electron', 'desktop')('the packaged app', () => {
  let folder = '';
  let binary = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'culvert-package-'));
    const dist = resolve(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? 'node_modules/electron/dist');
    const electronVersion = (await readFile(join(dist, 'version'), 'utf8')).trim().replace(/^v/, '');
    await run('npx', [
      'electron-builder',
      '--linux',
      'dir',
      `--config.directories.output=${folder}`,
      `--config.electronDist=${dist}`,
      `--config.electronVersion=${electronVersion}`,
    ]);
    binary = join(folder, 'linux-unpacked', 'culvert');
  }, 180_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has its fuses set', async () => {
    const { stdout } = await run('npx', ['electron-fuses', 'read', '--app', binary]);
    for (const [fuse, state] of Object.entries(wantedFuses)) expect(stdout).toContain(`${fuse} is ${state}`);
  });

  it('is the command line too, without a display', async () => {
    const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' };
    const { stdout } = await run(binary, ['--ozone-platform=headless', '--version'], { env, timeout: patienceMs });
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    const wrong = run(binary, ['--ozone-platform=headless', 'run', '--no-such-flag'], { env, timeout: patienceMs });
    await expect(wrong).rejects.toMatchObject({ code: 2 });
  });

  it('starts hidden into the tray, runs the demo from its own binary, and ends', async () => {
    const env = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') };
    const child: ChildProcess = spawn(binary, ['--hidden'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const tray = await trayOf(child.pid ?? 0);
    await tray.click('Try the demo');
    // with a call in flight it would ask before it quits
    await vi.waitFor(async () => expect(await tray.tooltip()).toContain("Demo: Working'"), soon);
    await tray.click('Quit Culvert');
    expect(await ended).toBe(0);
  });
});
