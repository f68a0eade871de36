import type { TunnelError } from '../../../shared/errors.ts';
import type { ChannelAnswer, ChannelRequest } from '../../call/channel.ts';

export type Outcome = ChannelAnswer | TunnelError;

/** A message on its way: waiting to be written, or written and, if it is a request, in flight under `id`. */
export class Outgoing {
  readonly bytes: Buffer;
  readonly message: ChannelRequest['message'];
  readonly headers: ChannelRequest['headers'];
  /** Absent for the channel's own repeated `initialize`. */
  readonly onNotification: ((bytes: Buffer) => void) | undefined;
  readonly #settle: (outcome: Outcome) => void;
  id: number | undefined;
  cancelSent = false;
  /** From when on, in monotonic milliseconds, it need not wait to run alone. */
  aloneFrom: number | undefined;
  stopListening: (() => void) | undefined;

  constructor(
    { bytes, message, headers = [] }: Pick<ChannelRequest, 'bytes' | 'message'> & Partial<ChannelRequest>,
    settle: (outcome: Outcome) => void,
    onNotification?: (bytes: Buffer) => void,
  ) {
    this.bytes = bytes;
    this.message = message;
    this.headers = headers;
    this.#settle = settle;
    this.onNotification = onNotification;
  }

  get isRequest(): boolean {
    return this.message.kind === 'request';
  }

  /** Whether its caller calls it by this id, in these very bytes. */
  hasCallerId(id: Buffer): boolean {
    const last = this.message.ids.at(-1);
    return last !== undefined && this.bytes.subarray(last.start, last.end).equals(id);
  }

  settle(outcome: Outcome): void {
    this.stopListening?.();
    this.stopListening = undefined;
    this.#settle(outcome);
  }
}
