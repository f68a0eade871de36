import { backoffMs } from '../base/backoff.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import type { DiscoveryResult, OAuthDiscovery } from './discovery.ts';

const baseMs = 10_000;
const capMs = 600_000;

/**
 * Looks at a server's sign-in until it is known whether there is one: a server that is in trouble when the tunnel starts
 * would else be without it for good. Ends with `cancellation`.
 *
 * @param told - called after every look
 */
export async function lookUntilKnown(
  discovery: Pick<OAuthDiscovery, 'discover'>,
  clock: Clock,
  cancellation: Cancellation,
  told: (found: DiscoveryResult) => void,
): Promise<void> {
  const isOver = (): boolean => cancellation.reason !== undefined;
  for (let attempt = 1; ; attempt += 1) {
    const found = await discovery.discover(cancellation);
    if (isOver()) return;
    told(found);
    if (found.kind !== 'failed') return;
    await pause(
      clock,
      cancellation,
      backoffMs(attempt, () => clock.random(), baseMs, capMs),
    );
    if (isOver()) return;
  }
}

function pause(clock: Clock, cancellation: Cancellation, ms: number): Promise<void> {
  return new Promise((resolve) => {
    let unsubscribe = (): void => undefined;
    const stop = clock.after(ms, () => {
      unsubscribe();
      resolve();
    });
    unsubscribe = cancellation.onCancel(() => {
      stop();
      resolve();
    });
  });
}
