import type { Command } from '../call/command.ts';
import type { Clock } from '../base/clock.ts';

/** Overlapping polls are this far apart at most; callers use their ids again, so longer would hit others' calls. */
const rememberMs = 2_000;
/** A cancel is late rather than early when its call ended so recently. */
const endedMs = 10_000;
const most = 1_000;

/** The MCP session a command belongs to; ids are unique within one. */
function sessionOf(command: Command): string {
  return command.headers.find(([name]) => name.toLowerCase() === 'mcp-session-id')?.[1] ?? '';
}

function cancelledIdOf(cancel: Command): string {
  const span = cancel.message.cancelledId;
  return span ? cancel.bytes.toString('utf8', span.start, span.end) : '';
}

/** Whether a `notifications/cancelled` means this call: channel, session and id are the same. */
export const sameCall = (call: Command, cancel: Command): boolean =>
  call.kind === 'jsonrpc' &&
  call.message.kind === 'request' &&
  call.channel === cancel.channel &&
  call.rpcIdJson === cancelledIdOf(cancel) &&
  sessionOf(call) === sessionOf(cancel);

/** Cancels that overtook their calls: polls overlap, so their order is not certain. */
export class EarlyCancels {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, number>();
  readonly #ended = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A cancel that finds no call: it came too early, unless its call has just ended. */
  remember(cancel: Command): void {
    const now = this.#clock.now();
    const key = keyOf(cancel, cancelledIdOf(cancel));
    if ((this.#ended.get(key) ?? 0) > now) return;
    add(this.#waiting, key, now, rememberMs);
  }

  /** A call is over: a cancel that still comes meant it, and not the next one that uses its id. */
  ended(call: Command): void {
    if (call.kind !== 'jsonrpc' || call.message.kind !== 'request') return;
    add(this.#ended, keyOf(call, call.rpcIdJson ?? ''), this.#clock.now(), endedMs);
  }

  /** Whether this call was cancelled before it came. */
  takes(call: Command): boolean {
    if (this.#waiting.size === 0) return false;
    const key = keyOf(call, call.rpcIdJson ?? '');
    const until = this.#waiting.get(key);
    if (until === undefined) return false;
    this.#waiting.delete(key);
    return until > this.#clock.now();
  }
}

function add(times: Map<string, number>, key: string, now: number, forMs: number): void {
  times.delete(key);
  times.set(key, now + forMs);
  for (const [oldest, until] of times) {
    if (until > now && times.size <= most) break;
    times.delete(oldest);
  }
}

const keyOf = (command: Command, id: string): string => `${command.channel}\n${sessionOf(command)}\n${id}`;
