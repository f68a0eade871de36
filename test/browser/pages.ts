import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startFakeBackend, type FakeBackend } from '../renderer/fake-backend/server.ts';
import type { Scenario } from '../renderer/fake-backend/world.ts';

export const rendererRoot = fileURLToPath(new URL('../../out/renderer', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface OpenPage extends FakeBackend {
  readonly page: Page;
}

/** The built pages before a made-up backend, at `hash`. */
export async function openPages(
  browser: Browser,
  scenario: Scenario,
  hash = '',
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const backend = await startFakeBackend(scenario, rendererRoot, 5);
  const context = await browser.newContext({
    viewport: { width: 1180, height: 760 },
    // What fades in is judged when it is there.
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  await page.goto(backend.url + hash);
  await page.locator(scenario === 'loading' ? '.splash' : 'main h1').waitFor();
  return {
    ...backend,
    page,
    close: async () => {
      await context.close();
      await backend.close();
    },
  };
}

/** What the content security policy refused, as before.js collected it. */
export const cspViolations = (page: Page): Promise<string[]> => page.evaluate('globalThis.cspViolations');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
  }[];
}

/** Serious and critical findings of axe-core, each in one line. It runs with the policy in force. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate<AxeResult>('axe.run({ resultTypes: ["violations"] })');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
    );
}
