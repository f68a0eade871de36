import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../../shared/errors.ts';
import { loadProfile } from '../../src-main/profiles/load.ts';

const configuration = await readFile('docs/configuration.md', 'utf8');
const profiles = [...configuration.matchAll(/^```(yaml|json)\n(.*?)^```/gms)].map(
  ([, kind = '', text = '']) => [kind, text] as const,
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'culvert-docs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(profiles)('a profile in docs/configuration.md can be run as it stands: %s, %j', async (kind, text) => {
  const file = join(folder, `example.${kind}`);
  await writeFile(file, text);
  const env = { CONTROL_PLANE_API_KEY: 'sk-example', HOME: folder };
  const { profile } = await loadProfile({ profileFile: file }, new Map(), env);
  expect(profile.channels.map(({ name }) => name)).toContain('main');
});

test('docs/troubleshooting.md explains codes that there are', async () => {
  const text = await readFile('docs/troubleshooting.md', 'utf8');
  const explained = [...text.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);
  expect(explained.length).toBeGreaterThan(50);
  expect(explained.filter((code) => !Object.hasOwn(errorCodes, code ?? ''))).toEqual([]);
});
