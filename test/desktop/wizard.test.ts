import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';
import { suiteNeeds } from '../support/require.ts';
import { startApp, type RunningApp } from './app.ts';

/** Every file below a folder, as text. */
async function filesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return texts.join('\n');
}

suiteNeeds(
  'electron',
  'desktop',
  'keyring',
)('from the first window to a call through the tunnel', () => {
  let running: RunningApp;
  let page: Page;
  let relay: Relay;
  let tunnel: AddedTunnel;
  beforeAll(async () => {
    relay = await createRelay({});
    tunnel = relay.addTunnel({ name: 'First' });
    running = await startApp();
    page = await running.page();
  });
  afterAll(async () => {
    await running.close();
    await relay.close();
  });

  it('connects a server with the wizard, keeps the key in the keyring, and turns green on the first real call', async () => {
    await page.getByText('Connect a server').click();
    const server = join(process.cwd(), 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
    const command = page.getByLabel('Command that starts it');
    await page.getByText('Command', { exact: true }).first().click();
    await command.fill(`${process.execPath} ${server} stdio`);
    await page.getByRole('button', { name: 'Run this command' }).click();
    await page
      .getByText(/\d+ tools/)
      .first()
      .waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Next: tunnel and key' }).click();

    await page.getByLabel('Tunnel id').fill(tunnel.id);
    await page.getByLabel('Runtime key').fill(tunnel.apiKey);
    await page.getByText('Another control plane, or a key by reference').click();
    await page.getByLabel('Control plane').fill(relay.address);
    await page.getByRole('button', { name: 'Check tunnel and key' }).click();
    await page.getByRole('button', { name: 'Next: name' }).click({ timeout: 30_000 });

    await page.getByLabel('Name', { exact: true }).fill('first');
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByText('Waiting for the first call').first().waitFor();

    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${tunnel.apiKey}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(tunnel.mcpUrl), { requestInit }));
    const answer = await client.callTool({ name: 'echo', arguments: { message: 'through the tunnel' } });
    expect(JSON.stringify(answer)).toContain('through the tunnel');
    await client.close();
    await page
      .getByText(/first call (has )?arrived|It works/i)
      .first()
      .waitFor({ timeout: 15_000 });

    const written = await filesBelow(running.home);
    expect(written).toContain('keychain:');
    expect(written).not.toContain(tunnel.apiKey);
    const shown = await page.evaluate(() => document.documentElement.outerHTML);
    expect(shown).not.toContain(tunnel.apiKey);
  });
});
