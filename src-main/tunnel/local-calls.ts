import { randomUUID } from 'node:crypto';
import { TunnelError } from '../../shared/errors.ts';
import type { CallOrigin, HeaderList } from '../../shared/trace.ts';
import type { Clock } from '../base/clock.ts';
import { Command } from '../call/command.ts';
import type { TraceRecord } from '../call/record.ts';
import { readMessage } from '../json/message.ts';
import { isWellFormed } from '../json/structure.ts';

export interface LocalCallOptions {
  /** Where the call comes from; traces show it. */
  readonly origin: Exclude<CallOrigin, 'caller'>;
  /** The call's limit in milliseconds; the profile's connection lifetime when absent. */
  readonly timeoutMs?: number;
  /** Goes to the server as a caller's headers do: `Mcp-Session-Id`, `Mcp-Protocol-Version`, `Authorization` … */
  readonly headers?: HeaderList;
  /** The server's notifications that belong to the call, as they come. */
  readonly onNotification?: (bytes: Buffer) => void;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

export interface LocalAnswer {
  /** How it ended, with its trace id, times and error. */
  readonly record: Readonly<TraceRecord>;
  /** The JSON-RPC response, the server's or the one that stands in for it; absent after a deadline or a cancellation, and for notifications. */
  readonly body: Buffer | undefined;
  /** The server's headers. */
  readonly headers: HeaderList;
}

interface Waiting {
  readonly options: LocalCallOptions;
  readonly resolve: (answer: LocalAnswer) => void;
  readonly stopListening: () => void;
}

/** Calls of this process's own pages: they take the path of any call, and their answers come back here. */
export class LocalCalls {
  readonly #waiting = new Map<Command, Waiting>();

  /**
   * Makes a call of one JSON-RPC message and starts it. Rejects with `bad_request` when the bytes are not a request or a
   * notification; otherwise it resolves when the call is over, however it ended.
   */
  start(
    channel: string,
    bytes: Buffer,
    options: LocalCallOptions,
    clock: Clock,
    accept: (call: Command) => void,
  ): Promise<LocalAnswer> {
    const message = readMessage(bytes);
    if ((message.kind !== 'request' && message.kind !== 'notification') || !isWellFormed(bytes))
      return Promise.reject(new TunnelError('bad_request', 'local', { problem: 'not a JSON-RPC request' }));
    const requestId = `local-${randomUUID()}`;
    const { origin, timeoutMs, headers = [], signal } = options;
    const call = new Command(
      {
        kind: 'jsonrpc',
        requestId,
        requestIdJson: JSON.stringify(requestId),
        shardToken: '',
        channel,
        headers,
        timeoutMs,
        bytes,
        message,
        origin,
      },
      { now: clock.now(), wall: clock.wall() },
    );
    return new Promise((resolve) => {
      const cancel = (): void => call.cancellation.cancel('cancelled');
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.set(call, {
        options,
        resolve,
        stopListening: () => signal?.removeEventListener('abort', cancel),
      });
      accept(call);
      if (signal?.aborted === true) cancel();
    });
  }

  notify(call: Command, bytes: Buffer): void {
    this.#waiting.get(call)?.options.onNotification?.(bytes);
  }

  ended(call: Command, body: Buffer | undefined, headers: HeaderList = []): void {
    const waiting = this.#waiting.get(call);
    if (!waiting) return;
    this.#waiting.delete(call);
    waiting.stopListening();
    waiting.resolve({ record: { ...call.record }, body, headers });
  }
}
