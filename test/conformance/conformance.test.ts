import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { suiteNeeds } from '../support/require.ts';

suiteNeeds('patience')('the official conformance suite', () => {
  test('finds no difference between a server and the same server through the tunnel, but listed ones', async () => {
    const run = spawn(process.execPath, ['test/conformance/run.mjs'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [run.stdout, run.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(run, 'close')) as [number];
    expect(code, output).toBe(0);
    expect(output).toContain('The tunnel makes no difference that is not listed.');
  }, 180_000);
});
