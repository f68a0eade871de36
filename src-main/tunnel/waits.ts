import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { Command } from '../call/command.ts';

/** A server may take this long, or half its caller's time, before its silence is worth a word. */
const longWaitMs = 30_000;

/** How long callers have been waiting for their servers. A call that a stage holds does not wait for its server. */
export function waitsOf(calls: Iterable<Command>): Pick<TunnelSnapshot, 'oldestCallAt' | 'quietCall'> {
  let oldestCallAt = Infinity;
  let quietCall: TunnelSnapshot['quietCall'];
  for (const call of calls) {
    if (call.message.kind !== 'request' || call.isAnswering || call.hold !== undefined) continue;
    const { receipt, deadlineAt, channel, heardAt: since } = call;
    oldestCallAt = Math.min(oldestCallAt, call.waitsSince);
    const limit = deadlineAt === undefined ? Infinity : deadlineAt - receipt.now;
    const longAt = since + Math.min(longWaitMs, limit / 2);
    if (quietCall === undefined || longAt < quietCall.longAt) quietCall = { channel, since, longAt };
  }
  return quietCall === undefined ? {} : { oldestCallAt, quietCall };
}
