import type { Command } from '../call/command.ts';

/**
 * Commands that were polled and not dispatched yet, by channel in the order they came. More than the capacity is taken
 * when the control plane sends more than it was asked for: nothing polled is ever lost.
 */
export class CommandQueue {
  readonly capacity: number;
  readonly #share: number;
  readonly #waiting = new Map<string, Command[]>();
  #depth = 0;

  /** @param channels - how many channels are configured: with several, one fills at most half of the buffer */
  constructor(capacity: number, channels: number) {
    this.capacity = capacity;
    this.#share = channels > 1 ? Math.max(1, Math.floor(capacity / 2)) : capacity;
  }

  get depth(): number {
    return this.#depth;
  }

  /**
   * How many more commands to ask for. A channel whose server hangs counts for no more than its share, so that the others
   * are still polled for; the whole is bounded by twice the capacity.
   */
  get free(): number {
    let counted = 0;
    for (const commands of this.#waiting.values()) counted += Math.min(commands.length, this.#share);
    return Math.max(0, Math.min(this.capacity - counted, 2 * this.capacity - this.#depth));
  }

  push(command: Command): void {
    const commands = this.#waiting.get(command.channel);
    if (commands) commands.push(command);
    else this.#waiting.set(command.channel, [command]);
    this.#depth++;
  }

  /** The oldest command of a channel. */
  shift(channel: string): Command | undefined {
    const command = this.#waiting.get(channel)?.shift();
    if (command) this.#depth--;
    return command;
  }

  /** Takes a command out wherever it waits; false when it does not. */
  remove(command: Command): boolean {
    const commands = this.#waiting.get(command.channel);
    const place = commands?.indexOf(command) ?? -1;
    if (place < 0) return false;
    commands?.splice(place, 1);
    this.#depth--;
    return true;
  }

  *[Symbol.iterator](): Generator<Command> {
    for (const commands of this.#waiting.values()) yield* commands;
  }
}
