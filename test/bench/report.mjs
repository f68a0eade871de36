// Tables: plain on stdout, markdown under docs/.

const round = (value, digits) => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits));

const nearHead = [
  'calls',
  'program',
  'handed out',
  'calls/s',
  'added p50 ms',
  'p95',
  'p99',
  'CPU s / 10,000',
  '× bare',
  'peak MiB',
  'loop delay p99 ms',
  'max',
  'longest GC ms',
  'GC %',
];
const farHead = [
  'calls',
  'program',
  'handed out',
  'p50 ms',
  'p95',
  'p99',
  'p50 in round trips',
  'calls/s',
  'CPU s / 10,000',
];

/** How the control plane gave out the commands. */
const handedOut = ({ delivery }, program) => [
  program === 'bare' ? '–' : delivery === 'single' ? 'one by one' : 'in batches',
];

/** What one round trip is in the far scenarios. */
const ROUND_TRIP = 80;

export class Report {
  #facts;
  #near = [];
  #far = [];
  #singles = [];

  constructor(facts) {
    this.#facts = facts;
  }

  near(scenario, results) {
    const bare = results.get('bare');
    for (const [program, one] of results) {
      const added = (member) => round(program === 'bare' ? one[member] : one[member] - bare[member], 2);
      this.#near.push([
        scenario.name,
        program === 'bare' ? 'no tunnel (whole latency)' : program,
        ...handedOut(scenario, program),
        round(one.rate, 0),
        ...[added('p50'), added('p95'), added('p99')],
        round(one.cpuPerCall * 10, 2),
        round(one.cpuPerCall / bare.cpuPerCall, 1),
        ...[round(one.peak, 0), round(one.loopDelay, 1), round(one.loopMax, 1)],
        ...[round(one.gcMax, 1), round(one.gcShare, 1)],
      ]);
    }
  }

  far(scenario, results) {
    for (const [program, one] of results) {
      this.#far.push([
        scenario.name,
        program,
        ...handedOut(scenario, program),
        ...[round(one.p50, 0), round(one.p95, 0), round(one.p99, 0)],
        round(one.p50 / ROUND_TRIP, 2),
        round(one.rate, 0),
        round(one.cpuPerCall * 10, 2),
      ]);
    }
  }

  single(name, byProgram) {
    this.#singles.push([name, ...this.#facts.programs.map((program) => round(byProgram[program], 1))]);
  }

  #tables() {
    const singleHead = ['', ...this.#facts.programs];
    return [
      ['On loopback', nearHead, this.#near],
      ['From 80 ms away, over TLS', farHead, this.#far],
      ['The process', singleHead, this.#singles],
    ].filter(([, , rows]) => rows.length > 0);
  }

  text() {
    return this.#tables()
      .map(([title, head, rows]) => {
        const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
        const line = (row) =>
          row
            .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
            .join('  ');
        return `\n${title}\n${[head, ...rows].map(line).join('\n')}`;
      })
      .join('\n');
  }

  markdown() {
    const { cores, node, runs, quick, load } = this.#facts;
    const tables = this.#tables().map(
      ([title, head, rows]) =>
        `## ${title}\n\n${[head, head.map((_, column) => (column < 2 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
    );
    return `# Benchmarks

\`npm run bench${quick ? ' -- --quick --write' : ''}\` wrote this file: ${runs === 1 ? 'one run' : `medians of ${runs} alternating runs`} on a machine with ${cores} cores that also ran the load, Node
${node}. Compare within a table; another machine has other numbers. Every part runs in a process of its own: the control plane
with the callers behind it, the tunnel, the server. *Added* is the latency with the tunnel less that of the same calls made
straight to the server; CPU is the tunnel process's own, without its children; *× bare* compares it with one bare undici request
and answer of the same size (for stdio: one line written and read). A burst counts until its last answer. A round trip is
${ROUND_TRIP} ms. The machine's load over the minute before was ${load[0].toFixed(1)}.

The control plane hands out commands *one by one*, each at once to a poll that waits and only what found none together, or *in
batches*: those that come in the same turn of its loop go out with one poll. The first is what a service does that passes calls on
as they come, the second one that gathers them. The reference client polls again only when its queue has room, so batches make it
look slower than it is with a service that passes calls on as they come.

${tables.join('\n')}`;
  }
}
