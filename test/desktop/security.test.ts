import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { suiteNeeds } from '../support/require.ts';
import { startApp, type RunningApp } from './app.ts';

type Call = (name: string, args?: unknown) => Promise<{ ok: boolean; error?: { code: string } }>;

suiteNeeds('electron')('the window', () => {
  let running: RunningApp;
  let page: Page;
  beforeAll(async () => {
    running = await startApp();
    page = await running.page();
    await page.getByText('Welcome to Culvert').first().waitFor();
  });
  afterAll(() => running.close());

  const call = (name: string, args?: unknown) =>
    page.evaluate(
      ([n, a]) => (window as unknown as { culvert: { call: Call } }).culvert.call(n as string, a),
      [name, args],
    );

  it('has no Node, and only the one object of ours', async () => {
    const found = await page.evaluate(() => ({
      require: typeof (globalThis as { require?: unknown }).require,
      process: typeof (globalThis as { process?: unknown }).process,
      culvert: Object.keys((window as unknown as { culvert: object }).culvert).sort(),
    }));
    expect(found).toMatchObject({ require: 'undefined', process: 'undefined' });
    expect(found.culvert).toEqual(['call', 'on']);
  });

  it('refuses unknown calls and wrong arguments', async () => {
    expect(await call('fs.readFile', { path: '/etc/passwd' })).toMatchObject({
      ok: false,
      error: { code: 'bad_request' },
    });
    expect(await call('tunnels.start', { id: 7 })).toMatchObject({ ok: false, error: { code: 'bad_request' } });
    expect(await call('system.open', { link: 'https://example.com' })).toMatchObject({
      ok: false,
      error: { code: 'bad_request' },
    });
  });

  it('neither navigates nor opens windows', async () => {
    await page.evaluate(() => {
      window.open('https://example.com');
      location.href = 'https://example.com';
    });
    await page.waitForTimeout(300);
    expect(new URL(page.url()).protocol).toBe('app:');
    expect(running.app.windows()).toHaveLength(1);
  });

  it('runs no script and takes no style that is not its own file', async () => {
    const directives = ['script-src-elem', 'style-src-elem', 'frame-src', 'connect-src'];
    const violations = await page.evaluate(async (wanted) => {
      const seen: string[] = [];
      const allSeen = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          seen.push(event.effectiveDirective);
          if (wanted.every((directive) => seen.includes(directive))) resolve();
        });
      });
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.head.append(script);
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.head.append(style);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com';
      document.body.append(frame);
      await fetch('https://example.com').catch(() => undefined);
      const givenUp = new Promise((resolve) => setTimeout(resolve, 10_000));
      await Promise.race([allSeen, givenUp]);
      return { seen, injected: 'injected' in window };
    }, directives);
    expect(violations.injected).toBe(false);
    expect(violations.seen).toEqual(expect.arrayContaining(directives));
  });

  it('shows the licences of what it is made of', async () => {
    const reply = (await call('app.about')) as unknown as { value: { licences: { name: string; text: string }[] } };
    const react = reply.value.licences.find(({ name }) => name === 'react');
    expect(react?.text).toContain('MIT');
  });

  it('gets no permission', async () => {
    const state = await page.evaluate(async () => (await navigator.permissions.query({ name: 'geolocation' })).state);
    expect(state).toBe('denied');
  });

  it('runs in the sandbox, isolated from its preload', async () => {
    const preferences = await running.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
  });
});
