import type { Command } from '../control-plane/command.ts';
import type { Clock } from './clock.ts';

/** Overlapping polls are this far apart at most; callers use their ids again, so longer would hit others' calls. */
const rememberMs = 2_000;
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
  call.message.kind === 'request' &&
  call.channel === cancel.channel &&
  call.rpcIdJson === cancelledIdOf(cancel) &&
  sessionOf(call) === sessionOf(cancel);

/** Cancels that overtook their calls: polls overlap, so their order is not certain. */
export class EarlyCancels {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember(cancel: Command): void {
    this.#waiting.set(keyOf(cancel, cancelledIdOf(cancel)), this.#clock.now() + rememberMs);
    for (const [key, until] of this.#waiting) {
      if (until > this.#clock.now() && this.#waiting.size <= most) break;
      this.#waiting.delete(key);
    }
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
