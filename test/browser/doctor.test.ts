import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRelay, type Relay } from '../../src-main/relay/relay.ts';
import { FakeControlPlane } from '../fakes/control-plane.ts';
import { makeCertificate } from '../support/certificates.ts';
import { culvert } from '../support/culvert.ts';
import { suiteNeeds } from '../support/require.ts';
import { launchChromium } from './chromium.ts';
import { axeFindings, cspViolations } from './pages.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const shots = process.env.CULVERT_SHOTS;
const everything = `"${process.execPath}" "${resolve('node_modules/@modelcontextprotocol/server-everything/dist/index.js')}" stdio`;

interface Written {
  readonly base: string;
  readonly tunnel: string;
  readonly server: string;
  readonly more?: string;
}

const profile = (id: string, { base, tunnel, server, more = '' }: Written): string =>
  `# kept\nconfig_version: 1\ncontrol_plane:\n  base_url: ${base} # as the portal says\n  tunnel_id: ${tunnel}\n  api_key: env:DOCTOR_KEY\n${more}mcp:\n${server}culvert:\n  id: ${id}\n`;

const command = (text: string): string => `  commands:\n    - command: '${text}'\n`;
const url = (text: string): string => `  server_urls:\n    - url: ${text}\n`;

suiteNeeds('chromium')('the doctor’s page before a real engine and set-ups that are broken', () => {
  let browser: Browser;
  let page: Page;
  let home: string;
  let relay: Relay;
  let secure: FakeControlPlane;
  let end: () => void = () => undefined;
  let ended: Promise<unknown>;
  const file = (name: string): string => join(home, 'config/culvert/profiles', `${name}.yaml`);

  beforeAll(async () => {
    browser = await launchChromium();
    home = await mkdtemp(join(tmpdir(), 'culvert-doctor-ui-'));
    relay = await createRelay({});
    const tunnel = relay.addTunnel({ name: 'Files' });
    const authority = makeCertificate({ commonName: 'Example Corp Root' });
    const notAfter = new Date(Date.now() + 200 * 86_400_000);
    const issuing = makeCertificate({
      commonName: 'Example Corp Issuing 3',
      issuer: authority,
      intermediate: true,
      notAfter,
    });
    const leaf = makeCertificate({ commonName: 'control plane', hosts: ['localhost'], issuer: issuing, notAfter });
    secure = await FakeControlPlane.start({ tls: { cert: leaf.cert + issuing.cert, key: leaf.key } });
    const bundle = join(home, 'corp.pem');
    await writeFile(bundle, authority.cert);
    const dead = createServer();
    await new Promise<void>((listening) => dead.listen(0, '127.0.0.1', listening));
    const { port } = dead.address() as { port: number };
    await new Promise((closed) => dead.close(closed));
    await mkdir(join(home, 'config/culvert/profiles'), { recursive: true });
    const secureUrl = secure.url.replace('127.0.0.1', 'localhost');
    const texts = {
      Files: profile('files', { base: `${relay.address}/v1`, tunnel: tunnel.id, server: command(everything) }),
      Corp: profile('corp', { base: secureUrl, tunnel: secure.tunnelId, server: url(`http://127.0.0.1:${port}/mcp`) }),
      Notes: profile('notes', { base: relay.address, tunnel: tunnel.id, server: command('notes-server --stdio') }),
      Typo: 'config_version: 1\ncontrol_plane:\n  tunel_id: x\n',
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(file(name), text);
    const ui = await new Promise<string>((found, failed) => {
      const env = {
        HOME: home,
        XDG_CONFIG_HOME: join(home, 'config'),
        XDG_RUNTIME_DIR: home,
        DOCTOR_KEY: tunnel.apiKey,
        CURL_CA_BUNDLE: bundle,
      };
      ended = culvert(['demo'], env, (line, stop) => {
        end = stop;
        const address = /http:\S+token=\S+/.exec(line)?.[0];
        if (address) found(address);
      }).then(({ errors }) => failed(new Error(`culvert demo ended: ${errors}`)));
    });
    page = await browser.newPage({ viewport: { width: 1180, height: 900 }, reducedMotion: 'reduce' });
    await page.goto(ui);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.evaluate(() => {
      location.hash = '#/doctor';
    });
  });
  afterAll(async () => {
    await browser.close();
    end();
    await ended;
    await relay.close();
    await secure.close();
    await rm(home, { recursive: true });
  });

  const shot = async (name: string): Promise<void> => {
    if (shots === undefined) return;
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(250);
      await page.screenshot({ path: join(shots, `${name}-${scheme}.png`), fullPage: false });
    }
    await page.setViewportSize({ width: 900, height: 900 });
    await page.screenshot({ path: join(shots, `${name}-900.png`) });
    await page.setViewportSize({ width: 1180, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForTimeout(300);
  };

  const section = (name: string) => page.getByRole('list', { name: `Checks: ${name}` });
  const finished = () => page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 60_000 });
  const row = (profileName: string, title: string) =>
    section(profileName)
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: new RegExp(`^${title}`), level: 3 }) });

  test('finds what is wrong with each, and names where to look first', async () => {
    await shot('empty');
    await page.getByRole('button', { name: 'Run doctor' }).first().click();
    await page.getByRole('status').getByText('Checking,').waitFor();
    await finished();
    await page.getByText('Look first at: Certificate of the control plane. 2 findings in all').waitFor();
    await page.getByText('Look first at: Address of the control plane').waitFor();
    await page.getByText('Look first at: Program of the server').waitFor();
    await page.getByText('Look first at: Configuration').waitFor();
    await section('Corp').getByText('Nothing listens at 127.0.0.1:').waitFor();
    await shot('done');
    expect((await axeFindings(page)).join('\n')).toBe('');
    expect(await cspViolations(page)).toEqual([]);
    // the last line of the last set-up can be reached
    const last = section('Typo').getByRole('listitem').last();
    await last.scrollIntoViewIfNeeded();
    expect(await last.evaluate((item) => item.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
  });

  test('shows a change before it makes it, and then looks again at what stands on it', async () => {
    await row('Files', 'Address of the control plane').getByRole('button', { name: 'Fix it' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`base_url: ${relay.address}/v1`, { exact: true }).waitFor();
    await dialog.getByText(`base_url: ${relay.address}`, { exact: true }).waitFor();
    await shot('fix');
    expect(await readFile(file('Files'), 'utf8')).toContain('/v1');
    await dialog.getByRole('button', { name: 'Change it' }).click();
    await row('Files', 'Right to read this tunnel').getByText('verified', { exact: true }).waitFor({ timeout: 30_000 });
    await finished();
    const text = await readFile(file('Files'), 'utf8');
    expect(text).toContain(`base_url: ${relay.address} # as the portal says`);
    expect(text).toContain('# kept');
    await row('Corp', 'Certificate of the control plane').getByText('failed', { exact: true }).waitFor();

    await row('Corp', 'Certificate of the control plane').getByRole('button', { name: 'Fix it' }).click();
    await dialog.getByText(`ca_bundle: ${join(home, 'corp.pem')}`, { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Change it' }).click();
    const certificate = row('Corp', 'Certificate of the control plane');
    await certificate.getByText('verified', { exact: true }).waitFor({ timeout: 30_000 });
    await certificate.getByRole('heading', { level: 3 }).getByRole('button').click();
    await certificate
      .getByText(/issued by Example Corp Issuing 3, then Example Corp Root/)
      .last()
      .waitFor();
    await finished();
    await shot('after');
    await page.getByText('Look first at: Way to the server').waitFor();
  });

  test('looks at one set-up alone, and is stopped', async () => {
    await page.getByRole('button', { name: /What to check/ }).click();
    await page.getByRole('option', { name: 'Notes' }).click();
    await page.getByRole('button', { name: 'Run again' }).click();
    await finished();
    await expect.poll(() => section('Corp').count()).toBe(0);
    await row('Notes', 'Program of the server').getByText('notes-server').first().waitFor();
    await shot('one');
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped before it was done.').waitFor();
  });

  test('tests a route in the editor stretch by stretch', async () => {
    await page.evaluate(() => {
      location.hash = '#/profiles/corp';
    });
    await page.getByRole('button', { name: 'Test this route' }).first().click();
    const proofs = page.getByRole('list', { name: 'Checks' }).first();
    await proofs.getByText('Direct, without a proxy').waitFor();
    await proofs.getByText(/^localhost is /).waitFor();
    await proofs.getByText(/issued by Example Corp Issuing 3/).waitFor();
    await proofs.scrollIntoViewIfNeeded();
    await shot('route');
  });
});
