// Preloaded into the tunnel: tells how long its event loop was held up (a timer every 10 ms; what it is late is the delay), and
// for how long of that by collections of garbage.
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

const RESOLUTION = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
let gc = { total: 0, longest: 0 };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries())
    gc = { total: gc.total + duration, longest: Math.max(gc.longest, duration) };
}).observe({ entryTypes: ['gc'] });
process.on('message', (order) => {
  if (order === 'reset') {
    delay.reset();
    gc = { total: 0, longest: 0 };
  }
  if (order === 'read') {
    const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
    process.send({ loopDelay: { p99: late(delay.percentile(99)), max: late(delay.max), gc } });
  }
});
process.channel.unref();
