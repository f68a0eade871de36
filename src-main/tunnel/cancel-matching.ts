import type { Command } from '../call/command.ts';
import type { Clock } from '../base/clock.ts';

/** Overlapping polls are this far apart at most; callers use their ids again, so longer would hit others' calls. */
const rememberMs = 2_000;
/** A cancel is late rather than early when its call ended so recently. */
const endedMs = 10_000;
const most = 1_000;
const sessionHeader = 'mcp-session-id';

/** The MCP session a command belongs to; ids are unique within one. */
function sessionOf({ headers }: Command): string {
  for (const [name, value] of headers)
    if (name.length === sessionHeader.length && name.toLowerCase() === sessionHeader) return value;
  return '';
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

/** Calls that ended last, in a ring: telling of one costs four writes, and they are looked through only when a cancel finds no call. */
class EndedCalls {
  readonly #channels: string[] = [];
  readonly #sessions: string[] = [];
  readonly #ids: (string | undefined)[] = [];
  readonly #times: number[] = [];
  #next = 0;

  add(call: Command, now: number): void {
    const at = this.#next;
    this.#next = (at + 1) % most;
    this.#channels[at] = call.channel;
    this.#sessions[at] = sessionOf(call);
    this.#ids[at] = call.record.rpcId;
    this.#times[at] = now;
  }

  has(cancel: Command, since: number): boolean {
    const [id, session] = [cancelledIdOf(cancel), sessionOf(cancel)];
    return this.#times.some(
      (time, at) =>
        time > since && this.#ids[at] === id && this.#channels[at] === cancel.channel && this.#sessions[at] === session,
    );
  }
}

/** Cancels that overtook their calls: polls overlap, so their order is not certain. */
export class EarlyCancels {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, number>();
  readonly #ended = new EndedCalls();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A cancel that finds no call: it came too early, unless its call has just ended. */
  remember(cancel: Command): void {
    const now = this.#clock.now();
    if (this.#ended.has(cancel, now - endedMs)) return;
    const key = keyOf(cancel, cancelledIdOf(cancel));
    this.#waiting.delete(key);
    this.#waiting.set(key, now + rememberMs);
    for (const [oldest, until] of this.#waiting) {
      if (until > now && this.#waiting.size <= most) break;
      this.#waiting.delete(oldest);
    }
  }

  /** A call is over: a cancel that still comes meant it, and not the next one that uses its id. */
  ended(call: Command): void {
    if (call.kind === 'jsonrpc' && call.message.kind === 'request') this.#ended.add(call, this.#clock.now());
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

const keyOf = (command: Command, id: string): string => `${command.channel}\n${sessionOf(command)}\n${id}`;
