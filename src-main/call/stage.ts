import type { ChannelAnswer } from './channel.ts';
import type { Command } from './command.ts';

/** What a stage decides about a call. `undefined` passes it on as it is. */
export type StageDecision =
  /** Sends these bytes to the server instead: the same kind of message with the same id. */
  | { readonly kind: 'change'; readonly bytes: Buffer }
  /** Answers in place of the server: one JSON-RPC response with the caller's id (`responseTo`). */
  | { readonly kind: 'answer'; readonly body: Buffer }
  /** The caller gets a JSON-RPC error with this message; `code` is `refusedCode` when absent. */
  | { readonly kind: 'refuse'; readonly message: string; readonly code?: number; readonly data?: unknown };

/** JSON-RPC error code of a refusal, from the range that the specification leaves to implementations. */
export const refusedCode = -32_050;

/**
 * A stage of a channel's lane. It sees each call before the call takes a place in the queue or a slot, and notifications
 * and the answer before they are posted. A throw, a rejection or an invalid result denies the call: its caller learns
 * that it was refused, and nothing unchecked goes through.
 */
export interface Stage {
  readonly name: string;
  /** How many calls of one channel it may hold at a time; one more is refused. */
  readonly mostHeld: number;
  /** A promise holds the call. Its deadline and its caller's cancellation go on: `call.cancellation` tells of both. */
  receive?(call: Command): StageDecision | undefined | Promise<StageDecision | undefined>;
  /** A call that this stage held is over without the stage's decision. */
  abandon?(call: Command): void;
  /** A notification of the call. Returns what is posted, or `undefined` to drop it. In order; must not wait. */
  notify?(call: Command, notification: Buffer): Buffer | undefined;
  /** The server's answer. Returns what is posted, with the caller's id. In order; must not wait. */
  answer?(call: Command, answer: ChannelAnswer): ChannelAnswer;
}

/** A JSON-RPC response to a call, with its id byte for byte. `result` is the JSON of the result. */
export const responseTo = (call: Command, result: string): Buffer =>
  Buffer.from(`{"jsonrpc":"2.0","id":${call.rpcIdJson ?? 'null'},"result":${result}}`);
