import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { createRelay } from '../../src-main/relay/relay.ts';
import { culvert } from '../support/culvert.ts';
import { suiteNeeds } from '../support/require.ts';
import { launchChromium } from './chromium.ts';
import { axeFindings, cspViolations } from './pages.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** What `culvert demo` prints that a person goes on with. */
interface Printed {
  readonly ui: string;
  readonly mcpUrl: string;
  readonly key: string;
  readonly controlPlane: string;
  readonly tunnelId: string;
}

function readPrinted(lines: readonly string[]): Printed | undefined {
  const text = lines.join('\n');
  const ui = /http:\S+token=\S+/.exec(text)?.[0];
  const mcpUrl = /URL {5}(\S+)/.exec(text)?.[1];
  const key = /Bearer (sk-relay-\w+)/.exec(text)?.[1];
  const controlPlane = /listens at (\S+)/.exec(text)?.[1];
  const tunnelId = /tunnel_[a-z0-9]{32}/.exec(text)?.[0];
  return ui && mcpUrl && key && controlPlane && tunnelId ? { ui, mcpUrl, key, controlPlane, tunnelId } : undefined;
}

/** One `tools/call` through the relay and the tunnel, as a product makes it. */
async function callTool(
  { mcpUrl, key }: Pick<Printed, 'mcpUrl' | 'key'>,
  name: string,
  args: unknown,
): Promise<string> {
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(mcpUrl, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  const clientInfo = { name: 'test-client', version: '1' };
  const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const greeted = await post({ jsonrpc: '2.0', id: 1, method: 'initialize', params: hello });
  await greeted.text();
  const session = greeted.headers.get('mcp-session-id');
  const headers: Record<string, string> = session === null ? {} : { 'mcp-session-id': session };
  await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
  const called = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: args } };
  return (await post(called, headers)).text();
}

suiteNeeds('chromium')('the pages before a real engine', () => {
  let browser: Browser;
  let page: Page;
  let home: string;
  let printed: Printed;
  let end: () => void = () => undefined;
  let ended: Promise<unknown>;

  beforeAll(async () => {
    browser = await launchChromium();
    home = await mkdtemp(join(tmpdir(), 'culvert-ui-'));
    await mkdir(join(home, '.cursor'));
    const server = (name: string) => resolve(`node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
    const found = {
      everything: { command: process.execPath, args: [server('everything'), 'stdio'], timeout: 60 },
      memory: {
        command: process.execPath,
        args: [server('memory')],
        env: { MEMORY_FILE_PATH: join(home, 'memory.json') },
      },
    };
    await writeFile(join(home, '.cursor', 'mcp.json'), JSON.stringify({ mcpServers: found }));
    const lines: string[] = [];
    printed = await new Promise<Printed>((found, failed) => {
      const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_RUNTIME_DIR: home };
      ended = culvert(['demo'], env, (line, stop) => {
        end = stop;
        lines.push(line);
        const known = readPrinted(lines);
        if (known) found(known);
      }).then(({ errors }) => failed(new Error(`culvert demo ended: ${errors}`)));
    });
    page = await browser.newPage({ viewport: { width: 1180, height: 900 }, reducedMotion: 'reduce' });
    await page.goto(printed.ui);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    end();
    await ended;
    await rm(home, { recursive: true });
  });

  test('the one-time token is gone from the address, works no second time, and a reload goes on', async () => {
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.getByRole('listitem', { name: 'Demo' }).waitFor();
    const stranger = await browser.newContext();
    const other = await stranger.newPage();
    expect((await other.goto(printed.ui))?.status()).toBe(401);
    await stranger.close();
  });

  test('every page is drawn without findings, violations or errors', async () => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    for (const [hash, name] of [
      ['overview', 'Overview'],
      ['traces', 'Traces'],
      ['profiles', 'Profiles'],
      ['doctor', 'Doctor'],
      ['logs', 'Logs'],
      ['settings', 'Settings'],
      ['about', 'About'],
      ['tunnels', 'Tunnels'],
    ] as const) {
      await page.evaluate((to) => {
        location.hash = `#/${to}`;
      }, hash);
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      expect(await axeFindings(page), name).toEqual([]);
    }
    expect(await cspViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('a call through the tunnel appears as it is made, and opens to what came back', async () => {
    await page.evaluate(() => {
      location.hash = '#/traces';
    });
    await page.getByRole('heading', { name: 'Traces', level: 1 }).waitFor();
    expect(await callTool(printed, 'add', { a: 20, b: 22 })).toContain('42');
    const row = page.getByRole('option', { name: /tools\/call.*add/ }).first();
    await row.waitFor();
    await row.click();
    const call = page.getByRole('region', { name: 'The call' });
    await call.getByText('"sum"').waitFor();
    await call.getByRole('tab', { name: 'Headers' }).click();
    await call.getByText('With the request').waitFor();
    expect(await page.content()).not.toContain(printed.key);
    await page.keyboard.press('/');
    await page.keyboard.type('method:initialize');
    await page
      .getByRole('option', { name: /tools\/call.*add/ })
      .first()
      .waitFor({ state: 'detached' });
  });

  test('the wizard leads a real server to its first call, and its profile is what was typed', async () => {
    const keyFile = join(home, 'key');
    await writeFile(keyFile, printed.key);
    await page.evaluate(() => {
      location.hash = '#/wizard';
    });
    await page.getByRole('radio', { name: 'Command' }).press('Space');
    const server = resolve('node_modules/@modelcontextprotocol/server-everything/dist/index.js');
    await page.getByLabel('Command that starts it').fill(`"${process.execPath}" "${server}" stdio`);
    await page.getByRole('button', { name: 'Run this command' }).click();
    await page.getByText(/Lists 13 tools/).waitFor();
    await page.getByRole('button', { name: 'Next: tunnel and key' }).click();
    await page.getByLabel('Tunnel id').fill(printed.tunnelId);
    await page.getByRole('button', { name: /Another control plane/ }).click();
    await page.getByLabel('Or a reference to it').fill(`file:${keyFile}`);
    await page.getByLabel('Control plane', { exact: true }).fill(printed.controlPlane);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByText('The key may use this tunnel, verified by a real poll').waitFor();
    await page.getByRole('button', { name: 'Next: name' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Everything');
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByText('Waiting for the first call.').waitFor();
    // The demo's own tunnel polls for the same id: it goes, so that the next call is this one's.
    await page.evaluate(() => {
      location.hash = '#/overview';
    });
    await page.getByRole('switch', { name: 'Demo on' }).press('Space');
    await page.getByRole('listitem', { name: 'Demo' }).getByText('Stopped', { exact: true }).waitFor();
    expect(await callTool(printed, 'echo', { message: 'through the tunnel' })).toContain('through the tunnel');
    await page
      .getByRole('listitem', { name: 'Everything' })
      .getByText(/Last call/)
      .waitFor();
    const profile = await readFile(join(home, 'config/culvert/profiles/Everything.yaml'), 'utf8');
    expect(profile).toContain(`api_key: file:${keyFile}`);
    expect(profile).not.toContain(printed.key);
  });

  test('a tunnel is created with an admin key, waited for, used, renamed and deleted at a real control plane', async () => {
    let age = 0;
    const relay = await createRelay({ newTunnelDelayMs: 30_000, now: () => age });
    onTestFinished(() => relay.close());
    const keyFile = join(home, 'relay-key');
    await writeFile(keyFile, relay.addKey({}));
    await page.evaluate(() => {
      location.hash = '#/wizard';
    });
    await page.getByRole('radio', { name: 'Command' }).press('Space');
    const server = resolve('node_modules/@modelcontextprotocol/server-memory/dist/index.js');
    await page.getByLabel('Command that starts it').fill(`"${process.execPath}" "${server}"`);
    await page.getByRole('button', { name: 'Run this command' }).click();
    await page.getByText(/Lists 9 tools/).waitFor();
    await page.getByRole('button', { name: 'Next: tunnel and key' }).click();
    await page.getByRole('button', { name: /Another control plane/ }).click();
    await page.getByLabel('Or a reference to it').fill(`file:${keyFile}`);
    await page.getByLabel('Control plane', { exact: true }).fill(relay.address);

    await page.getByRole('button', { name: 'Choose or create' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Admin key').fill(relay.adminKey);
    await dialog.getByLabel('Organization id').fill('org_1');
    await dialog.getByRole('button', { name: 'Show its tunnels' }).click();
    await dialog.getByText('No tunnel yet').waitFor();
    await dialog.getByRole('button', { name: 'Create a new one' }).click();
    await dialog.getByLabel('Name').fill('Memory');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('The tunnel is created.').waitFor();
    const tunnelId = await page.getByLabel('Tunnel id').inputValue();
    expect(tunnelId).toMatch(/^tunnel_[a-z0-9]{32}$/);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByText('Waiting for the new tunnel.').waitFor();
    age = 30_000;
    await page.getByText('The key may use this tunnel, verified by a real poll').waitFor();
    expect(relay.connected(tunnelId)).toBe(true);
    await page.getByRole('button', { name: 'Next: name' }).click();
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByText('Waiting for the first call.').waitFor();
    const profile = await readFile(join(home, 'config/culvert/profiles/Memory.yaml'), 'utf8');
    expect(profile).toContain(tunnelId);
    expect(profile).not.toContain(relay.adminKey);

    await page.evaluate(() => {
      location.hash = '#/tunnels';
    });
    await page.getByRole('heading', { name: 'Tunnels', level: 1 }).waitFor();
    const change = page.getByRole('button', { name: 'Change…' });
    await change.or(page.getByLabel('Control plane')).waitFor();
    if (await change.isVisible()) await change.click();
    await page.getByLabel('Control plane').fill(relay.address);
    await page.getByText('Reached with the settings of profile Memory').waitFor();
    await page.getByRole('button', { name: 'Show its tunnels' }).click();
    await page.getByRole('link', { name: 'Memory' }).waitFor();
    await page.getByRole('button', { name: 'More for Memory' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await dialog.getByLabel('Name').fill('Memory of all');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Memory of all is saved').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'More for Memory of all' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('Memory runs with it now and will be refused.').waitFor();
    await page.getByRole('button', { name: 'Delete the tunnel' }).click();
    await page.getByText('No tunnel yet').waitFor();
    expect(relay.stats(tunnelId)).toBeUndefined();
    expect(await page.content()).not.toContain(relay.adminKey);
    await page.getByRole('button', { name: 'More for Tunnels' }).click();
    await page.getByRole('menuitem', { name: 'Forget the admin key' }).click();
    await page.getByText('The admin key is forgotten').waitFor();
    expect(await cspViolations(page)).toEqual([]);
  });

  test('a profile edited in the form keeps its file as it was, but for that', async () => {
    await page.evaluate(() => {
      location.hash = '#/profiles';
    });
    await page.getByRole('link', { name: /Everything/ }).click();
    const text = page.getByRole('textbox', { name: 'YAML' });
    const before = await text.inputValue();
    await page.getByLabel('Polls at once').fill('2');
    await expect.poll(() => text.inputValue()).not.toBe(before);
    const after = await text.inputValue();
    for (const line of before.split('\n').filter((each) => each !== '')) expect(after).toContain(line);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await readFile(join(home, 'config/culvert/profiles/Everything.yaml'), 'utf8')).toBe(after);
    await text.fill(after.replace(/tunnel_id: \S+/, 'tunnel_id: nonsense'));
    await page.getByText(/Line \d+, column \d+:/).waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    expect(await cspViolations(page)).toEqual([]);
  });

  test('two servers of another app become channels of one tunnel, and both answer through it', async () => {
    await page.evaluate(() => {
      location.hash = '#/overview';
    });
    await page.getByRole('switch', { name: 'Everything on' }).press('Space');
    await page.getByRole('listitem', { name: 'Everything' }).getByText('Stopped', { exact: true }).waitFor();
    await page.evaluate(() => {
      location.hash = '#/wizard';
    });
    await page.getByRole('row', { name: /everything/ }).click();
    await page.getByRole('row', { name: /memory/ }).click();
    await page.getByRole('button', { name: 'Use these 2 servers' }).click();
    await page.getByRole('region', { name: 'Not carried over' }).getByText('timeout', { exact: true }).waitFor();
    const [main, memory] = ['main', 'memory'].map((name) => page.getByRole('listitem', { name, exact: true }));
    await main!.getByRole('button', { name: /Run/ }).click();
    await memory!.getByRole('button', { name: 'Run this command' }).click();
    await page.getByText('2 of 2 verified').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Next: tunnel and key' }).click();
    await page.getByLabel('Tunnel id').fill(printed.tunnelId);
    await page.getByRole('button', { name: /Another control plane/ }).click();
    await page.getByLabel('Or a reference to it').fill(`file:${join(home, 'key')}`);
    await page.getByLabel('Control plane', { exact: true }).fill(printed.controlPlane);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByText('The key may use this tunnel, verified by a real poll').waitFor();
    await page.getByRole('button', { name: 'Next: name' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Both');
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByText('Waiting for the first call.').waitFor();
    expect(await callTool(printed, 'echo', { message: 'to main' })).toContain('to main');
    const { key, mcpUrl } = printed;
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote the first program'] }];
    expect(await callTool({ key, mcpUrl: `${mcpUrl}/memory` }, 'create_entities', { entities })).toContain('Ada');
    expect(await readFile(join(home, 'memory.json'), 'utf8')).toContain('Ada');
    const profile = await readFile(join(home, 'config/culvert/profiles/Both.yaml'), 'utf8');
    expect(profile).toMatch(/channel: memory/);
    expect(profile).toContain(`MEMORY_FILE_PATH: ${join(home, 'memory.json')}`);
  });
});
