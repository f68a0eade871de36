import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Scenario, World } from '../renderer/fake-backend/world.ts';
import { suiteNeeds } from '../support/require.ts';
import { launchChromium } from './chromium.ts';
import { cspViolations, openPages } from './pages.ts';

vi.setConfig({ testTimeout: 60_000 });

/** CULVERT_SCREENS=1 renews docs/screens; otherwise the pictures are made, and thrown away with the temporary folder. */
const folder =
  process.env['CULVERT_SCREENS'] === '1'
    ? fileURLToPath(new URL('../../docs/screens', import.meta.url))
    : mkdtempSync(join(tmpdir(), 'culvert-screens-'));

interface Screen {
  readonly name: string;
  readonly scenario: Scenario;
  readonly hash?: string;
  readonly themes?: readonly ('light' | 'dark')[];
  readonly options?: BrowserContextOptions;
  readonly act?: (page: Page, world: World) => Promise<void>;
}

const wizardKey = async (page: Page): Promise<void> => {
  await page.getByRole('row', { name: /crm/ }).click();
  await page.getByRole('button', { name: 'Use this server' }).click();
  await page.getByRole('button', { name: 'Run this command' }).click();
  await page.getByText('Lists 9 tools').waitFor();
};

const wizardFound = async (page: Page): Promise<void> => {
  await page.getByRole('row', { name: /crm/ }).click();
  await page.getByRole('row', { name: /docs/ }).click();
};

const wizardChannels = async (page: Page): Promise<void> => {
  await wizardFound(page);
  await page.getByRole('button', { name: 'Use these 2 servers' }).click();
  await page.getByRole('button', { name: 'Run this command' }).click();
  await page.getByText('1 of 2 verified').waitFor();
};

const wizardConnect = async (page: Page): Promise<void> => {
  await wizardKey(page);
  await page.getByRole('button', { name: 'Next: tunnel and key' }).click();
  await page.getByLabel('Tunnel id').fill('tunnel_7f3c0123456789abcdef0123456789ab');
  await page.getByLabel('Runtime key').fill('sk-example');
  await page.getByRole('button', { name: 'Check tunnel and key' }).click();
  await page.getByText('verified by a real poll').waitFor();
  await page.getByRole('button', { name: 'Next: name' }).click();
  await page.getByRole('button', { name: 'Save and connect' }).click();
  await page.getByText('Waiting for the first call.').waitFor();
};

const crmTunnel = 'CRM of the Lyon office';

const wizardKeyStep = async (page: Page): Promise<void> => {
  await wizardKey(page);
  await page.getByRole('button', { name: 'Next: tunnel and key' }).click();
};

const wizardChoose = async (page: Page): Promise<void> => {
  await wizardKeyStep(page);
  await page.getByRole('button', { name: 'Choose or create' }).click();
  await page.getByRole('dialog').getByText(crmTunnel).waitFor();
};

const wizardCreate = async (page: Page): Promise<void> => {
  await wizardChoose(page);
  await page.getByRole('button', { name: 'Create a new one' }).click();
  await page.getByRole('dialog').getByLabel('Description').fill('Read-only CRM of the Lyon office');
};

/** A tunnel that was just made and is not usable for as long as the picture takes. */
const wizardWait = async (page: Page, world: World): Promise<void> => {
  await wizardCreate(page);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('The tunnel is created.').waitFor();
  for (const id of world.management.fresh.keys()) world.management.fresh.set(id, Infinity);
  await page.getByLabel('Runtime key').fill('sk-example');
  await page.getByRole('button', { name: 'Check tunnel and key' }).click();
  await page.getByText('Waiting for the new tunnel.').waitFor();
};

const wizardRole = async (page: Page): Promise<void> => {
  await wizardKeyStep(page);
  await page.getByLabel('Tunnel id').fill('tunnel_7f3c0123456789abcdef01234567ffff');
  await page.getByLabel('Runtime key').fill('sk-example');
  await page.getByRole('button', { name: 'Check tunnel and key' }).click();
  await page.getByRole('button', { name: 'Keep trying' }).click();
  await page.getByText('Waiting for the role of the key.').waitFor();
};

const tunnelMenu =
  (item: string) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: `More for ${crmTunnel}` }).click();
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor();
  };

const both = ['light', 'dark'] as const;
const tall = { viewport: { width: 1180, height: 900 } };

const screens: readonly Screen[] = [
  { name: 'first-window', scenario: 'empty' },
  { name: 'overview', scenario: 'full' },
  { name: 'overview-loading', scenario: 'loading', themes: ['light'] },
  { name: 'overview-fault', scenario: 'fault' },
  { name: 'overview-offline', scenario: 'offline' },
  { name: 'overview-refused-key', scenario: 'refused', themes: ['dark'] },
  { name: 'overview-slow', scenario: 'slow', themes: ['light'] },
  { name: 'overview-deleted-tunnel', scenario: 'deleted', themes: ['dark'] },
  { name: 'overview-long', scenario: 'long', themes: ['light'], options: { viewport: { width: 900, height: 640 } } },
  { name: 'overview-nothing-arrived', scenario: 'quiet', themes: ['light'] },
  { name: 'overview-900', scenario: 'full', themes: ['light'], options: { viewport: { width: 900, height: 760 } } },
  {
    // What a window of 1180 × 760 shows at 200 %.
    name: 'overview-zoom-200',
    scenario: 'full',
    themes: ['light'],
    options: { viewport: { width: 590, height: 380 }, deviceScaleFactor: 2 },
  },
  { name: 'overview-forced-colours', scenario: 'full', themes: ['light'], options: { forcedColors: 'active' } },
  { name: 'traces', scenario: 'full', hash: '#/traces/1283' },
  { name: 'traces-list', scenario: 'many', hash: '#/traces', themes: ['light'] },
  { name: 'traces-empty', scenario: 'empty', hash: '#/traces', themes: ['light'] },
  {
    name: 'traces-900',
    scenario: 'full',
    hash: '#/traces/1283',
    themes: ['dark'],
    options: { viewport: { width: 900, height: 760 } },
  },
  { name: 'profiles', scenario: 'full', hash: '#/profiles' },
  { name: 'profile-editor', scenario: 'full', hash: '#/profiles/p-crm', options: tall },
  { name: 'wizard-found', scenario: 'full', hash: '#/wizard', options: tall, act: wizardFound },
  { name: 'wizard-channels', scenario: 'full', hash: '#/wizard', options: tall, act: wizardChannels },
  { name: 'wizard-server', scenario: 'full', hash: '#/wizard', options: tall, act: wizardKey },
  { name: 'wizard-connect', scenario: 'full', hash: '#/wizard', options: tall, act: wizardConnect },
  { name: 'wizard-key', scenario: 'full', hash: '#/wizard', themes: ['dark'], options: tall, act: wizardKeyStep },
  { name: 'wizard-choose', scenario: 'full', hash: '#/wizard', options: tall, act: wizardChoose },
  { name: 'wizard-create', scenario: 'full', hash: '#/wizard', themes: ['dark'], options: tall, act: wizardCreate },
  { name: 'wizard-wait', scenario: 'full', hash: '#/wizard', options: tall, act: wizardWait },
  { name: 'wizard-role', scenario: 'full', hash: '#/wizard', themes: ['light'], options: tall, act: wizardRole },
  { name: 'tunnels', scenario: 'full', hash: '#/tunnels', act: (page) => page.getByText(crmTunnel).waitFor() },
  { name: 'tunnels-key', scenario: 'empty', hash: '#/tunnels' },
  { name: 'tunnels-no-keychain', scenario: 'no-keychain', hash: '#/tunnels', themes: ['dark'] },
  { name: 'tunnels-empty', scenario: 'healthy', hash: '#/tunnels', themes: ['light'] },
  { name: 'tunnels-many', scenario: 'many', hash: '#/tunnels', themes: ['dark'] },
  { name: 'tunnels-offline', scenario: 'offline', hash: '#/tunnels', themes: ['light'] },
  { name: 'tunnels-refused-key', scenario: 'refused', hash: '#/tunnels', themes: ['dark'] },
  { name: 'tunnels-edit', scenario: 'full', hash: '#/tunnels', themes: ['light'], act: tunnelMenu('Edit') },
  { name: 'tunnels-delete', scenario: 'full', hash: '#/tunnels', themes: ['dark'], act: tunnelMenu('Delete') },
  {
    name: 'tunnels-900',
    scenario: 'full',
    hash: '#/tunnels',
    themes: ['light'],
    options: { viewport: { width: 900, height: 760 } },
  },
  { name: 'doctor', scenario: 'full', hash: '#/doctor' },
  { name: 'logs', scenario: 'full', hash: '#/logs' },
  { name: 'settings', scenario: 'full', hash: '#/settings', options: tall },
  { name: 'about', scenario: 'full', hash: '#/about' },
  {
    name: 'palette',
    scenario: 'full',
    act: async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Type a page, a tunnel or an action').waitFor();
    },
  },
];

suiteNeeds('chromium')('the screens of the documentation', () => {
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  for (const { name, scenario, hash = '', themes = both, options = {}, act } of screens) {
    for (const colorScheme of themes) {
      test(`${name} is drawn, ${colorScheme}`, async () => {
        const { page, world, close } = await openPages(browser, scenario, hash, { ...options, colorScheme });
        await act?.(page, world);
        await page.evaluate(() => document.fonts.ready);
        await page.waitForTimeout(300);
        const file = join(folder, themes.length === 1 ? `${name}.png` : `${name}-${colorScheme}.png`);
        const picture = await page.screenshot({ path: file });
        expect(picture.length).toBeGreaterThan(3000);
        expect(await page.evaluate(() => document.fonts.check('13px "Inter Variable"'))).toBe(true);
        expect(await cspViolations(page)).toEqual([]);
        await close();
      });
    }
  }
});
