import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Subject } from '../../src-main/doctor/check.ts';
import { loadProfile } from '../../src-main/profiles/load.ts';
import type { FlagValues } from '../../src-main/settings/layers.ts';
import { describe as inWords } from '../../shared/messages.ts';
import { listen } from '../support/network.ts';
import { check, controlPlane, examine, file, folder, goodCommand, key, setUp, type Setting } from './harness.ts';

// whole runs with real processes, each of which a busy machine makes slow
vi.setConfig({ testTimeout: 60_000 });

interface Written {
  readonly baseUrl: string;
  readonly more?: string;
  readonly command?: string;
  readonly name?: string;
}

/** A profile in the store, read as `culvert doctor` reads it: references, variables and flags. */
async function stored(setting: Setting, { baseUrl, more = '', command = goodCommand, name = 'p.yaml' }: Written) {
  const profiles = join(setting.env['XDG_CONFIG_HOME'] ?? '', 'culvert', 'profiles');
  await mkdir(profiles, { recursive: true });
  const path = join(profiles, name);
  const yaml = `# by hand
control_plane:
  base_url: ${baseUrl} # ask Nadia
  tunnel_id: tunnel_${'a'.repeat(32)}
  api_key: env:K
${more}mcp:
  commands:
  - command: ${command} # the server
culvert:
  id: p
`;
  const json = { tunnel_id: `tunnel_${'a'.repeat(32)}`, control_plane_url: baseUrl, mcp_command: command };
  await writeFile(
    path,
    name.endsWith('.json') ? `${JSON.stringify({ ...json, ...JSON.parse(more || '{}') })}\n` : yaml,
  );
  return path;
}

async function subjectOf(setting: Setting, path: string, flags: FlagValues = new Map()): Promise<Subject> {
  const { profile, settings } = await loadProfile({ profileFile: path }, flags, setting.env);
  const { id, name } = profile;
  return { id, name, profile, file: path, stored: true, listen: settings.listen.address ?? null };
}

const nextOf = async (setting: Setting, subject: Subject, id: string) => {
  const found = check(await examine(setting, subject), id);
  const { error } = found.evidence.find(({ outcome }) => outcome === 'fail') ?? {};
  return { fix: found.fix, said: error ? `${inWords(error).cause} ${inWords(error).next}` : '', state: found.state };
};

test('an address with /v1 that is not the file’s own is left alone, and the place to change is named', async () => {
  const fake = await controlPlane();
  const [wrong, right] = [`${fake.url}/v1`, fake.url];
  const inFile = await file(`${wrong}\n`, 'address');
  const cases: readonly [string, Record<string, string>, FlagValues, string][] = [
    ['env:WHERE', { WHERE: wrong }, new Map(), 'the variable WHERE'],
    [`file:${inFile}`, {}, new Map(), `the file ${inFile}`],
    [right, { CONTROL_PLANE_BASE_URL: wrong }, new Map(), 'the variable CONTROL_PLANE_BASE_URL'],
    [right, {}, new Map([['control-plane.base-url', [wrong]]]), 'the flag --control-plane.base-url'],
  ];
  for (const [baseUrl, env, flags, from] of cases) {
    const setting = await setUp({ K: key, ...env });
    const path = await stored(setting, { baseUrl });
    const { fix, said, state } = await nextOf(setting, await subjectOf(setting, path, flags), 'base-url');
    expect(state).toBe('fail');
    expect(fix, baseUrl).toBeUndefined();
    expect(said).toContain(`It comes from ${from}. Use ${right} and no /v1 there.`);
  }
});

test('of an address in two settings only the part that is the file’s own is changed', async () => {
  const fake = await controlPlane();
  const setting = await setUp({ K: key, WHERE: fake.url });
  const path = await stored(setting, { baseUrl: 'env:WHERE', more: '  url_path: /gateway/v1 # the gateway\n' });
  const before = await readFile(path, 'utf8');
  const { fix } = await nextOf(setting, await subjectOf(setting, path), 'base-url');
  expect(fix).toMatchObject({ before: 'url_path: /gateway/v1', after: 'url_path: /gateway' });
  await setting.doctor.apply(fix!.id);
  expect(await readFile(path, 'utf8')).toBe(before.replace('/gateway/v1', '/gateway'));
});

test('a reference that has taken the place of a value since it was looked at is not replaced', async () => {
  const fake = await controlPlane();
  const setting = await setUp({ K: key, WHERE: `${fake.url}/v1` });
  const path = await stored(setting, { baseUrl: `${fake.url}/v1` });
  const { fix } = await nextOf(setting, await subjectOf(setting, path), 'base-url');
  await stored(setting, { baseUrl: 'env:WHERE' });
  const before = await readFile(path, 'utf8');
  await expect(setting.doctor.apply(fix!.id)).rejects.toMatchObject({ code: 'revision_conflict' });
  expect(await readFile(path, 'utf8')).toBe(before);
});

test('a command that is not the file’s own is not named by its full path there', async () => {
  const bin = await folder();
  await writeFile(join(bin, 'my-server'), '#!/bin/sh\n', { mode: 0o755 });
  const fake = await controlPlane();
  for (const [command, env, from] of [
    ['env:COMMAND', { COMMAND: 'my-server --stdio' }, 'the variable COMMAND'],
    ['other-server', { MCP_COMMAND: 'my-server --stdio' }, 'the variable MCP_COMMAND'],
  ] as const) {
    const searchPath = () => Promise.resolve(`/usr/bin:${bin}`);
    const setting = await setUp({ K: key, PATH: '/usr/bin', ...env }, { searchPath });
    const path = await stored(setting, { baseUrl: fake.url, command });
    const found = check(await examine(setting, await subjectOf(setting, path)), 'program');
    expect(found).toMatchObject({ state: 'warn' });
    expect(found.fix).toBeUndefined();
    const summary = found.evidence.find(({ outcome }) => outcome === 'warn')?.facts['summary'];
    expect(summary).toContain(`give ${join(bin, 'my-server')} in ${from}`);
  }
});

test('a command that only the login shell finds is left alone when it is not the file’s own', async () => {
  const bin = await folder();
  await writeFile(join(bin, 'my-server'), '#!/bin/sh\n', { mode: 0o755 });
  const fake = await controlPlane();
  const loginPath = { ask: () => Promise.resolve(bin) };
  const setting = await setUp({ K: key, PATH: '/usr/bin', COMMAND: 'my-server' }, { loginPath });
  const path = await stored(setting, { baseUrl: fake.url, command: 'env:COMMAND' });
  const { fix, said } = await nextOf(setting, await subjectOf(setting, path), 'program');
  expect(fix).toBeUndefined();
  expect(said).toContain(`It is at ${join(bin, 'my-server')}: give that in the variable COMMAND`);
});

test('a port that is taken is changed where the file names it, and nowhere else', async () => {
  const fake = await controlPlane();
  const taken = (await listen(createServer())).host;
  const referred = await setUp({ K: key, LISTEN: taken });
  const path = await stored(referred, { baseUrl: fake.url, more: 'health:\n  listen_addr: env:LISTEN\n' });
  const { fix, said } = await nextOf(referred, await subjectOf(referred, path), 'listener');
  expect(fix).toBeUndefined();
  expect(said).toContain('The address comes from the variable LISTEN');

  const outside = await setUp({ K: key, HEALTH_LISTEN_ADDR: taken });
  const other = await stored(outside, { baseUrl: fake.url, more: 'health:\n  listen_addr: 127.0.0.1:0\n' });
  expect((await nextOf(outside, await subjectOf(outside, other), 'listener')).fix).toBeUndefined();

  const own = await setUp({ K: key });
  const mine = await stored(own, { baseUrl: fake.url, more: `health:\n  listen_addr: ${taken} # mine\n` });
  const before = await readFile(mine, 'utf8');
  const offered = await nextOf(own, await subjectOf(own, mine), 'listener');
  await own.doctor.apply(offered.fix!.id);
  const free = /listen_addr: (\S+)/.exec(offered.fix?.after ?? '')?.[1] ?? '';
  // comments and layout stay
  expect(await readFile(mine, 'utf8')).toBe(before.replace(`listen_addr: ${taken}`, `listen_addr: ${free}`));
});

test('a port that is taken is changed in the published JSON form as well', async () => {
  const fake = await controlPlane();
  const taken = (await listen(createServer())).host;
  const setting = await setUp({ CONTROL_PLANE_API_KEY: key });
  const more = JSON.stringify({ admin_ui_address: taken });
  const path = await stored(setting, { baseUrl: fake.url, name: 'p.json', more });
  const { fix } = await nextOf(setting, await subjectOf(setting, path), 'listener');
  await setting.doctor.apply(fix!.id);
  const changed = JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
  expect(`listen_addr: ${changed['admin_ui_address']}`).toBe(fix?.after);
  expect(changed['mcp_command']).toBe(goodCommand);
});
