import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { suiteNeeds } from '../support/require.ts';
import { launchChromium } from './chromium.ts';
import { cspViolations, openPages } from './pages.ts';

vi.setConfig({ testTimeout: 60_000 });

const pages = [
  '',
  '#/traces/1283',
  '#/profiles',
  '#/profiles/p-crm',
  '#/tunnels',
  '#/wizard',
  '#/doctor',
  '#/logs',
  '#/settings',
  '#/about',
];

/** Our own sentences that their box cuts off; what scrolls, and what came from outside and ends in …, is not meant. */
const clipped = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const cut = [
      ...document.querySelectorAll<HTMLElement>(
        'h1, h2, h3, button, a, label, nav *, [role=tab], [role=radio], .badge',
      ),
    ]
      .filter((element) => element.childElementCount === 0 && element.offsetParent !== null && element.clientWidth > 1)
      .filter(
        (element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline',
      )
      .filter((element) => /^\[.*\]$/.test(element.textContent.trim()))
      .map((element) => element.textContent);
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    return wide ? ['the page scrolls sideways', ...cut] : cut;
  });

suiteNeeds('chromium')('in other languages', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launchChromium()));
  afterAll(() => browser.close());

  for (const hash of pages) {
    test(`longer sentences fit at 900 px: ${hash === '' ? 'overview' : hash}`, async () => {
      const opened = await openPages(browser, 'full', hash, { viewport: { width: 900, height: 760 } });
      await opened.page.evaluate(() => localStorage.setItem('language', 'pseudo'));
      opened.world.tell({ settings: { ...opened.world.state.settings, language: 'pseudo' } });
      await opened.page.locator('nav', { hasText: '[' }).first().waitFor();
      await opened.page.evaluate(() => document.fonts.ready);
      if (process.env['CULVERT_LOOK'])
        await opened.page.screenshot({
          path: `${process.env['CULVERT_LOOK']}/pseudo-${hash.replaceAll(/\W/g, '')}.png`,
        });
      expect(await clipped(opened.page)).toEqual([]);
      expect(await cspViolations(opened.page)).toEqual([]);
      await opened.close();
    });
  }

  test('the language is switched in the settings at once, and is there after a reload', async () => {
    const { page, close } = await openPages(browser, 'full', '#/settings');
    const choose = async (label: string, language: string): Promise<void> => {
      await page.getByRole('button', { name: label }).click();
      await page.getByRole('option', { name: language }).click();
    };
    await choose('Language', 'Deutsch');
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
    await choose('Sprache', 'Français');
    await page.getByRole('heading', { name: 'Paramètres' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Paramètres' }).waitFor();
    await page.getByRole('link', { name: 'Aperçu' }).click();
    await page.getByRole('heading', { name: 'Aperçu' }).waitFor();
    if (process.env['CULVERT_LOOK']) await page.screenshot({ path: `${process.env['CULVERT_LOOK']}/fr.png` });
    expect(await cspViolations(page)).toEqual([]);
    await close();
  });
});
