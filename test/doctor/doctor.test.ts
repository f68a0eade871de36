import { expect, test } from 'vitest';
import { check, controlPlane, examine, profileFor, setUp, subjectOf } from './harness.ts';

test('a tunnel that works passes every check that applies, down to the names of its tools', async () => {
  const setting = await setUp();
  const fake = await controlPlane();
  const run = await examine(setting, subjectOf(profileFor(fake)));
  expect(run.checks.filter(({ state }) => state === 'fail' || state === 'warn')).toEqual([]);
  for (const id of ['source', 'key', 'connect', 'control-plane', 'key-read', 'key-use', 'wire', 'program', 'server']) {
    expect(check(run, id).state, id).toBe('pass');
  }
  expect(check(run, 'server').evidence.find(({ step }) => step === 'server.tools')?.facts['count']).toBeGreaterThan(0);
  expect(JSON.stringify(run)).not.toContain('sk-test-runtime');
});
