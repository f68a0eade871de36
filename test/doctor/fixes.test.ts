import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { DoctorRun } from '../../shared/doctor.ts';
import type { Subject } from '../../src-main/doctor/check.ts';
import { readDesktopEntry, writeDesktopEntry } from '../../src-main/desktop/desktop-entry.ts';
import { desktopPath } from '../../src-main/process/path.ts';
import { startTimeOf } from '../../src-main/process/tree.ts';
import { runtimeRecordSchema } from '../../src-main/runtime/runtime-record.ts';
import {
  cleanUp as cleanUpTunnels,
  faultyStdio,
  logFile,
  startControlPlane,
  startTunnel,
} from '../faults/tunnel-process.ts';
import { cleanUp } from '../support/network.ts';
import {
  check,
  controlPlane,
  examine,
  folder,
  goodHttpServer,
  httpChannel,
  key,
  profileFor,
  setUp,
  stdioChannel,
  subjectOf,
  type Setting,
} from './harness.ts';

// two whole runs with real processes, each of which a busy machine makes slow
vi.setConfig({ testTimeout: 60_000 });

afterEach(cleanUpTunnels);

const twoEra = new URL('../fixtures/two-era-server.mjs', import.meta.url).pathname;

/** Applies the fix that this check offers; resolves with the run that follows by itself. */
async function putRight(setting: Setting, run: DoctorRun, id: string, subjects: readonly Subject[]) {
  const { fix } = check(run, id);
  expect(setting.doctor.preview(fix!.id)).toEqual(fix);
  const { again } = await setting.doctor.apply(fix!.id);
  return again(subjects);
}

test('a program that was installed after the app had asked for the PATH is found by asking again, and starts', async () => {
  const bin = await folder();
  const shell = join(await folder(), 'shell');
  const paths = `${join(bin, 'old')}:/usr/bin:/bin`;
  const say = (path: string) => writeFile(shell, `#!/bin/sh\nPATH=${path}\nexport PATH\nexec /bin/sh -c "$2"\n`);
  await say(paths);
  await chmod(shell, 0o755);
  const login = desktopPath({ SHELL: shell, PATH: '/usr/bin:/bin' }, 20_000);
  const setting = await setUp({ PATH: '/usr/bin:/bin' }, { searchPath: login.path, loginPath: login });
  const fake = await controlPlane();
  const subject = subjectOf(profileFor(fake, { channels: stdioChannel('my-new-server --stdio') }));
  expect(check(await examine(setting, subject), 'program')).toMatchObject({ state: 'fail' });
  expect(check(setting.steps.at(-1)!, 'program').fix).toBeUndefined();

  await mkdir(join(bin, 'new'));
  await writeFile(join(bin, 'new', 'my-new-server'), `#!/bin/sh\nexec ${process.execPath} ${twoEra}\n`, {
    mode: 0o755,
  });
  await say(`${join(bin, 'new')}:${paths}`);
  const run = await examine(setting, subject);
  expect(check(run, 'program').fix).toMatchObject({
    kind: 'path.refresh',
    summary: expect.stringContaining(join(bin, 'new', 'my-new-server')) as string,
    after: `PATH has ${join(bin, 'new')}`,
  });
  const again = await putRight(setting, run, 'program', [subject]);
  expect(check(again, 'program').state).toBe('pass');
  expect(check(again, 'server').evidence.map(({ step }) => step)).toContain('server.tools');
});

test('after a fix only what stands on it is looked at again', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const server = await goodHttpServer();
  const right = profileFor(fake, { channels: httpChannel(server.endpoint) });
  const wrong = { ...right, controlPlane: { ...right.controlPlane, baseUrl: `${fake.url}/v1` } };
  const profiles = join(setting.env['XDG_CONFIG_HOME'] ?? '', 'culvert', 'profiles');
  await mkdir(profiles, { recursive: true });
  const text = `config_version: 1\ncontrol_plane:\n  base_url: ${fake.url}/v1\n  tunnel_id: ${fake.tunnelId}\n  api_key: env:K\nmcp:\n  server_urls:\n    - url: ${server.endpoint}\nculvert:\n  id: p\n`;
  await writeFile(join(profiles, 'p.yaml'), text);
  const run = await examine(setting, subjectOf(wrong, { stored: true }));
  const begun = new Set<string>();
  setting.onStep = ({ checks }) => {
    for (const { id, state } of checks) if (state === 'running') begun.add(id);
  };
  const again = await putRight(setting, run, 'base-url', [subjectOf(right, { stored: true })]);
  expect(again).toMatchObject({ id: run.id, cancelled: false });
  expect(again.checks.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(check(again, 'key-use').state).toBe('pass');
  expect(begun).toContain('control-plane');
  for (const untouched of ['disk', 'orphans', 'source', 'references', 'key', 'server']) {
    expect(begun).not.toContain(untouched);
    expect(check(again, untouched)).toEqual(check(run, untouched));
  }
});

test.skipIf(process.platform === 'win32')(
  'a server that a killed Culvert left behind is named and ended, and no other process',
  async () => {
    const [plane, log] = await Promise.all([startControlPlane(), logFile()]);
    const tunnel = await startTunnel({ controlPlane: plane, command: faultyStdio('--log', log.path, '--stubborn') });
    const [line = ''] = await log.has('start ');
    const orphan = Number(line.slice('start '.length));
    const runtimeFolder = join(tunnel.folder, 'culvert');
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
      detached: true,
      stdio: 'ignore',
    });
    cleanUp(() => bystander.kill('SIGKILL'));
    let file = '';
    await expect
      .poll(async () => {
        [file = ''] = (await readdir(runtimeFolder)).filter((name) => name.endsWith('.runtime.json'));
        return runtimeRecordSchema.parse(JSON.parse(await readFile(join(runtimeFolder, file), 'utf8'))).children;
      })
      .toMatchObject([{ pid: orphan, startTime: expect.any(String) as string }]);
    tunnel.child.kill('SIGKILL');
    await tunnel.exited;
    // as if the number of another child of its had gone to somebody else since
    const record = runtimeRecordSchema.parse(JSON.parse(await readFile(join(runtimeFolder, file), 'utf8')));
    record.children.push({ pid: bystander.pid!, startTime: 'long ago' });
    await writeFile(join(runtimeFolder, file), JSON.stringify(record));

    const setting = await setUp({}, { runtimeFolder });
    const run = await setting.doctor.run([]);
    const { state, fix } = check(run, 'orphans');
    expect(state).toBe('warn');
    expect(fix?.before).toBe(
      `process ${orphan} (${process.execPath.split('/').at(-1)} faulty-stdio.mjs), started by Culvert ${record.pid}`,
    );
    const again = await putRight(setting, run, 'orphans', []);
    expect(check(again, 'orphans').state).toBe('pass');
    expect(await startTimeOf(orphan)).toBeUndefined();
    expect(await startTimeOf(bystander.pid!)).toBeDefined();
    bystander.kill('SIGKILL');
    await once(bystander, 'exit');
  },
);

test('an entry for start at login that leads elsewhere, or nowhere, is written anew', async () => {
  const place = join(await folder(), 'autostart', 'culvert.desktop');
  const [old, now] = [join(await folder(), 'Culvert $old "1".AppImage'), join(await folder(), 'Culvert 100%.AppImage')];
  for (const app of [old, now]) await writeFile(app, '', { mode: 0o755 });
  const command = [now, '--hidden'];
  let wanted = true;
  const desktop = {
    tray: () => 'shown' as const,
    startAtLogin: async () => ({
      wanted,
      entry: { ...(await readDesktopEntry(place, command)), command: command.join(' ') },
    }),
    setStartAtLogin: (on: boolean) => writeDesktopEntry(place, on ? command : undefined),
  };
  const setting = await setUp({}, { desktop });
  const look = async () => check(await setting.doctor.run([]), 'autostart');

  const repaired = async (before: string) => {
    const run = await setting.doctor.run([]);
    expect(check(run, 'autostart')).toMatchObject({
      state: 'warn',
      fix: { kind: 'autostart.repair', before, after: `starts ${now} --hidden` },
    });
    expect(check(await putRight(setting, run, 'autostart', []), 'autostart').state).toBe('pass');
  };
  await repaired('no entry that works');
  await writeDesktopEntry(place, [old, '--hidden']);
  await repaired(`starts ${old} --hidden`);
  await writeDesktopEntry(place, [old, '--hidden']);
  await rename(old, `${old}.moved`);
  await repaired(`starts ${old} --hidden`);
  await writeFile(place, (await readFile(place, 'utf8')).replace('enabled=true', 'enabled=false'));
  await repaired('no entry that works');
  await writeFile(place, 'not an entry');
  await repaired('no entry that works');

  wanted = false;
  expect((await look()).state).toBe('pass');
  await writeDesktopEntry(place, undefined);
  expect(await look()).toMatchObject({ state: 'skip' });
});

test('a key that the keychain does not keep stays in the file', async () => {
  const broken = {
    get: () => Promise.resolve(undefined),
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(true),
  };
  const setting = await setUp({}, { secretStore: () => broken });
  const profiles = join(setting.env['XDG_CONFIG_HOME'] ?? '', 'culvert', 'profiles');
  await mkdir(profiles, { recursive: true });
  const fake = await controlPlane();
  const text = `config_version: 1\ncontrol_plane:\n  base_url: ${fake.url}\n  tunnel_id: ${fake.tunnelId}\n  api_key: ${key}\nmcp:\n  commands:\n    - command: nothing\nculvert:\n  id: p\n`;
  await writeFile(join(profiles, 'p.yaml'), text);
  const [entry] = await setting.services.store.list();
  const run = await examine(setting, subjectOf(entry!.profile!, { stored: true }));
  await expect(setting.doctor.apply(check(run, 'key').fix!.id)).rejects.toMatchObject({ code: 'keychain_missing' });
  expect(await readFile(join(profiles, 'p.yaml'), 'utf8')).toBe(text);
});
