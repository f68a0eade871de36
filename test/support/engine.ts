import { createEngine } from '../../src-main/engine.ts';
import { createLog } from '../../src-main/observe/log.ts';
import { headlessLimits, TraceStore } from '../../src-main/observe/trace-store.ts';
import { createSecrets } from '../../src-main/secrets/resolver.ts';
import type { TunnelManager } from '../../src-main/tunnel/tunnel-manager.ts';

/** The engine as the command line composes it, without a keychain and without a log. */
export function testEngine(env: Readonly<Record<string, string | undefined>> = process.env): TunnelManager {
  const store = (): never => {
    throw new Error('no keychain here');
  };
  return createEngine({
    secrets: createSecrets({ env, store }),
    env,
    log: createLog('error', () => undefined),
    traces: new TraceStore(headlessLimits, () => undefined),
    children: { added: () => undefined, removed: () => undefined },
  });
}
