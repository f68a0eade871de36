import type { ServerInfo } from '../../../shared/tunnel.ts';
import { asOneLine } from '../../json/rewrite.ts';
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

  get initialize(): Multiplexed | undefined {
    return this.#initialize;
  }

  /** The line that follows a repeated `initialize`. */
  get initializedLine(): Buffer | undefined {
    return this.#initialized;
  }

  /** An `initialize` of a caller was answered with a result. */
  remember({ bytes, message }: Multiplexed): void {
    // A copy: the bytes are a view into a poll's whole body.
    this.#initialize = { bytes: Buffer.from(bytes), message };
    this.#initialized = undefined;
  }

  /** For callers that leave it out: the line that follows their `initialize`, which is theirs from now on. */
  complete(): Buffer {
    this.#completed = true;
    this.#initialized = ownInitialized;
    return ownInitialized;
  }

  /** The child has heard this notification already: `complete` said it. */
  wasCompletedFor({ message }: Multiplexed): boolean {
    return this.#completed && message.method === 'notifications/initialized';
  }

  /** A caller's notification went to the child. */
  sent({ bytes, message }: Multiplexed): void {
    if (message.method !== 'notifications/initialized' || this.#initialize === undefined || this.#completed) return;
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
