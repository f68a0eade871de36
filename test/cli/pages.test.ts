import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelay, type AddedTunnel, type Relay } from '../../src-main/relay/relay.ts';

describe('the pages of culvert run', () => {
  let folder = '';
  let relay: Relay;
  let tunnel: AddedTunnel;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'culvert-pages-'));
    relay = await createRelay({});
    tunnel = relay.addTunnel({ name: 'Pages' });
  });
  afterEach(async () => {
    if (child?.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await relay.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Everything on standard output until the tunnel is introduced. */
  async function outputOf(profile: Record<string, unknown>): Promise<string> {
    const file = join(folder, 'pages.json');
    const settings = {
      tunnel_id: tunnel.id,
      mcp_server_url: 'http://127.0.0.1:9/mcp',
      control_plane_url: relay.address,
    };
    await writeFile(file, JSON.stringify({ ...settings, ...profile }));
    const env = { PATH: process.env['PATH'] ?? '', XDG_CONFIG_HOME: folder, CONTROL_PLANE_API_KEY: tunnel.apiKey };
    const args = ['out/cli/culvert.cjs', 'run', '--profile-file', file, '--health.listen-addr', '127.0.0.1:0'];
    child = spawn(process.execPath, args, { env });
    let text = '';
    const { stdout, stderr } = child;
    await new Promise<void>((resolve, reject) => {
      child?.once('exit', () => reject(new Error(text)));
      const read = (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('Starting tunnel_')) resolve();
      };
      stdout?.on('data', read);
      stderr?.on('data', read);
    });
    return text;
  }

  it('have an address on the terminal that lets one browser in, once', async () => {
    const address = /http:\/\/\S+token=\S+/.exec(await outputOf({}))?.[0] ?? '';
    const first = await fetch(address, { redirect: 'manual' });
    expect(first.status).toBe(303);
    expect(first.headers.get('set-cookie')).toContain('HttpOnly');
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(401);
  });

  it('are not there when the profile says so', async () => {
    const output = await outputOf({ admin_ui_enabled: false });
    expect(output).not.toContain('token=');
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
    expect((await fetch(`${origin}/ui/`)).status).toBe(404);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  });
});
