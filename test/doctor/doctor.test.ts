import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { doctorRunSchema } from '../../shared/doctor.ts';
import type { Caller } from '../../shared/ipc.ts';
import { doctorHandlers } from '../../src-main/api/handlers/doctor.ts';
import { ProfileList } from '../../src-main/api/profiles/profile-list.ts';
import { main } from '../../src-main/cli/main.ts';
import type { Subject } from '../../src-main/doctor/check.ts';
import { RuntimeFile } from '../../src-main/runtime/runtime-file.ts';
import type { FakeControlPlane } from '../fakes/control-plane.ts';
import { makeCertificate } from '../support/certificates.ts';
import { cleanUp, listen } from '../support/network.ts';
import {
  check,
  controlPlane,
  examine,
  file,
  folder,
  goodCommand,
  goodHttpServer,
  httpChannel,
  key,
  profileFor,
  setUp,
  stdioChannel,
  stdioServer,
  subjectOf,
  type Setting,
} from './harness.ts';

// two whole runs with real processes, each of which a busy machine makes slow
vi.setConfig({ testTimeout: 60_000 });

test('a tunnel that works passes every check that applies, down to the names of its tools', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const run = await examine(setting, subjectOf(profileFor(fake)));
  expect(run.checks.filter(({ state }) => state === 'fail' || state === 'warn')).toEqual([]);
  for (const id of ['source', 'key', 'connect', 'control-plane', 'key-read', 'key-use', 'wire', 'program', 'server']) {
    expect(check(run, id).state, id).toBe('pass');
  }
  expect(check(run, 'server').evidence.find(({ step }) => step === 'server.tools')?.facts['count']).toBeGreaterThan(0);
  expect(JSON.stringify(run)).not.toContain(key);
  // every step was told, and none was ahead of what it stands on
  for (const step of setting.steps) {
    const running = step.checks.filter(({ state }) => state === 'running').map(({ id }) => id);
    if (running.includes('key-use')) expect(check(step, 'key-read').state).toBe('pass');
  }
});

const echo = (id: string) => ({
  request_id: id,
  jsonrpc: { jsonrpc: '2.0', id, method: 'tools/list', params: {} },
});

test('a call that comes while the doctor proves the right to poll is answered', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const server = await goodHttpServer();
  fake.send(echo('r1'));
  const run = await examine(setting, subjectOf(profileFor(fake, { channels: httpChannel(server.endpoint) })));
  expect(check(run, 'key-use').state).toBe('pass');
  expect((await fake.responseFor('r1')).json).toMatchObject({ id: 'r1', result: { tools: [{ name: 'add' }] } });
  expect(setting.manager.snapshots().every(({ state }) => state.kind === 'stopped')).toBe(true);
});

test('a doctor on a live tunnel asks the running child, starts no second one, and loses no call', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const log = join(await folder(), 'starts');
  const faulty = new URL('../fixtures/faulty-stdio.mjs', import.meta.url).pathname;
  const profile = profileFor(fake, { channels: stdioChannel(`${process.execPath} ${faulty} --log ${log}`) });
  await setting.manager.start(profile);
  await fake.poll(0);
  const calls = Array.from({ length: 40 }, (_, index) => `c${index}`);
  const sent = (async (fakePlane: FakeControlPlane) => {
    for (const id of calls) {
      fakePlane.send({ request_id: id, jsonrpc: { jsonrpc: '2.0', id, method: 'echo', params: {} } });
      await fakePlane.responseFor(id);
    }
  })(fake);
  const run = await examine(setting, subjectOf(profile));
  await sent;
  expect(check(run, 'key-use').evidence[0]?.facts['from']).toBe('the running tunnel');
  expect(check(run, 'server').evidence.map(({ step }) => step)).toContain('server.answers');
  expect(check(run, 'server').state).toBe('pass');
  expect((await readFile(log, 'utf8')).match(/^start /gm)).toHaveLength(1);
  expect((await readFile(log, 'utf8')).includes('"initialize"')).toBe(false);
  for (const id of calls) expect(fake.terminalFor(id)).toHaveLength(1);
});

test('a run that is cancelled ends at once and says so', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const silent = await file('process.stdin.resume();', 'silent.mjs');
  const profile = profileFor(fake, { channels: stdioChannel(`${process.execPath} ${silent}`) });
  setting.onStep = (step) => {
    if (check(step, 'server').state === 'running') setting.doctor.cancel();
  };
  const run = await setting.doctor.run([subjectOf(profile)]);
  expect(run.cancelled).toBe(true);
  expect(check(run, 'server').state).toBe('skip');
});

test('a run that is stopped while its profiles are still being read is stopped', async () => {
  const { doctor, services } = await setUp();
  const caller: Caller = { id: 'window', host: 'window', send: () => undefined, onGone: () => undefined };
  const calls = doctorHandlers({
    doctor,
    profiles: new ProfileList(services.store, () => undefined),
    load: () => Promise.reject(new Error('there is none')),
    given: [],
  });
  const run = calls['doctor.run']({}, caller);
  await calls['doctor.cancel'](undefined, caller);
  expect((await run).cancelled).toBe(true);
});

test('a server that cannot run twice is not started twice at once', async () => {
  const setting = await setUp({ K: key });
  const fake = await controlPlane();
  const lock = join(await folder(), 'lock');
  // as a server that wants a port or a database for itself
  const jealous = await file(
    `import { rmSync, writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(lock)}, '', { flag: 'wx' });
     process.on('exit', () => rmSync(${JSON.stringify(lock)}));
     process.argv[1] = ${JSON.stringify(new URL('../fixtures/two-era-server.mjs', import.meta.url).pathname)};
     await import(process.argv[1]);`,
    'jealous.mjs',
  );
  const profile = profileFor(fake, { channels: stdioChannel(`${process.execPath} ${jealous}`) });
  setting.onStep = (step) => {
    const busy = step.checks.filter(({ id, state }) => state === 'running' && (id === 'server' || id === 'key-use'));
    expect(busy.length).toBeLessThanOrEqual(1);
  };
  const run = await examine(setting, subjectOf(profile));
  expect(run.checks.filter(({ state }) => state === 'fail' || state === 'warn')).toEqual([]);
  expect(check(run, 'server').evidence.map(({ step }) => step)).toContain('server.tools');
  expect(check(run, 'wire').state).toBe('pass');
});

test('a tunnel that a person starts while the doctor proves the right to poll goes on', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const server = await goodHttpServer();
  const profile = profileFor(fake, { channels: httpChannel(server.endpoint) });
  const running = setting.doctor.run([subjectOf(profile)]);
  await new Promise((resolve) => setting.manager.onChange(resolve));
  await setting.manager.start(profile);
  await running;
  await setting.doctor.settled();
  expect(setting.manager.snapshots().map(({ state }) => state.kind)).not.toContain('stopped');
});

/** A tunnel that serves Harpoon alone has no channel of its own. */
const harpoonAlone = (fake: FakeControlPlane) =>
  profileFor(fake, {
    channels: [],
    controlPlane: { pollChannels: ['harpoon'] },
    harpoon: { targets: [{ label: 'crm', url: 'https://crm.test' }] },
  });

test('a tunnel whose only channel is Harpoon is proved by a poll as well, and stopped again', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const run = await examine(setting, subjectOf(harpoonAlone(fake)));
  expect(check(run, 'key-use')).toMatchObject({ state: 'pass' });
  expect(new URL(fake.polls[0]!.path, 'http://x').pathname).toContain('/poll');
  expect(setting.manager.snapshots().map(({ state }) => state.kind)).toEqual(['stopped']);
});

test('a tunnel of Harpoon alone that a person starts meanwhile goes on', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const profile = harpoonAlone(fake);
  const running = setting.doctor.run([subjectOf(profile)]);
  await new Promise((resolve) => setting.manager.onChange(resolve));
  await setting.manager.start(profile);
  await running;
  await setting.doctor.settled();
  expect(setting.manager.snapshots().map(({ state }) => state.kind)).not.toContain('stopped');
});

async function stored(setting: Setting, text: string, more: Partial<Subject> = {}): Promise<Subject> {
  const profiles = join(setting.env['XDG_CONFIG_HOME'] ?? '', 'culvert', 'profiles');
  await mkdir(profiles, { recursive: true });
  await writeFile(join(profiles, 'p.yaml'), text);
  const [entry] = await setting.services.store.list();
  if (!entry?.profile) throw new Error('it cannot be used');
  const { id, name, file: path, profile } = entry;
  return { id, name, file: path, profile, stored: true, ...more };
}

const text = (fake: string, rest: { key?: string; command?: string; tunnelId: string; more?: string }) =>
  `# mine\nconfig_version: 1\ncontrol_plane:\n  base_url: ${fake} # here\n  tunnel_id: ${rest.tunnelId}\n  api_key: ${rest.key ?? 'env:K'}\nmcp:\n  commands:\n    - command: ${rest.command ?? goodCommand}\n${rest.more ?? ''}culvert:\n  id: p1\n`;

test('a key in plain text moves to the keychain, out of the file and out of its copy', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const subject = await stored(setting, text(fake.url, { key, tunnelId: fake.tunnelId }));
  const run = await examine(setting, subject);
  const { fix, state } = check(run, 'key');
  expect(state).toBe('warn');
  expect(setting.doctor.preview(fix!.id)).toMatchObject({
    kind: 'keychain.move',
    after: 'api_key: keychain:p1/api_key',
  });
  await setting.doctor.apply(fix!.id);
  expect(setting.kept.get('p1/api_key')).toBe(key);
  const beside = join(setting.env['XDG_CONFIG_HOME']!, 'culvert', 'profiles');
  expect(await readdir(beside)).toEqual(['p.yaml', 'p.yaml.bak']);
  for (const name of await readdir(beside)) expect(await readFile(join(beside, name), 'utf8')).not.toContain(key);
  expect(await readFile(join(beside, 'p.yaml.bak'), 'utf8')).toContain('api_key: (moved to the keychain)');
  expect(await readFile(join(beside, 'p.yaml'), 'utf8')).toContain('# mine');
  const [entry] = await setting.services.store.list();
  const again = await examine(setting, { ...subject, profile: entry!.profile! });
  expect(check(again, 'key').state).toBe('pass');
  expect(check(again, 'key-use').state).toBe('pass');
});

test('a key that was replaced in the file after the doctor looked is the one that moves', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const subject = await stored(setting, text(fake.url, { key, tunnelId: fake.tunnelId }));
  const { fix } = check(await examine(setting, subject), 'key');
  await writeFile(subject.file!, text(fake.url, { key: 'sk-put-there-since', tunnelId: fake.tunnelId }));
  await setting.doctor.apply(fix!.id);
  expect(setting.kept.get('p1/api_key')).toBe('sk-put-there-since');
});

test('a second /v1 is taken out of the address', async () => {
  const setting = await setUp({ K: key });
  const fake = await controlPlane();
  const subject = await stored(setting, text(`${fake.url}/v1`, { tunnelId: fake.tunnelId }));
  const run = await examine(setting, subject);
  expect(check(run, 'base-url').fix).toMatchObject({
    kind: 'base-url.v1',
    before: `base_url: ${fake.url}/v1`,
    after: `base_url: ${fake.url}`,
  });
  await setting.doctor.apply(check(run, 'base-url').fix!.id);
  expect(await readFile(subject.file!, 'utf8')).toContain(`base_url: ${fake.url} # here`);
  const [entry] = await setting.services.store.list();
  const again = await examine(setting, { ...subject, profile: entry!.profile! });
  expect(again.checks.filter(({ state }) => state === 'fail')).toEqual([]);
});

test('a program that only shells find is named by its full path', async () => {
  const bin = await folder();
  await writeFile(join(bin, 'my-server'), '#!/bin/sh\n', { mode: 0o755 });
  const other = await setUp({ K: key, PATH: '/usr/bin' }, { searchPath: () => Promise.resolve(`/usr/bin:${bin}`) });
  const fake = await controlPlane();
  const subject = await stored(other, text(fake.url, { tunnelId: fake.tunnelId, command: 'my-server --stdio' }));
  const run = await examine(other, subject);
  expect(check(run, 'program').state).toBe('warn');
  const after = `command: ${join(bin, 'my-server')} --stdio`;
  expect(check(run, 'program').fix).toMatchObject({ before: 'command: my-server --stdio', after });
  await other.doctor.apply(check(run, 'program').fix!.id);
  expect(await readFile(subject.file!, 'utf8')).toContain(after);
  const [entry] = await other.services.store.list();
  expect(check(await examine(other, { ...subject, profile: entry!.profile! }), 'program').state).toBe('pass');
});

test('a port that is taken is replaced by one that is free', async () => {
  const setting = await setUp({ K: key });
  const fake = await controlPlane();
  const taken = (await listen(createServer())).host;
  const more = `health:\n  listen_addr: ${taken} # asked for\n`;
  const subject = await stored(setting, text(fake.url, { tunnelId: fake.tunnelId, more }), { listen: taken });
  const run = await examine(setting, subject);
  expect(check(run, 'listener').fix).toMatchObject({
    before: `listen_addr: ${taken}`,
    after: expect.stringMatching(/^listen_addr: 127\.0\.0\.1:\d+$/) as string,
  });
  await setting.doctor.apply(check(run, 'listener').fix!.id);
  const changed = /listen_addr: (\S+)/.exec(await readFile(subject.file!, 'utf8'))?.[1];
  expect(changed).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(check(run, 'listener').fix?.after).toBe(`listen_addr: ${changed}`);
  expect(changed).not.toBe(taken);
  const again = await examine(setting, { ...subject, listen: changed! });
  expect(check(again, 'listener').state).toBe('pass');
});

test('a bundle on this machine that vouches for the other end is offered, one that does not is not', async () => {
  const authority = makeCertificate({ commonName: 'Private Root' });
  const server = makeCertificate({ commonName: 's', hosts: ['127.0.0.1'], issuer: authority });
  const wrong = await file(makeCertificate({ commonName: 'Other' }).cert);
  const right = await file(authority.cert);
  const setting = await setUp({ K: key, REQUESTS_CA_BUNDLE: wrong, CURL_CA_BUNDLE: right });
  const fake = await controlPlane({ tls: { cert: server.cert, key: server.key } });
  const subject = await stored(setting, text(fake.url, { tunnelId: fake.tunnelId }));
  const run = await examine(setting, subject);
  const { fix } = check(run, 'tls');
  expect(fix).toMatchObject({ kind: 'ca.add', after: `ca_bundle: ${right}` });
  await setting.doctor.apply(fix!.id);
  const [entry] = await setting.services.store.list();
  const again = await examine(setting, { ...subject, profile: entry!.profile! });
  expect(again.checks.filter(({ state }) => state === 'fail')).toEqual([]);
});

test('another process that runs the profile is named, and nothing is started beside it', async () => {
  const setting = await setUp({ K: key });
  const fake = await controlPlane();
  const server = await goodHttpServer();
  const profile = profileFor(fake, { channels: httpChannel(server.endpoint) });
  const runtime = await RuntimeFile.open(setting.services.runtimeFolder);
  cleanUp(() => runtime.close());
  await runtime.lockProfile(profile.id);
  // as if another process, one that lives, had written it
  const record = JSON.parse(await readFile(runtime.path, 'utf8')) as Record<string, unknown>;
  const other = { ...record, pid: process.ppid };
  delete (other as { startTime?: string }).startTime;
  await writeFile(join(setting.services.runtimeFolder, `${process.ppid}-other.runtime.json`), JSON.stringify(other));
  const run = await examine(setting, subjectOf(profile));
  expect(check(run, 'instance')).toMatchObject({
    state: 'warn',
    evidence: [{ error: { code: 'profile_running', params: { pid: process.ppid } } }],
  });
  expect(fake.polls).toHaveLength(0);
});

test('culvert doctor prints a run that fits the schema, and its exit code is the worst outcome', async () => {
  const home = await folder();
  const fake = await controlPlane();
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'));
  vi.stubEnv('XDG_RUNTIME_DIR', join(home, 'run'));
  vi.stubEnv('CONTROL_PLANE_API_KEY', key);
  cleanUp(() => vi.unstubAllEnvs());
  let out = '';
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((out += String(chunk)), true));
  cleanUp(() => written.mockRestore());
  const args = ['--tunnel-id', fake.tunnelId, '--control-plane.base-url', fake.url];
  expect(await main(['doctor', ...args, '--mcp.command', goodCommand, '--json'])).toBe(0);
  const run = doctorRunSchema.parse(JSON.parse(out));
  expect(check(run, 'server').state).toBe('pass');
  expect(out).not.toContain(key);
  out = '';
  expect(await main(['doctor', ...args, '--mcp.command', stdioServer('crash-on-start'), '--explain'])).toBe(5);
  expect(out).toContain('cannot read settings.json');
  expect(out).toContain('Why:');
});
