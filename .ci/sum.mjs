// Adds up test reports (vitest's JSON) and steps: `sum.mjs FOLDER` prints `N passed, N failed` and exits with 1 on any
// failure. A file named STEP.step holds `ok` or `failed`. A suite that crashes, a report that is missing, a run that
// failed without a failed test: each counts as a failure. In a report named required-*.json a skip does, too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
let passed = 0;
let failed = 0;
const fail = (what) => {
  failed += 1;
  console.log(`FAILED ${what}`);
};

const files = readdirSync(folder).sort();
for (const file of files.filter((name) => name.endsWith('.step'))) {
  const step = file.slice(0, -'.step'.length);
  const report = files.includes(`${step}.json`)
    ? JSON.parse(readFileSync(join(folder, `${step}.json`), 'utf8'))
    : undefined;
  const ok = readFileSync(join(folder, file), 'utf8').trim() === 'ok';
  if (!report) {
    if (ok) passed += 1;
    else fail(step);
    continue;
  }
  const before = failed;
  for (const suite of report.testResults) {
    if (suite.status === 'failed' && suite.assertionResults.every(({ status }) => status !== 'failed'))
      fail(`${step}: ${suite.name}: ${suite.message}`);
    for (const test of suite.assertionResults) {
      const skipped = test.status === 'pending' || test.status === 'skipped' || test.status === 'todo';
      const mayBeSkipped = !step.startsWith('required-') || /\[needs (reference-client|python-sdk)/.test(test.fullName);
      if (test.status === 'passed') passed += 1;
      else if (!skipped) fail(`${step}: ${test.fullName}`);
      else if (!mayBeSkipped) fail(`${step}: skipped: ${test.fullName}`);
    }
  }
  if (!ok && failed === before) fail(step);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
