import type { ServerInfo } from '../../../shared/tunnel.ts';
import { readMessage } from '../../json/message.ts';
import { asOneLine, rewrite } from '../../json/rewrite.ts';
import { type Multiplexed, toLine } from './multiplexer.ts';

const ownInitialized = Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
/** Larger answers are not parsed for the sake of a name. */
const largestAnswer = 256 * 1024;

/**
 * What callers of the 2025 era said to open their session: the last `initialize` that was answered, and the
 * `notifications/initialized` after it. A new child hears both again, so that callers need not notice that it is new.
 */
export class Handshake {
  #initialize: Multiplexed | undefined;
  #initialized: Buffer | undefined;
  #completed = false;
  /** The server's last result of an `initialize`. */
  #answer: Multiplexed | undefined;
  /** This child was sent an `initialize`; it answered one with a result; it heard `notifications/initialized`. */
  #sent = false;
  #open = false;
  #told = false;
  /** A child that was open already answered another `initialize` with an error. */
  #takesOne = false;

  /** A new child: it has heard nothing. */
  renew(): void {
    this.#sent = false;
    this.#open = false;
    this.#told = false;
  }

  /** Whether the child was sent an `initialize`: what comes after it may follow. */
  get wasSent(): boolean {
    return this.#sent;
  }

  /** Whether the child takes no other `initialize` than the one that it has answered. */
  get takesNoOther(): boolean {
    return this.#open && this.#takesOne;
  }

  get initialize(): Multiplexed | undefined {
    return this.#initialize;
  }

  /** The line that follows a repeated `initialize`. */
  get initializedLine(): Buffer | undefined {
    return this.#initialized;
  }

  /** An `initialize` of a caller was answered with a result. */
  remember({ bytes, message }: Multiplexed, answer: Buffer): void {
    // A copy: the bytes are a view into a poll's whole body.
    this.#initialize = { bytes: Buffer.from(bytes), message };
    this.#initialized = undefined;
    this.opened(answer);
  }

  /** The child answered an `initialize`, a caller's or the repeated one, with a result. */
  opened(answer: Buffer): void {
    this.#open = true;
    this.#answer = { bytes: answer, message: readMessage(answer) };
  }

  initializeSent(): void {
    this.#sent = true;
  }

  /**
   * What a caller gets whose `initialize` an open child refused, or would refuse: some servers take one in their life
   * (`duplicate "initialize" received`). It is the result that the session has, with the caller's id.
   */
  answerInstead({ bytes, message }: Multiplexed): Buffer | undefined {
    const id = message.ids.at(-1);
    if (!this.#open || this.#answer === undefined || id === undefined) return undefined;
    this.#takesOne = true;
    const own = bytes.subarray(id.start, id.end);
    return rewrite(
      this.#answer.bytes,
      this.#answer.message.ids.map((span) => ({ span, bytes: own })),
    );
  }

  /** For callers that leave it out: the line that follows their `initialize`, which is theirs from now on. */
  complete(): Buffer {
    this.#completed = true;
    this.#initialized = ownInitialized;
    return ownInitialized;
  }

  /** The child has heard this notification already, and hears it once. */
  wasCompletedFor({ message }: Multiplexed): boolean {
    return message.method === 'notifications/initialized' && (this.#completed || (this.#takesOne && this.#told));
  }

  /** An `initialize` that Culvert kept from before was answered with a result: it stands for its callers from now on. */
  adopt(kept: Multiplexed, answer: Buffer): Buffer {
    this.remember(kept, answer);
    this.#initialized = ownInitialized;
    this.#told = true;
    return ownInitialized;
  }

  /** A caller's notification went to the child. */
  sent({ bytes, message }: Multiplexed): void {
    if (message.method !== 'notifications/initialized') return;
    this.#told = true;
    if (this.#initialize === undefined || this.#completed) return;
    this.#initialized = toLine(asOneLine(bytes));
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Who the server says it is, from its answer to `initialize` or `server/discover`. Undefined for other methods. */
export function serverInfoFrom(method: string, answer: Buffer): ServerInfo | undefined {
  if ((method !== 'initialize' && method !== 'server/discover') || answer.length > largestAnswer) return undefined;
  let result: Record<string, unknown>;
  try {
    result = recordOf(recordOf(JSON.parse(answer.toString('utf8'))).result);
  } catch {
    return undefined;
  }
  const info = recordOf(result.serverInfo ?? recordOf(result._meta)['io.modelcontextprotocol/serverInfo']);
  const name = textOf(info.name);
  const version = textOf(info.version);
  const spoken = Array.isArray(result.supportedVersions) ? result.supportedVersions : [result.protocolVersion];
  return {
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
    protocolVersions: spoken
      .filter((one) => typeof one === 'string')
      .toSorted()
      .toReversed(),
  };
}
