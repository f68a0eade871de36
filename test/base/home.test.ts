import type os from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { homeFolder } from '../../src-main/base/home.ts';
import { expandHome } from '../../src-main/settings/folders.ts';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof os>()),
  homedir: () => {
    throw new Error('uv_os_homedir returned ENOENT');
  },
}));

test('an account that the system does not list, without HOME, is at home in the root folder', () => {
  expect(homeFolder()).toBe('/');
  expect(expandHome('~/servers', {})).toBe(join('/', 'servers'));
  expect(expandHome('~/servers', { HOME: '/data' })).toBe(join('/data', 'servers'));
});
