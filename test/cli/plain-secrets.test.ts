import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli } from '../support/culvert.ts';

const secret = 'do-not-show-me-1234';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function culvert(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') };
  return new Promise((done) => {
    const child = execFile(process.execPath, [resolve(cli), ...args], { env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, out: stdout + stderr }),
    );
  });
}

async function profile(more: { apiKey?: string; baseUrl?: string; server?: string }): Promise<string> {
  const file = join(folder, 'given.yaml');
  const { apiKey = 'env:MY_KEY', baseUrl = 'https://control.example', server = 'https://crm.example/mcp' } = more;
  await writeFile(
    file,
    `control_plane:\n  tunnel_id: tunnel_0123456789abcdef0123456789abcdef\n  base_url: ${baseUrl}\n` +
      `  api_key: ${apiKey}\nmcp:\n  server_urls: [{ url: '${server}' }]\n`,
  );
  return file;
}

test('what a profile says is told without the passwords in its addresses', async () => {
  const file = await profile({
    baseUrl: `https://ada:${secret}@control.example`,
    server: `https://crm.example/mcp?token=${secret}`,
  });
  for (const command of ['check', 'show']) {
    const { code, out } = await culvert('profiles', command, file);
    expect({ code, shown: out.includes(secret) }).toEqual({ code: 0, shown: false });
    expect(out).toContain('https://ada:***@control.example');
  }
});

test('where a secret is may be shown: it is not the secret', async () => {
  const { out } = await culvert('profiles', 'show', await profile({ apiKey: 'env:MY_KEY' }));
  expect(out).toContain('api_key: env:MY_KEY');
  expect((await culvert('profiles', 'show', await profile({ apiKey: `env:MY-${secret}` }))).out).not.toContain(secret);
});

test('a key in plain text is not copied into a new profile, and the way out is said', async () => {
  const file = await profile({ apiKey: secret });
  const { code, out } = await culvert('profiles', 'add', 'copy', '--from-file', file);
  expect(code).toBe(2);
  expect(out).toContain(`api_key in ${file}: a secret stands there in plain text`);
  expect(out).toContain('Put env:NAME');
  expect(out).not.toContain(secret);
  expect(await readdir(join(folder, '.config', 'culvert', 'profiles')).catch(() => [])).toEqual([]);
  expect((await culvert('profiles', 'add', 'copy', '--from-file', file, '--plain-text-secrets')).code).toBe(0);
});
