import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'vitest';
import { gatherLicences, writeLicences } from '../../scripts/licences.mjs';
import { readLicences } from '../../src-main/api/licences.ts';

test('a build tells the licences of what it bundled, to bundles one or two folders below', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'culvert-licences-'));
  try {
    await build({
      configFile: false,
      logLevel: 'silent',
      plugins: [gatherLicences()],
      ssr: { noExternal: true },
      build: { ssr: 'shared/tunnel.ts', outDir: join(folder, 'main') },
    });
    writeLicences(join(folder, 'licences.json'));
    await mkdir(join(folder, 'main', 'chunks'), { recursive: true });
    for (const file of ['main/main.js', 'main/chunks/host.js']) {
      const licences = await readLicences(pathToFileURL(join(folder, file)).href);
      const zod = licences.find(({ name }) => name === 'zod');
      expect(zod).toMatchObject({ licence: 'MIT' });
      expect(zod?.text).toContain('Permission is hereby granted');
    }
    expect(await readLicences(pathToFileURL(join(folder, 'elsewhere', 'a', 'b', 'c.js')).href)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
