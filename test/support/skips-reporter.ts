import type { Reporter, TestModule } from 'vitest/node';

const skippedBy = (name: string): string | undefined => /^(.*) \[needs (.*)\]$/.exec(name)?.[2];

/** Says at the end of a run what was skipped and why: a skip that nobody reads about is a hole. */
export default class SkipsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, { tests: number; files: Set<string> }>();
    let silent = 0;
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const suite = test.parent.type === 'suite' ? test.parent : undefined;
        let reason: string | undefined;
        for (let at = suite; at && reason === undefined; at = at.parent.type === 'suite' ? at.parent : undefined)
          reason = skippedBy(at.name);
        if (reason === undefined) {
          silent += 1;
          continue;
        }
        const entry = counts.get(reason) ?? { tests: 0, files: new Set<string>() };
        entry.tests += 1;
        entry.files.add(module.relativeModuleId);
        counts.set(reason, entry);
      }
    }
    if (counts.size === 0 && silent === 0) return;
    console.log('\nNot run on this machine:');
    for (const [reason, { tests, files }] of counts)
      console.log(`  ${tests} tests in ${[...files].join(', ')}\n    need ${reason}`);
    if (silent > 0) console.log(`  ${silent} tests that give no reason`);
    console.log('');
  }
}
