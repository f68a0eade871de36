// The MCP Inspector's command line, one process a step: inspector.mjs FOLDER TARGET PLAN. Prints the outcome of each step.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, target, plan] = [process.argv[2], JSON.parse(process.argv[3]), JSON.parse(process.argv[4])];
const home = join(folder, 'node_modules/@modelcontextprotocol/inspector');
const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
const script = join(home, typeof bin === 'string' ? bin : Object.values(bin)[0]);
const place = target.url === undefined ? target.command : [target.url, '--transport', 'http'];

const run = (args) =>
  new Promise((resolve) =>
    execFile(process.execPath, [script, '--cli', ...place, ...args], { maxBuffer: 1 << 24 }, (error, stdout) =>
      resolve(error && stdout.trim() === '' ? undefined : stdout),
    ),
  );

const outcomes = [];
for (const [name, given] of plan) {
  const words = Object.entries(given).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]);
  const printed = await run(
    name === null ? ['--method', 'tools/list'] : ['--method', 'tools/call', '--tool-name', name, ...words],
  );
  try {
    const { tools, content, isError } = JSON.parse(printed);
    if (tools) outcomes.push(tools.map((tool) => tool.name).sort());
    else outcomes.push({ text: content.map(({ text }) => text ?? '').join(''), isError: isError === true });
  } catch {
    outcomes.push({ refused: 'error' });
  }
}
console.log(JSON.stringify(outcomes));
