import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { createKeychain } from '../../src-main/secrets/keychain.ts';
import { suiteNeeds } from '../support/require.ts';
import { startAppIn, type RunningApp } from './app.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const twoEra = resolve('test/fixtures/two-era-server.mjs');

suiteNeeds(
  'electron',
  'desktop',
  'keyring',
)('the doctor of the app', () => {
  let running: RunningApp;
  let page: Page;
  let relay: Relay;
  let tunnel: AddedTunnel;
  const id = `doctor-${process.pid}-${Date.now()}`;
  const at = (...names: string[]): string => join(running.home, ...names);
  const shellSays = (home: string, path: string): Promise<void> =>
    writeFile(join(home, 'shell'), `#!/bin/sh\nPATH=${path}\nexport PATH\nexec /bin/sh -c "$2"\n`, { mode: 0o755 });

  beforeAll(async () => {
    relay = await createRelay({});
    tunnel = relay.addTunnel({ name: 'Notes' });
    running = await startAppIn(async (home) => {
      const profiles = join(home, 'config/culvert/profiles');
      await mkdir(profiles, { recursive: true });
      const text = `# mine\nconfig_version: 1\ncontrol_plane:\n  base_url: ${relay.address}\n  tunnel_id: ${tunnel.id}\n  api_key: ${tunnel.apiKey} # for now\nmcp:\n  commands:\n    - command: notes-server --stdio\nculvert:\n  id: ${id}\n`;
      await writeFile(join(profiles, 'Notes.yaml'), text);
      // an entry that an app at another place has left
      await mkdir(join(home, 'config/autostart'), { recursive: true });
      const entry = '[Desktop Entry]\nType=Application\nName=Culvert\nExec="/opt/old/Culvert.AppImage" --hidden\n';
      await writeFile(join(home, 'config/autostart/culvert.desktop'), entry);
      await shellSays(home, process.env['PATH'] ?? '');
      return { SHELL: join(home, 'shell') };
    });
    page = await running.page();
    await page.evaluate(() => {
      location.hash = '#/doctor';
    });
  });
  afterAll(async () => {
    await createKeychain().delete(`${id}/api_key`);
    await running.close();
    await relay.close();
  });

  const row = (list: string, title: string) =>
    page
      .getByRole('list', { name: `Checks: ${list}` })
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: new RegExp(`^${title}`), level: 3 }) }); // what it says follows
  const finished = () => page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 60_000 });
  // the row's own word: below it each piece of evidence has one too
  const proved = (list: string, title: string) =>
    row(list, title)
      .getByRole('heading', { level: 3 })
      .getByText('verified', { exact: true })
      .waitFor({ timeout: 30_000 });
  const putRight = async (list: string, title: string, ...shown: string[]): Promise<void> => {
    await row(list, title).getByRole('button', { name: 'Fix it' }).click();
    for (const text of shown) await page.getByRole('dialog').getByText(text).first().waitFor();
    await page.getByRole('button', { name: 'Change it' }).click();
    // it closes when the change is made, and what that brings is being looked at
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await finished();
    await proved(list, title);
  };

  it('writes an entry for start at login anew that leads to an app which is gone', async () => {
    await page.getByRole('button', { name: 'Run doctor' }).first().click();
    await finished();
    await putRight('This machine', 'Start at login', 'starts /opt/old/Culvert.AppImage --hidden');
    const entry = await readFile(at('config/autostart/culvert.desktop'), 'utf8');
    expect(entry).toMatch(/^Exec="\/.*electron.*" "--hidden"$/m);
    await proved('This machine', 'Tray icon');
    await proved('This machine', 'Keychain');
  });

  it('moves a key that stands in the file to the keyring, and the tunnel still knows it', async () => {
    await putRight('Notes', 'Runtime key', `api_key: keychain:${id}/api_key`);
    await proved('Notes', 'Right to read this tunnel');
    expect(await createKeychain().get(`${id}/api_key`)).toBe(tunnel.apiKey);
    const profiles = at('config/culvert/profiles');
    const texts = await Promise.all((await readdir(profiles)).map((name) => readFile(join(profiles, name), 'utf8')));
    expect(texts).toHaveLength(2);
    for (const text of texts) expect(text).not.toContain(tunnel.apiKey);
    expect(await readFile(join(profiles, 'Notes.yaml'), 'utf8')).toMatch(
      /^# mine\n[^]*api_key: keychain:\S+ # for now$/m,
    );
  });

  it('takes over the PATH of the login shell for a program that came later, which then starts', async () => {
    const bin = at('bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'notes-server'), `#!/bin/sh\nexec ${process.execPath} ${twoEra}\n`, { mode: 0o755 });
    await shellSays(running.home, `${bin}:${process.env['PATH'] ?? ''}`);
    await page.getByRole('button', { name: 'Run again' }).click();
    await finished();
    await putRight('Notes', 'Program of the server', `PATH has ${bin}`, join(bin, 'notes-server'));
    // what would run was never seen before: it is shown, agreed to, and then proved
    await row('Notes', 'MCP server').getByRole('button', { name: 'Review the command' }).click();
    await page.getByRole('dialog').getByText(join(bin, 'notes-server')).first().waitFor();
    await page.getByRole('button', { name: 'Run this command' }).click();
    await proved('Notes', 'MCP server');
    await proved('Notes', 'Right to use this tunnel');
  });
});
