// Preloaded into the tunnel: tells how long its event loop was held up. A timer every 10 ms; what it is late is the delay.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
process.on('message', (order) => {
  if (order === 'reset') delay.reset();
  if (order === 'read') {
    const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
    process.send({ loopDelay: { p99: late(delay.percentile(99)), max: late(delay.max) } });
  }
});
process.channel.unref();
