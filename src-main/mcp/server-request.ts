import type { MessageSpans } from '../json/message.ts';
import { isWellFormed } from '../json/structure.ts';

/**
 * The JSON-RPC response to what a server asks its client. Culvert has no way to hand it to the caller: `ping` is answered
 * for it, everything else (`sampling/createMessage`, `elicitation/create`, `roots/list`) is refused, so that nothing in
 * the server waits for it (MCP 2025-11-25, "Ping"; JSON-RPC -32601).
 */
export function replyTo(request: Buffer, { ids, method }: MessageSpans): Buffer {
  const last = ids.at(-1);
  const id = last && isWellFormed(request) ? request.toString('utf8', last.start, last.end) : 'null';
  const rest =
    method === 'ping'
      ? '"result":{}'
      : '"error":{"code":-32601,"message":"Method not found: not available through a tunnel"}';
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},${rest}}`);
}
