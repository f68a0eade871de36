import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Scenario } from '../renderer/fake-backend/world.ts';
import { suiteNeeds } from '../support/require.ts';
import { launchChromium } from './chromium.ts';
import { axeFindings, cspViolations, openPages } from './pages.ts';

const pages: readonly (readonly [string, Scenario, string])[] = [
  ['the first window', 'empty', '#/overview'],
  ['the overview', 'full', '#/overview'],
  ['a refused key', 'refused', '#/overview'],
  ['a tunnel without network', 'offline', '#/overview'],
  ['a command that waits for consent', 'consent', '#/overview'],
  ['a call that its server keeps', 'slow', '#/overview'],
  ['a tunnel that was deleted', 'deleted', '#/overview'],
  ['a card where all is long', 'long', '#/overview'],
  ['the trace list', 'full', '#/traces'],
  ['an open call', 'full', '#/traces/1283'],
  ['an empty trace list', 'empty', '#/traces'],
  ['the profile list', 'full', '#/profiles'],
  ['the profile editor', 'full', '#/profiles/p-crm'],
  ['a profile with a long name', 'long', '#/profiles/p-long'],
  ['the wizard', 'full', '#/wizard'],
  ['the tunnels of a control plane', 'full', '#/tunnels'],
  ['a tunnel with a long description', 'long', '#/tunnels'],
  ['the question for an admin key', 'empty', '#/tunnels'],
  ['the doctor', 'full', '#/doctor'],
  ['the logs', 'full', '#/logs'],
  ['the settings', 'full', '#/settings'],
  ['about', 'full', '#/about'],
  ['the wait for the first snapshot', 'loading', ''],
];

vi.setConfig({ testTimeout: 60_000 });

suiteNeeds('chromium')('every page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  for (const [name, scenario, hash] of pages) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`${name} has no serious accessibility finding and no policy violation, ${colorScheme}`, async () => {
        const { page, close } = await openPages(browser, scenario, hash, { colorScheme, reducedMotion: 'reduce' });
        await page.waitForTimeout(250);
        expect(await axeFindings(page)).toEqual([]);
        expect(await cspViolations(page)).toEqual([]);
        await close();
      });
    }
  }

  test('a name as long as a name may be leaves state and menu of its card within the window', async () => {
    const { page, close } = await openPages(browser, 'full', '#/overview');
    for (const width of [1100, 590]) {
      await page.setViewportSize({ width, height: 760 });
      const outside = await page.evaluate(() => {
        for (const heading of document.querySelectorAll('.tunnel h2')) heading.textContent = 'long-name-'.repeat(12);
        const parts = [...document.querySelectorAll('.tunnel, .tunnel .chip, .tunnel button')];
        return parts.filter((part) => part.getBoundingClientRect().right > window.innerWidth).length;
      });
      expect(outside, `${width} px`).toBe(0);
    }
    await close();
  });

  test('a profile’s name is there beside a long word on its state', async () => {
    const { page, close } = await openPages(browser, 'full', '#/profiles');
    await page.setViewportSize({ width: 360, height: 760 });
    const widths = await page.evaluate(() =>
      [...document.querySelectorAll('.profile-name')].map((row) => {
        for (const chip of row.querySelectorAll('.chip')) chip.textContent = 'The configuration cannot be read';
        return row.querySelector('.row-name')?.getBoundingClientRect().width ?? 0;
      }),
    );
    expect(Math.min(...widths)).toBeGreaterThan(20);
    await close();
  });

  for (const [name, scenario, hash] of pages) {
    test(`${name} fits a window of 900 px, and one at 200 % zoom: only its parts scroll, and none sideways`, async () => {
      const { page, close } = await openPages(browser, scenario, hash);
      for (const width of [900, 590]) {
        await page.setViewportSize({ width, height: 760 });
        const overflow = await page.evaluate(() => ({
          body: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          below: document.documentElement.scrollHeight - document.documentElement.clientHeight,
          page: Math.max(
            0,
            ...[...document.querySelectorAll('.page')].map((each) => each.scrollWidth - each.clientWidth),
          ),
        }));
        expect(overflow, `${width} px`).toEqual({ body: 0, below: 0, page: 0 });
      }
      await close();
    });

    test(`what can be clicked in ${name} is at least 24 px each way`, async () => {
      const { page, close } = await openPages(browser, scenario, hash);
      await page.waitForTimeout(200);
      const small = await page.evaluate(() =>
        [
          ...document.querySelectorAll(
            'button, a[href], [role="switch"], label.switch, [role="option"], [role="tab"], input',
          ),
        ]
          .map((element) => (element.closest('label') ?? element) as HTMLElement)
          .filter((element) => element.checkVisibility() && !element.closest('.visually-hidden, .skip, p'))
          .map((element) => ({ box: element.getBoundingClientRect(), element }))
          .filter(({ box }) => box.width > 1 && (box.width < 24 || box.height < 24))
          // Inline in a line of text, where the line's height is what there is (WCAG 2.5.8, inline).
          .filter(({ element }) => !element.closest('.json-line'))
          .map(
            ({ box, element }) =>
              `${element.outerHTML.slice(0, 90)} ${Math.round(box.width)}×${Math.round(box.height)}`,
          ),
      );
      expect(small).toEqual([]);
      await close();
    });
  }
});
