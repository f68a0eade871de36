// The one gate: types, lint, format, dead code, build, tests. `npm run check -- --fast` leaves the tests out.
import { spawnSync } from 'node:child_process';

const steps = [
  ['types', 'npx', ['tsc', '-p', 'tsconfig.json']],
  ['types (renderer)', 'npx', ['tsc', '-p', 'tsconfig.renderer.json']],
  ['types (ui tests)', 'npx', ['tsc', '-p', 'tsconfig.ui-tests.json']],
  ['lint', 'npx', ['eslint', '.', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '--max-warnings', '0']],
  ['format', 'npx', ['prettier', '--check', '.', '--cache', '--log-level', 'warn']],
  ['dead code', 'npx', ['knip', '--no-progress']],
];
if (!process.argv.includes('--fast')) steps.push(['tests', 'npm', ['test']]);

for (const [name, command, args] of steps) {
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`check: ${name} failed (${seconds} s)`);
    process.exit(status ?? 1);
  }
  console.log(`check: ${name} ok (${seconds} s)`);
}
