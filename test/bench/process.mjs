// Starting the parts of the bench, each in its own process, and reading what a process costs.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Started by this bench and not yet stopped. */
const running = new Set();

/** The next message that has a member of that name. */
const next = (child, name) =>
  new Promise((resolve, reject) => {
    const settle = (run, value) => {
      child.off('message', onMessage).off('exit', onExit);
      run(value);
    };
    const onMessage = (message) => {
      if (message.failed) settle(reject, new Error(message.failed));
      else if (name in message) settle(resolve, message[name]);
    };
    const onExit = () => settle(reject, new Error('a part of the bench ended'));
    child.on('message', onMessage).on('exit', onExit);
  });

/** A script of the bench, spoken to over IPC; resolves when it is up. */
export async function startPart(name, ...args) {
  const child = fork(here(name), args.map(String), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  const port = await next(child, 'port');
  return {
    port,
    ask(order) {
      const result = next(child, 'result');
      child.send(order);
      return result;
    },
    next: (member) => next(child, member),
    stop: () => stop(child),
  };
}

/** A program under test. `file` and `args` as for spawn; with `ipc` it can be asked for its event-loop delay. */
export function startProgram(file, args, { env, ipc = false } = {}) {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc'] : [])] });
  running.add(child);
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the tunnel ended with ${code}: ${output}`);
  });
  failed.catch(() => undefined);
  return {
    pid: child.pid,
    failed,
    stop: () => stop(child),
    resetLoopDelay: () => ipc && child.send('reset'),
    /** Over the last `ms`: event-loop delay at p99 and at most, the longest collection, and the share of time that all took, in percent. */
    async loopDelay(ms) {
      if (!ipc) return {};
      const read = next(child, 'loopDelay');
      child.send('read');
      const { p99, max, gc } = await read;
      return { loopDelay: p99, loopMax: max, gcMax: gc.longest, gcShare: (gc.total / ms) * 100 };
    },
  };
}

async function stop(child) {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await over;
  clearTimeout(timer);
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const ticks = 100;

/** CPU milliseconds so far, resident MiB now and at the peak, of one process without its children. */
export function costOf(pid) {
  if (process.platform === 'linux') {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const mib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
    return { cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks, rss: mib('VmRSS'), peak: mib('VmHWM') };
  }
  const [rss, time] = spawnSync('ps', ['-o', 'rss=,time=', '-p', String(pid)], { encoding: 'utf8' })
    .stdout.trim()
    .split(/\s+/);
  const seconds = time.split(':').reduce((total, part) => total * 60 + Number(part), 0);
  return { cpuMs: seconds * 1000, rss: Number(rss) / 1024, peak: Number(rss) / 1024 };
}
