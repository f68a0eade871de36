import { net, powerMonitor } from 'electron';
import type { NudgeReason } from '../tunnel/tunnel-manager.ts';

/** How often the network is looked at: Electron has no event for it in the main process, and asking costs nothing. */
const lookEveryMs = 5_000;

/** Tells the engine that the machine woke up or that the network came back: one immediate try each. */
export function watchPower(nudge: (reason: NudgeReason) => void): () => void {
  const wake = () => nudge('wake');
  powerMonitor.on('resume', wake);
  let online = net.isOnline();
  const timer = setInterval(() => {
    const now = net.isOnline();
    if (now && !online) nudge('network');
    online = now;
  }, lookEveryMs);
  timer.unref();
  return () => {
    powerMonitor.off('resume', wake);
    clearInterval(timer);
  };
}
