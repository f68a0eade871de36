import {
  PROTOCOL_VERSION_META_KEY,
  type JSONRPCMessage,
  type McpServerFactory,
  type Transport,
} from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';

/** One era's share of the connection. */
class EraTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #wire: Transport;

  constructor(wire: Transport) {
    this.#wire = wire;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    return this.#wire.send(message);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const paramsOf = (message: JSONRPCMessage): Record<string, unknown> | undefined =>
  'params' in message ? message.params : undefined;

/** Requests of the 2026-07-28 era say so, each for itself. */
const isStateless = (message: JSONRPCMessage): boolean => {
  const meta = paramsOf(message)?.['_meta'];
  return typeof meta === 'object' && meta !== null && PROTOCOL_VERSION_META_KEY in meta;
};

/**
 * Serves both protocol eras on this process's stdin and stdout at once. The SDK's own `serveStdio` keeps to the era of the
 * first message, but behind a tunnel one child has callers of both. Resolves when stdin ends.
 */
export async function serveTwoErasOnStdio(factory: McpServerFactory): Promise<void> {
  const wire = new StdioServerTransport();
  const initialised = new EraTransport(wire);
  const stateless = new EraTransport(wire);
  const ended = new Promise<void>((resolve) => {
    wire.onclose = () => {
      initialised.onclose?.();
      stateless.onclose?.();
      resolve();
    };
  });
  wire.onmessage = (message) => {
    // A cancellation names its request and no era; whoever does not know the request takes no notice.
    const isCancelled = 'method' in message && message.method === 'notifications/cancelled';
    if (isCancelled || isStateless(message)) stateless.onmessage?.(message);
    if (isCancelled || !isStateless(message)) initialised.onmessage?.(message);
  };
  serveStdio(factory, { transport: initialised });
  serveStdio(factory, { transport: stateless });
  await wire.start();
  await ended;
}
