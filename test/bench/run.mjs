// `npm run bench`: prints tables and writes them to docs/bench.md.
//   --quick        one short run of everything, nothing written unless --write
//   --only=REGEX   parts whose name matches
//   --runs=N       medians of N runs (3)
//   --delivery=single|batch   only the control plane that hands out commands one by one, or in batches (both)
//   --against=PATH            another client that takes the reference's flags, measured beside Culvert in alternating runs: a
//                             program, or a script for this Node such as an older culvert.cjs; may be repeated
//   --least                   the least that a client can do in this Node (least.mjs), measured beside Culvert
//   --no-build                measures out/cli as it is
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import * as measure from './measure.mjs';
import { here } from './process.mjs';
import { Report } from './report.mjs';
import * as scenarios from './scenarios.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    runs: { type: 'string' },
    write: { type: 'boolean', default: false },
    'node-flags': { type: 'string', default: '' },
    delivery: { type: 'string' },
    against: { type: 'string', multiple: true, default: [] },
    least: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});
const { quick } = options;
const runs = Number(options.runs ?? (quick ? 1 : 3));
const wanted = new RegExp(options.only, 'i');
const times = quick ? { warmMs: 1_000, ms: 1_500 } : { warmMs: 2_000, ms: 4_000 };

const script = here('../../out/cli/culvert.cjs');
if (
  !options['no-build'] &&
  spawnSync(process.execPath, [here('../../scripts/build.mjs'), '--cli'], { stdio: 'inherit' }).status !== 0
) {
  console.error('bench: the command line did not build');
  process.exit(1);
}
const isScript = (path) => /\.[cm]?js$/.test(path);
const programs = [
  { name: 'Culvert', script, nodeFlags: options['node-flags'].split(' ').filter(Boolean) },
  ...options.against.map((path) => ({
    name: basename(path) === 'culvert.cjs' ? `Culvert in ${basename(dirname(path))}` : basename(path),
    ...(isScript(path) ? { script: path } : { file: path }),
  })),
  ...(options.least
    ? [{ name: 'least client', script: here('least.mjs'), only: ({ kind, proxy }) => kind !== 'stdio' && !proxy }]
    : []),
];
const deliveries = options.delivery ? [options.delivery] : ['single', 'batch'];
/** One caller's commands come one by one in any case. */
const inBoth = (scenario) =>
  (scenario.callers === 1 ? ['single'] : deliveries).map((delivery) => ({ ...scenario, delivery }));

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Medians, member by member, of several runs of the same measurement. */
function medians(results) {
  if (typeof results[0] === 'number') return median(results);
  return Object.fromEntries(Object.keys(results[0]).map((key) => [key, median(results.map((result) => result[key]))]));
}

/** Runs `run` for each program in turn, again and again: what disturbs the machine disturbs all of them. */
async function alternating(name, run, also, scenario) {
  const results = new Map();
  const taking = programs.filter(({ only }) => !only || (scenario && only(scenario)));
  for (let round = 0; round < runs; round++) {
    for (const program of [...taking, ...(also ? [also] : [])]) {
      process.stderr.write(`bench: ${name}: ${program.name}, run ${round + 1} of ${runs}\n`);
      const result = await (program.run ?? run)(program);
      results.set(program.name, [...(results.get(program.name) ?? []), result]);
    }
  }
  return new Map([...results].map(([key, list]) => [key, medians(list)]));
}

const report = new Report({
  cores: availableParallelism(),
  node: process.version,
  runs,
  quick,
  load: loadavg(),
  programs: programs.map(({ name }) => name),
});

const named = ({ name }) => wanted.test(name);
let made;
/** A certificate for loopback, made when the first scenario wants one. */
const certificate = async () => {
  made ??= (await runnerImport(here('../support/certificates.ts'))).module.makeCertificate({
    commonName: 'Culvert bench',
    hosts: ['127.0.0.1'],
  });
  return { cert: made.cert, key: made.key };
};

for (const scenario of scenarios.near.filter(named).flatMap(inBoth)) {
  const bare = { name: 'bare', run: () => measure.withoutTunnel(scenario, times) };
  report.near(
    scenario,
    await alternating(scenario.name, (program) => measure.throughTunnel(program, scenario, times), bare, scenario),
  );
}

for (const scenario of scenarios.ways.filter(named).flatMap(inBoth)) {
  const secure = { ...times, certificate: await certificate() };
  const bare = { name: 'bare', run: () => measure.withoutTunnel(scenario, times) };
  report.near(
    scenario,
    await alternating(scenario.name, (program) => measure.throughTunnel(program, scenario, secure), bare, scenario),
  );
}

for (const scenario of scenarios.far.filter(named).flatMap(inBoth)) {
  const farTimes = { warmMs: 3_000, ms: scenario.pauseMs ? 12_000 : 5_000, certificate: await certificate() };
  report.far(
    scenario,
    await alternating(
      scenario.name,
      (program) => measure.throughTunnel(program, scenario, farTimes),
      undefined,
      scenario,
    ),
  );
}

if (wanted.test('start to first poll')) {
  const rounds = [];
  for (let round = 0; round < (quick ? 2 : 4); round++)
    rounds.push(await alternating('start to first poll', measure.startToPoll));
  report.single('start to first poll, ms', medians(rounds.map((round) => Object.fromEntries(round))));
}
if (wanted.test('at rest')) {
  const rest = await alternating('at rest', (program) => measure.atRest(program, { ms: quick ? 5_000 : 30_000 }));
  report.single('idle CPU, % of a core', pick(rest, 'cpuPercent'));
  report.single('memory at rest, MiB', pick(rest, 'rss'));
}
if (wanted.test('memory under load')) {
  const calls = quick ? 20_000 : 200_000;
  const load = await alternating('memory under load', (program) => measure.underLoad(program, { calls }));
  const thousands = `${calls / 1000},000`;
  report.single(`memory after a tenth of ${thousands} calls, MiB`, pick(load, 'early'));
  report.single(`memory after ${thousands} calls, MiB`, pick(load, 'late'));
  report.single('the same, 5 s later, MiB', pick(load, 'after'));
  report.single('peak, MiB', pick(load, 'peak'));
}

function pick(results, member) {
  return Object.fromEntries([...results].map(([name, result]) => [name, result[member]]));
}

console.log(report.text());
if (process.env.BENCH_MD) writeFileSync(process.env.BENCH_MD, report.markdown());
if (options.write || (!quick && !options.only)) writeFileSync(here('../../docs/bench.md'), report.markdown());
