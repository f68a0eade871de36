import { defineConfig } from 'vitest/config';
import { workerSource } from './scripts/worker-source.mjs';
import { patienceMs } from './test/support/patience.ts';

/** Where a script wants the results as JSON as well (.ci/run adds them up). */
const report = process.env.CULVERT_TEST_REPORT;

/** Tests that need a desktop, a browser or a keyring skip themselves with a reason (test/support/require.ts), unless CULVERT_REQUIRE_ALL=1 makes a skip a failure. */
export default defineConfig({
  plugins: [workerSource()],
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 2 * patienceMs,
    hookTimeout: 2 * patienceMs,
    expect: { poll: { timeout: patienceMs } },
    // a machine that is busy with something else must not decide; what fails twice has failed
    retry: process.env.CI === 'true' ? 1 : 0,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'engine and pages',
          include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
          exclude: ['test/bench/**', 'test/desktop/**', 'node_modules/**'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'desktop',
          include: ['test/desktop/*.test.ts'],
          // the apps share one tray and one logind: when it says that the machine sleeps, every app's sockets are closed
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    reporters: [
      'default',
      './test/support/skips-reporter.ts',
      ...(report === undefined ? [] : [['json', { outputFile: report }] as ['json', { outputFile: string }]]),
    ],
  },
});
