import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppSettings, migrate } from '../../src-main/settings/app-settings.ts';
import { headlessSettingsFile } from '../../src-main/settings/headless-file.ts';

describe('settings', () => {
  let folder = '';
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'culvert-settings-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const open = () => new AppSettings(headlessSettingsFile(folder));

  it('have defaults, are kept, and are merged where they are groups', () => {
    expect(open().values).toMatchObject({ theme: 'system', traceBudgetMiB: 64 });
    open().change({ theme: 'dark', notifications: { recovered: false } });
    expect(open().values).toMatchObject({ theme: 'dark', notifications: { lost: true, recovered: false } });
  });

  it('lose one bad value alone', () => {
    expect(migrate({ theme: 'neon', logLevel: 'debug', unknown: 1 })).toMatchObject({
      theme: 'system',
      logLevel: 'debug',
    });
    expect(migrate('nonsense').theme).toBe('system');
  });

  it('keep what an older version knew of a group and take the default for what it did not', () => {
    const old = { lost: false, keyRefused: true, crashLoop: false, recovered: true };
    expect(migrate({ notifications: old }).notifications).toEqual({ ...old, certificate: true });
  });

  it('start afresh from a file that is not JSON', async () => {
    open().change({ theme: 'dark' });
    await writeFile(join(folder, 'settings.json'), '{"theme": "da');
    expect(open().values.theme).toBe('system');
    open().change({ theme: 'light' });
    expect(JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8'))).toMatchObject({ theme: 'light' });
  });

  it('stay as they were where the file cannot be written, and say why', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    const settings = new AppSettings({
      read: () => ({ theme: 'dark' }),
      write: () => {
        throw full;
      },
    });
    const heard: unknown[] = [];
    settings.onChange((values) => heard.push(values));
    expect(() => settings.change({ theme: 'light' })).toThrow(
      expect.objectContaining({ code: 'save_failed', params: { file: 'settings.json', problem: 'the disk is full' } }),
    );
    expect(settings.values.theme).toBe('dark');
    expect(heard).toEqual([]);
  });

  it('tell of a change', () => {
    const settings = open();
    const heard: string[] = [];
    settings.onChange(({ theme }) => heard.push(theme));
    settings.change({ theme: 'light' });
    expect(heard).toEqual(['light']);
  });
});
