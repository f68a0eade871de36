#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { cacheCompiledCode } from './cli/run/compile-cache.ts';

// The HTTP parser is WebAssembly: optimising it gains nothing that was measured and costs 20 MB at rest, 50 at the peak.
setFlagsFromString('--liftoff-only');
cacheCompiledCode();

// a chunk of its own, or it would be compiled before there is a cache
void import('./cli/main.ts').then(async ({ main, leave }) => {
  process.exitCode = await main(process.argv.slice(2));
  leave();
});
