import type { TraceEvent } from '../../shared/trace.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { createEngine, type EngineOptions } from '../../src-main/engine.ts';
import { createLog } from '../../src-main/observe/log.ts';
import type { CallObserver } from '../../src-main/call/events.ts';
import type { TraceRecord } from '../../src-main/call/record.ts';
import type { TunnelManager } from '../../src-main/tunnel/tunnel-manager.ts';
import { cleanUp, literalSecrets, profileWith } from './network.ts';

export interface RunningTunnel {
  readonly engine: TunnelManager;
  /** Every call that is over, in the order in which they ended. */
  readonly traces: readonly TraceEvent[];
  /** The n-th (from 0) call that is over, now or when it is. */
  trace(n: number): Promise<TraceEvent>;
  /** The tunnel's snapshot, once it is one that `match` accepts. */
  snapshot(match: (snapshot: TunnelSnapshot) => boolean): Promise<TunnelSnapshot>;
}

/** A tunnel in this process, from its profile; stopped after the test. Rejects when the engine refuses the profile. */
export async function startTunnel(
  settings: Record<string, unknown>,
  options: Partial<EngineOptions> = {},
): Promise<RunningTunnel> {
  const traces: TraceRecord[] = [];
  const looking = new Set<() => void>();
  const sink: CallObserver = {
    ended: (record) => {
      traces.push(record);
      for (const look of looking) look();
    },
  };
  const engine = createEngine({
    secrets: literalSecrets,
    log: createLog('error', () => undefined),
    traces: sink,
    env: {},
    ...options,
  });
  cleanUp(() => engine.stopAll(0));
  await engine.start(profileWith(settings));
  return {
    engine,
    traces,
    trace: (n) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = traces[n];
          if (found === undefined) return;
          looking.delete(look);
          resolve(found);
        };
        looking.add(look);
        look();
      }),
    snapshot: (match) =>
      new Promise((resolve) => {
        const look = (): void => {
          const [snapshot] = engine.snapshots();
          if (snapshot === undefined || !match(snapshot)) return;
          unsubscribe();
          resolve(snapshot);
        };
        const unsubscribe = engine.onChange(look);
        look();
      }),
  };
}
