import { afterEach, expect, test, vi } from 'vitest';
import { suiteNeeds } from './require.ts';

afterEach(() => vi.unstubAllEnvs());

test('a suite whose needs are not met fails where everything is required', () => {
  vi.stubEnv('CULVERT_CHROMIUM', '/nowhere/chromium');
  vi.stubEnv('CULVERT_REQUIRE_ALL', '1');
  expect(() => suiteNeeds('chromium')).toThrow('this suite needs chromium: CULVERT_CHROMIUM names no Chromium');
});

test('the reference client is required where it is named, and only there', () => {
  vi.stubEnv('CULVERT_REQUIRE_ALL', '1');
  vi.stubEnv('CULVERT_REFERENCE_CLIENT', undefined);
  expect(() => suiteNeeds('reference-client')).not.toThrow();
  vi.stubEnv('CULVERT_REFERENCE_CLIENT', '/nowhere/client');
  expect(() => suiteNeeds('reference-client')).toThrow('names no executable');
});
