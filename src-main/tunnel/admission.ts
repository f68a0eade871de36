import type { Clock } from '../base/clock.ts';
import type { InFlight } from '../base/in-flight.ts';
import type { Command } from '../call/command.ts';
import { EarlyCancels, sameCall } from './cancel-matching.ts';
import { RecentRequests } from './recent-requests.ts';

/** Lets each call in once, and applies its caller's cancellation, whichever of the two comes first. */
export class Admission {
  readonly #inFlight: InFlight<Command>;
  readonly #recent: RecentRequests;
  readonly #early: EarlyCancels;

  /** @param inFlight - the calls that are not over; whoever admits one adds it */
  constructor(inFlight: InFlight<Command>, clock: Clock) {
    this.#inFlight = inFlight;
    this.#recent = new RecentRequests(() => inFlight.all().map(({ requestId }) => requestId));
    this.#early = new EarlyCancels(clock);
  }

  /** False for a command that was delivered before. */
  admit({ requestId, receipt }: Command): boolean {
    return this.#recent.admit(requestId, receipt.now);
  }

  /**
   * Before a call goes to its lane. A `notifications/cancelled` cancels the call it names, wherever that is, and goes on to
   * the server itself: up to 2025-11-25 a server does not take a closed stream for a cancellation. False for a call that
   * was cancelled before it came.
   */
  passes(call: Command): boolean {
    const { kind, cancelledId } = call.message;
    if (kind === 'notification' && cancelledId) this.#cancel(call);
    return kind !== 'request' || !this.#early.takes(call);
  }

  ended(call: Command): void {
    this.#early.ended(call);
  }

  #cancel(cancel: Command): void {
    const meant = this.#inFlight.all().filter((other) => sameCall(other, cancel));
    const [call] = meant;
    if (call === undefined) this.#early.remember(cancel);
    // with two calls of that id it is not clear which is meant: cancelling the wrong one is worse than none
    else if (meant.length === 1) call.cancellation.cancel('cancelled');
  }
}
