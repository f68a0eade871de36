import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { suiteNeeds } from '../support/require.ts';
import { launchChromium } from './chromium.ts';
import { axeFindings, cspViolations, openPages, type OpenPage } from './pages.ts';

const tunnelId = 'tunnel_7f3c0123456789abcdef0123456789ab';
const key = 'sk-a-key-that-must-not-come-back';

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');

vi.setConfig({ testTimeout: 60_000 });

suiteNeeds('chromium')('a person at the pages', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  const check = async (open: OpenPage): Promise<void> => {
    expect(await axeFindings(open.page)).toEqual([]);
    expect(await cspViolations(open.page)).toEqual([]);
    await open.close();
  };

  test('goes from a server that was found to the first call, and nothing runs before it was agreed to', async () => {
    const open = await openPages(browser, 'empty');
    const { page, world } = open;
    await page.getByRole('button', { name: /Connect a server/ }).click();
    await page.getByRole('row', { name: /crm/ }).click();
    await page.getByRole('button', { name: 'Use this server' }).click();
    await page.getByText('/home/you/.local/bin/uv').waitFor();
    const next = page.getByRole('button', { name: 'Next: tunnel and key' });
    expect(await next.isDisabled()).toBe(true);
    expect(world.heard.map(({ name }) => name)).not.toContain('drafts.probeServer');
    await page.getByRole('button', { name: 'Run this command' }).click();
    await page.getByText('Lists 9 tools').waitFor();
    expect(world.heard.map(({ name }) => name).filter((name) => /approve|probe/.test(name))).toEqual([
      'drafts.approve',
      'drafts.probeServer',
    ]);
    await next.click();

    await page.getByLabel('Tunnel id').fill(tunnelId);
    await page.getByLabel('Runtime key').fill(key);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByText('The key may use this tunnel, verified by a real poll').waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Next: name' }).click();

    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('CRM');
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByText('Waiting for the first call.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    world.callArrives([...world.wizard.drafts.keys()].at(-1) ?? '');
    await page.getByText(/The first call arrived/).waitFor();
    await check(open);
  });

  test('picks several servers that were found: each is a channel, agreed to and proved in its turn', async () => {
    const open = await openPages(browser, 'empty', '#/wizard');
    const { page, world } = open;
    await page.getByRole('row', { name: /postgres/ }).click();
    await page.getByRole('row', { name: /docs/ }).focus();
    await page.keyboard.press('Space');
    await page.getByText('2 picked: postgres, docs').waitFor();
    expect(await page.getByRole('row', { name: /events/ }).getAttribute('aria-disabled')).toBe('true');
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Use these 2 servers' }).click();
    const next = page.getByRole('button', { name: 'Next: tunnel and key' });
    const dropped = page.getByRole('region', { name: 'Not carried over' });
    expect(await dropped.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/^The variables of .*\.env The file cannot be read/),
      expect.stringMatching(/^auth The product that calls signs in itself/),
      expect.stringMatching(/^The value of Authorization \$\{input:docs-token\}.* Enter it\.$/),
      expect.stringMatching(/^oauth The product that calls signs in itself/),
    ]);
    expect(world.heard.map(({ name }) => name)).not.toContain('drafts.probeServer');
    const main = page.getByRole('listitem', { name: 'main', exact: true });
    const docs = page.getByRole('listitem', { name: 'docs', exact: true });
    await main.getByRole('button', { name: 'Run this command' }).click();
    // the next one that is not proved opens by itself
    await docs.getByRole('button', { name: 'Reach this server' }).click();
    await page.getByText('2 of 2 verified').waitFor();
    expect(await next.isDisabled()).toBe(false);

    await docs.getByLabel('Channel').fill('main');
    await page.getByText('Another server has this name.').waitFor();
    await docs.getByRole('button', { name: 'Make it main' }).click();
    const postgres = page.getByRole('listitem', { name: 'postgres', exact: true });
    await postgres.waitFor();
    await postgres.getByRole('button', { name: 'postgres', exact: false }).first().click();
    await postgres.getByLabel('Channel').fill('db');
    await page.getByRole('listitem', { name: 'db', exact: true }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await next.click();
    await page.getByLabel('Tunnel id').waitFor();
    const draft = [...world.wizard.drafts.values()].at(-1)!;
    expect(draft.servers.map(({ channel, kind }) => `${channel} ${kind}`)).toEqual(['db stdio', 'main http']);
    await check(open);
  });

  test('searches among forty servers, and what was picked stays picked', async () => {
    const open = await openPages(browser, 'many', '#/wizard');
    const { page } = open;
    await page.getByRole('row', { name: /server-1,/ }).click();
    await page.getByRole('searchbox', { name: 'Search servers' }).fill('customers/reports');
    await expect.poll(() => page.getByRole('row', { name: /server-/ }).count()).toBeLessThan(10);
    await page.getByRole('row', { name: /server-13,/ }).click();
    await page.getByRole('searchbox', { name: 'Search servers' }).fill('nothing like it');
    await page.getByText('No server matches “nothing like it”.').waitFor();
    await page.getByRole('searchbox', { name: 'Search servers' }).fill('');
    await page.getByText('2 picked: server-1, server-13').waitFor();
    await check(open);
  });

  test('sets up servers of other apps from the profiles page, and adds one to a profile that is there', async () => {
    const open = await openPages(browser, 'full', '#/profiles');
    const { page } = open;
    await page.getByRole('button', { name: 'Import' }).click();
    await page.getByRole('menuitem', { name: 'Servers of other apps…' }).click();
    await page.getByRole('row', { name: /crm/ }).click();
    await page.getByRole('row', { name: /docs/ }).click();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Set up as a tunnel' }).click();
    await heading(page, '2 servers, 2 channels').waitFor();

    await page.evaluate(() => {
      location.hash = '#/profiles/p-crm';
    });
    await page.getByRole('button', { name: 'Add a server' }).click();
    await page.getByRole('menuitem', { name: 'From this machine…' }).click();
    await page.getByRole('row', { name: /postgres/ }).click();
    await page.getByRole('button', { name: 'Add as a channel' }).click();
    await page.getByText('Added: postgres').waitFor();
    await expect.poll(() => page.getByRole('textbox', { name: 'YAML' }).inputValue()).toContain('channel: postgres');
    await page.getByRole('region', { name: 'Not carried over' }).getByText('auth', { exact: true }).waitFor();
    await check(open);
  });

  test('is told when a key can read a tunnel but not use it, and when it is an admin key', async () => {
    const open = await openPages(browser, 'empty', '#/wizard');
    const { page } = open;
    await page.getByRole('row', { name: /crm/ }).click();
    await page.getByRole('button', { name: 'Use this server' }).click();
    await page.getByRole('button', { name: 'Continue without the check' }).click();
    await page.getByLabel('Tunnel id').fill(tunnelId.slice(0, -4) + 'ffff');
    await page.getByLabel('Runtime key').fill('sk-admin-123');
    await page.getByText(/begins like an admin key/).waitFor();
    expect(await page.getByRole('button', { name: 'Check tunnel and key' }).isDisabled()).toBe(true);
    await page.getByLabel('Runtime key').fill(key);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByText('The key can read this tunnel but not use it.').waitFor();
    await check(open);
  });

  test('chooses a tunnel with an admin key typed in the wrong field, and never sees the key again', async () => {
    const open = await openPages(browser, 'empty', '#/wizard');
    const { page, world } = open;
    await page.getByRole('row', { name: /crm/ }).click();
    await page.getByRole('button', { name: 'Use this server' }).click();
    await page.getByRole('button', { name: 'Continue without the check' }).click();
    await page.getByLabel('Runtime key').fill('sk-admin-kept');
    await page.getByRole('button', { name: 'Use this key to choose a tunnel' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Organization id').fill('org_8fK2mQ4xLyon');
    expect(await axeFindings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Show its tunnels' }).click();
    await dialog.getByPlaceholder('Name, id, description or owner').fill('engineering docs');
    await dialog.getByText('1 of 3 tunnels').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Use Docs search' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Tunnel id').inputValue()).toBe('tunnel_7f3cpdocs000000000000000000091be');
    expect(await page.getByLabel('Runtime key').inputValue()).toBe('');
    expect(await page.content()).not.toContain('sk-admin-kept');
    expect(world.heard.map(({ name }) => name)).not.toContain('secrets.set');
    await check(open);
  });

  test('creates a tunnel from the wizard, and the proof waits until it is usable', async () => {
    const open = await openPages(browser, 'full', '#/wizard');
    const { page, world } = open;
    await page.getByRole('row', { name: /crm/ }).click();
    await page.getByRole('button', { name: 'Use this server' }).click();
    await page.getByRole('button', { name: 'Continue without the check' }).click();
    await page.getByRole('button', { name: 'Choose or create' }).click();
    await page.getByRole('button', { name: 'Create a new one' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Name').inputValue()).toBe('crm');
    expect(await dialog.getByLabel('Organizations').inputValue()).toBe('org_8fK2mQ4xLyon');
    await dialog.getByLabel('Organizations').fill('');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByText('a tunnel needs an owner').waitFor();
    await dialog.getByLabel('Workspaces').fill('ws_1, ws_2');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('The tunnel is created.').waitFor();
    const created = [...world.management.fresh.keys()][0] ?? '';
    expect(await page.getByLabel('Tunnel id').inputValue()).toBe(created);
    expect(world.management.tunnels.get(created)).toMatchObject({ name: 'crm', workspaceIds: ['ws_1', 'ws_2'] });

    world.management.fresh.set(created, Infinity);
    await page.getByLabel('Runtime key').fill(key);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByText('Waiting for the new tunnel.').waitFor();
    await page.getByText(/One takes about 30 s to be usable/).waitFor();
    expect(await page.getByRole('list', { name: 'Checks' }).count()).toBe(0);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stop waiting' }).click();
    await page.getByText('The control plane does not know this tunnel.').waitFor();
    world.management.fresh.set(created, 2);
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByText('The key may use this tunnel, verified by a real poll').waitFor();
    await check(open);
  });

  test('keeps trying while a role becomes active, and goes on by itself or without proof', async () => {
    const open = await openPages(browser, 'empty', '#/wizard');
    const { page, world } = open;
    await page.getByRole('row', { name: /crm/ }).click();
    await page.getByRole('button', { name: 'Use this server' }).click();
    await page.getByRole('button', { name: 'Continue without the check' }).click();
    await page.getByLabel('Tunnel id').fill(tunnelId.slice(0, -4) + 'ffff');
    await page.getByLabel('Runtime key').fill(key);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByRole('button', { name: 'Keep trying' }).click();
    await page.getByText('Waiting for the role of the key.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Continue without the check' }).click();
    await page.getByRole('heading', { name: 'Name it' }).waitFor();
    await expect.poll(() => world.heard.map(({ name }) => name)).toContain('drafts.cancelProbe');
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByRole('button', { name: 'Keep trying' }).click();
    await page.getByText('Waiting for the role of the key.').waitFor();
    world.wizard.roleIsActive = true;
    await page.getByRole('heading', { name: 'Name it' }).waitFor();
    await check(open);
  });

  test('manages tunnels: finds the page, edits, creates and deletes, and is warned of what runs here', async () => {
    const open = await openPages(browser, 'full');
    const { page, world } = open;
    await page.keyboard.press('Control+k');
    await page.keyboard.type('manage the tunnels');
    await page.keyboard.press('Enter');
    await heading(page, 'Tunnels').waitFor();
    await page.getByText('3 tunnels', { exact: true }).waitFor();
    expect(await page.getByRole('link', { name: 'CRM on this laptop' }).getAttribute('href')).toBe('#/profiles/p-crm');

    await page.getByRole('button', { name: 'More for Data warehouse' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Workspaces').fill('ws_1 ws_1');
    await dialog.getByText('ws_1 is listed twice.').waitFor();
    await dialog.getByLabel('Workspaces').fill('ws_1');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Data warehouse is saved').waitFor();
    expect(world.heard.find(({ name }) => name === 'management.update')?.args).toMatchObject({
      change: { workspaceIds: ['ws_1'] },
    });

    await page.getByRole('button', { name: 'Create a tunnel' }).click();
    await dialog.getByLabel('Name').fill('Brand new');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('Brand new is created.').waitFor();
    await page.getByText('4 tunnels', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'More for CRM of the Lyon office' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('CRM on this laptop runs with it now and will be refused.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    world.management.kept = 'none';
    await dialog.getByRole('button', { name: 'Delete the tunnel' }).click();
    await dialog.getByLabel('Admin key').fill('sk-proj-runtime');
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await dialog.getByText(/begins like a runtime key/).waitFor();
    await dialog.getByLabel('Admin key').fill('sk-admin-good');
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('CRM of the Lyon office is deleted').waitFor();
    await page.getByText('3 tunnels', { exact: true }).waitFor();
    await check(open);
  });

  test('is asked for another admin key when one is refused, and keeps what was typed beside it', async () => {
    const open = await openPages(browser, 'no-keychain', '#/tunnels');
    const { page } = open;
    await page.getByText('the key is held until Culvert quits').waitFor();
    await page.getByRole('radio', { name: 'a workspace' }).press('Space');
    await page.getByLabel('Workspace id').fill('ws_engineering');
    await page.getByLabel('Admin key').fill('sk-admin-refused');
    await page.getByRole('button', { name: 'Show its tunnels' }).click();
    await page.getByText(/The admin key is refused/).waitFor();
    expect(await page.getByLabel('Workspace id').inputValue()).toBe('ws_engineering');
    expect(await axeFindings(page)).toEqual([]);
    await page.getByLabel('Admin key').fill('sk-admin-good');
    await page.getByLabel('Admin key').press('Enter');
    await page.getByText('1 tunnel', { exact: true }).waitFor();
    await page.getByText(/workspace ws_engineering, key held until Culvert quits/).waitFor();
    expect(await page.content()).not.toContain('sk-admin-good');
    await page.getByRole('button', { name: 'More for Tunnels' }).click();
    await page.getByRole('menuitem', { name: 'Forget the admin key' }).click();
    await page.getByLabel('Admin key').waitFor();
    await check(open);
  });

  test('finds one of 200 tunnels, and connects a server to it', async () => {
    const open = await openPages(browser, 'many', '#/tunnels');
    const { page } = open;
    await page.getByText('200 tunnels').waitFor();
    await page.getByRole('heading', { name: 'Tunnels' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('vault staging');
    await page.getByText('5 of 200 tunnels').waitFor();
    await page.getByRole('button', { name: 'More for Vault staging 3' }).click();
    await page.getByRole('menuitem', { name: 'Connect a server to it' }).click();
    await page.getByRole('radio', { name: 'URL' }).press('Space');
    await page.getByLabel('URL of the server').fill('http://127.0.0.1:7311/mcp');
    await page.getByRole('button', { name: 'Continue without the check' }).click();
    expect(await page.getByLabel('Tunnel id').inputValue()).toMatch(/^tunnel_0063/);
    await check(open);
  });

  test('tries the demo with one button', async () => {
    const open = await openPages(browser, 'empty');
    const { page } = open;
    await page.getByRole('button', { name: /Try the demo/ }).click();
    await page.getByText(/The demo called greet through its tunnel/).waitFor();
    await page.getByRole('listitem', { name: 'Demo' }).waitFor();
    await check(open);
  });

  test('reaches every page and does anything by keyboard alone', async () => {
    const open = await openPages(browser, 'full');
    const { page, world } = open;
    const pages = ['Overview', 'Traces', 'Profiles', 'Doctor', 'Logs', 'Settings'];
    for (const [index, name] of pages.entries()) {
      await page.keyboard.press(`Control+${index + 1}`);
      await heading(page, name).waitFor();
      await expect.poll(() => focused(page)).toBe(name);
    }
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Type a page, a tunnel or an action').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.type('start docs');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => world.heard.map(({ name }) => name)).toContain('tunnels.start');
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByPlaceholder('Type a page, a tunnel or an action').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+,');
    await heading(page, 'Settings').waitFor();
    await page.keyboard.press('Control+2');
    await heading(page, 'Traces').waitFor();
    await page.locator('[data-filter]').waitFor();
    await page.keyboard.press('Control+f');
    await expect.poll(() => page.evaluate(() => document.activeElement?.hasAttribute('data-filter'))).toBe(true);
    await check(open);
  });

  test('switches a tunnel off and on, and hears that its state changed', async () => {
    const open = await openPages(browser, 'healthy');
    const { page } = open;
    const toggle = page.getByRole('switch', { name: 'CRM on this laptop on' });
    await toggle.focus();
    await page.keyboard.press('Space');
    await page.getByText('Stopped', { exact: true }).waitFor();
    await page.getByText('CRM on this laptop: Stopped').waitFor({ state: 'attached' });
    await page.keyboard.press('Space');
    await page.getByText('Connected', { exact: true }).waitFor();
    await check(open);
  });

  test('opens a layer of the pipe for what is known about it', async () => {
    const open = await openPages(browser, 'full');
    const { page } = open;
    await page
      .getByRole('button', { name: /api\.openai\.com/ })
      .first()
      .click();
    await page.getByText('Round trip of an answer').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show its output' }).click();
    await page.getByText('connecting to db.staging.internal').waitFor();
    await check(open);
  });

  test('gives a new key beside the refusal of the old one', async () => {
    const open = await openPages(browser, 'refused');
    const { page, world } = open;
    await page.getByLabel('New runtime key').fill(key);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await expect.poll(() => world.heard.map(({ name }) => name)).toContain('tunnels.retry');
    expect(world.heard.find(({ name }) => name === 'secrets.replaceKey')?.args).toEqual({ owner: 'p-crm', value: key });
    expect(await page.content()).not.toContain(key);
    await check(open);
  });

  test('keeps a secret that is typed in the editor until the profile is saved, and forgets it when that is discarded', async () => {
    const open = await openPages(browser, 'healthy', '#/profiles/p-crm');
    const { page, world } = open;
    const field = page.getByLabel('Runtime key', { exact: true });
    const type = async (): Promise<void> => {
      await field.fill(key);
      await page.getByRole('button', { name: 'Keep', exact: true }).click();
      await page.getByPlaceholder('typed, kept on save').waitFor();
      await page.getByText('not saved').waitFor();
    };
    await page.getByPlaceholder('kept, type to replace it').waitFor();
    expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true);
    await type();
    expect(await page.content()).not.toContain(key);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Revert' }).click();
    await page.getByPlaceholder('kept, type to replace it').waitFor();
    expect(world.heard.map(({ name }) => name)).toContain('profiles.discard');
    await type();
    await page.getByRole('button', { name: 'All profiles' }).click();
    await page.getByRole('link', { name: /CRM on this laptop/ }).click();
    await page.getByPlaceholder('typed, kept on save').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByPlaceholder('kept, type to replace it').waitFor();
    expect(await page.getByText('not saved').count()).toBe(0);
    await check(open);
  });

  test('agrees to a changed command only after seeing it whole', async () => {
    const open = await openPages(browser, 'consent');
    const { page, world } = open;
    await page.getByRole('button', { name: 'Review the command' }).click();
    await page.getByText('It differs from the command you agreed to before.').waitFor();
    await page
      .getByRole('dialog')
      .or(page.getByRole('alertdialog'))
      .getByText(/\.ya?ml$/)
      .waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(world.heard.map(({ name }) => name)).not.toContain('approvals.approve');
    await page.getByRole('button', { name: 'Run this command' }).click();
    await expect.poll(() => world.heard.map(({ name }) => name)).toContain('approvals.approve');
    await check(open);
  });

  test('finds a call among 100,000 by keyboard, opens it, and reveals one hidden value', async () => {
    const open = await openPages(browser, 'many', '#/traces');
    const { page, world } = open;
    await page.getByText('100,000 calls').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('tool:search_c');
    // the calls below are options as well, and name the tool before it can be completed
    await page
      .getByRole('listbox', { name: 'Suggestions' })
      .getByRole('option', { name: /search_contract/ })
      .waitFor();
    await page.keyboard.press('Tab');
    await expect.poll(() => page.getByRole('combobox').inputValue()).toBe('tool:search_contract ');
    await page.keyboard.type('status:ok');
    expect(await page.getByRole('combobox').inputValue()).toBe('tool:search_contract status:ok');
    // the count of both terms: the list is that of the first until then
    const matching = world.traces.rows.filter((row) => row.target === 'search_contract' && row.status === 'ok');
    await page.getByText(`${matching.length.toLocaleString('en')} of 100,000 calls`).waitFor();
    await page.getByRole('listbox', { name: 'Calls, newest first' }).waitFor();
    expect(await page.getByRole('listbox', { name: 'Calls, newest first' }).getByRole('option').count()).toBeLessThan(
      80,
    );
    await page.getByRole('listbox', { name: 'Calls, newest first' }).focus();
    const shown = () => page.evaluate(() => location.hash);
    // the far end is not loaded yet: what comes after starts from there
    await page.keyboard.press('End');
    await expect.poll(shown).toBe(`#/traces/${matching[0]!.id}`);
    await page.keyboard.press('ArrowUp');
    await expect.poll(shown).toBe(`#/traces/${matching[1]!.id}`);
    await page.keyboard.press('Home');
    await expect.poll(shown).toBe(`#/traces/${matching.at(-1)!.id}`);
    await page.keyboard.press('Enter');
    const reveal = page.getByRole('button', { name: /Reveal "email"/ });
    await reveal.waitFor();
    expect(world.heard.map(({ name }) => name)).not.toContain('traces.reveal');
    await reveal.click();
    await page.getByText('m.aurel@example.com').waitFor();
    await page.getByText('12345678901234567890').waitFor();
    await page.keyboard.press('Escape');
    await check(open);
  });

  test('leaves the keyboard in the list of calls when another filter applies', async () => {
    const open = await openPages(browser, 'many', '#/traces');
    const { page, world } = open;
    const list = page.getByRole('listbox', { name: 'Calls, newest first' });
    await list.getByRole('option').first().waitFor();
    await list.evaluate((element) => element.scrollTo(0, 64_000));
    await list.focus();
    await page.evaluate(() => (location.hash = '#/traces/status%3Aerror'));
    const [oldest] = world.traces.rows.filter(({ status }) => status === 'error');
    await expect.poll(() => list.getByRole('option').first().getAttribute('aria-posinset')).toBe('1');
    await page.keyboard.press('End');
    await expect.poll(() => page.evaluate(() => location.hash)).toBe(`#/traces/${oldest!.id}`);
    await check(open);
  });

  test('reads on while new calls arrive, and is told how many', async () => {
    const open = await openPages(browser, 'many', '#/traces');
    const { page, world } = open;
    const list = page.getByRole('listbox', { name: 'Calls, newest first' });
    await list.getByRole('option').first().waitFor();
    await list.evaluate((element) => element.scrollTo(0, 3200));
    const rows = () => list.getByRole('option').evaluateAll((options) => options.map(({ id }) => id));
    // the hundredth is on top now: what is drawn around it came with it
    const onTop = Array.from({ length: 10 }, (_, n) => `trace-${99_900 - n}`);
    await expect.poll(rows).toEqual(expect.arrayContaining(onTop));
    const before = await rows();
    for (let n = 0; n < 5; n++) world.traces.add();
    await page.getByRole('button', { name: '5 newer calls' }).waitFor();
    expect(await rows()).toEqual(before);
    await page.getByRole('button', { name: '5 newer calls' }).click();
    await expect.poll(() => list.getByRole('option').first().getAttribute('id')).toBe('trace-100005');
    await check(open);
  });

  test('edits a profile as a form and as text, each following the other, and keeps its comments', async () => {
    const open = await openPages(browser, 'full', '#/profiles/p-crm');
    const { page, world } = open;
    const text = page.getByRole('textbox', { name: 'YAML' });
    await page.getByLabel('Proxy for this server only').first().fill('http://lyon.corp:3128');
    await expect.poll(() => text.inputValue()).toContain('http_proxy: http://lyon.corp:3128');
    expect(await text.inputValue()).toContain('# The CRM of the Lyon office.');
    await text.fill((await text.inputValue()).replace(/tunnel_id: \S+/, 'tunnel_id: tunnel_x'));
    await page.getByText('Line 4, column 3:').waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByLabel('Tunnel id').fill(tunnelId);
    await expect.poll(() => page.getByRole('button', { name: 'Save' }).isEnabled()).toBe(true);
    await page.keyboard.press('Control+s');
    await page.getByText('no call was lost').waitFor();
    expect(world.profiles.entries.get('p-crm')?.text).toContain(tunnelId);
    await check(open);
  });

  test('saves what was typed into the form a moment before', async () => {
    const open = await openPages(browser, 'full', '#/profiles/p-crm');
    const { page, world } = open;
    await page.getByLabel('Proxy for this server only').first().fill('http://lyon.corp:3128');
    const save = page.getByRole('button', { name: 'Save' });
    await expect.poll(() => save.isEnabled()).toBe(true);
    const handle = await save.elementHandle();
    await page.getByLabel('Proxy for this server only').first().fill('http://nice.corp:3128');
    await handle.evaluate((element) => (element as HTMLElement).click());
    await expect.poll(() => world.profiles.entries.get('p-crm')?.text).toContain('http_proxy: http://nice.corp:3128');
    await check(open);
  });

  test('tests a route of the text as it stands, and says which hop refused', async () => {
    const open = await openPages(browser, 'full', '#/profiles/p-crm');
    const { page, world } = open;
    const tests = page.getByRole('button', { name: 'Test this route' });
    await tests.first().click();
    await page.getByText('A connection to api.openai.com opens directly').waitFor();
    await page.getByLabel('Proxy for this server only').first().fill('http://down.corp:3128');
    await page.getByText('A connection to api.openai.com opens directly').waitFor({ state: 'detached' });
    await expect.poll(() => page.getByRole('textbox', { name: 'YAML' }).inputValue()).toContain('down.corp');
    await tests.first().click();
    await page.getByText('The proxy cannot be reached').waitFor();
    expect(world.heard.filter(({ name }) => name === 'profiles.testRoute')).toHaveLength(2);
    await check(open);
  });

  test('renames a profile, and gives an encrypted client key of a server its passphrase', async () => {
    const open = await openPages(browser, 'full', '#/profiles/p-crm');
    const { page, world } = open;
    await page.getByRole('button', { name: 'More for CRM on this laptop' }).click();
    await page.getByRole('menuitem', { name: 'Rename…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rename CRM on this laptop' });
    await dialog.getByLabel('Name').fill('crm lyon');
    await dialog.getByText('it is the name of its file too').waitFor();
    await dialog.getByLabel('Name').fill('crm-lyon');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('heading', { name: 'crm-lyon' }).waitFor();
    await page.getByText('profiles/crm-lyon.yaml').waitFor();

    await page.getByLabel('Its private key').last().fill('/etc/crm.key');
    await page.getByLabel('Passphrase of the key', { exact: true }).last().fill('open sesame');
    await page.getByRole('button', { name: 'Keep', exact: true }).last().click();
    const slot = 'docs.client_key_passphrase';
    await expect
      .poll(() => world.heard.find(({ name }) => name === 'secrets.set')?.args)
      .toEqual({ owner: 'p-crm', slot, value: 'open sesame' });
    await check(open);
  });

  test('deletes a profile and takes it back', async () => {
    const open = await openPages(browser, 'full', '#/profiles');
    const { page } = open;
    await page.getByRole('button', { name: 'More for Docs search' }).click();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('Docs search is deleted').waitFor();
    await expect.poll(() => page.getByRole('link', { name: /Docs search/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: /Docs search/ }).waitFor();
    await check(open);
  });

  test('watches the doctor work, and sees a fix before it is made', async () => {
    const open = await openPages(browser, 'full', '#/doctor');
    const { page, world } = open;
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByText('2 findings, 1 warning in 6 checks.').waitFor();
    await page.getByRole('button', { name: 'Fix it' }).click();
    await page.getByText('cwd: /home/you/docs', { exact: true }).waitFor();
    expect(world.heard.map(({ name }) => name)).not.toContain('doctor.applyFix');
    await page.getByRole('button', { name: 'Change it' }).click();
    await expect.poll(() => world.heard.map(({ name }) => name)).toContain('doctor.applyFix');
    await check(open);
  });

  test('chooses a theme, and finds it again after a reload', async () => {
    const open = await openPages(browser, 'full', '#/settings', { colorScheme: 'light' });
    const { page } = open;
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
    expect(await theme()).toBe('light');
    await page.getByRole('radio', { name: 'Dark' }).press('Space');
    await expect.poll(theme).toBe('dark');
    await page.reload();
    await heading(page, 'Settings').waitFor();
    expect(await theme()).toBe('dark');
    await check(open);
  });

  test('is told when Culvert goes away, and sees the truth when it is back', async () => {
    const open = await openPages(browser, 'healthy');
    const { page, world } = open;
    await open.stop();
    await page.getByText('Connection to Culvert lost.').waitFor();
    world.state = { ...world.state, tunnels: [] };
    await open.start();
    await page.getByText('The tunnel is off.').waitFor();
    await check(open);
  });

  test('is taken where a notification points', async () => {
    const open = await openPages(browser, 'full');
    const { page, world } = open;
    world.callers.broadcast('app.navigate', { page: 'traces', trace: 1283 });
    await page.getByRole('region', { name: 'The call' }).waitFor();
    await check(open);
  });
});
