// npm's package has the library as its `main`, the app's folder has the app: one file serves both, so packing sets the one
// (`library`) and afterwards the other (`app`) again.
import { readFileSync, writeFileSync } from 'node:fs';

const mains = { library: 'out/library/index.js', app: 'out/main/main.js' };
const main = mains[process.argv[2]];
if (main === undefined) throw new Error('library or app?');
const file = new URL('../package.json', import.meta.url);
const text = readFileSync(file, 'utf8');
writeFileSync(file, text.replace(/^( {2}"main": )"[^"\n]*"/m, `$1"${main}"`));
