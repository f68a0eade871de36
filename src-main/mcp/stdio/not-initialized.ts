import type { ChannelAnswer } from '../../call/channel.ts';
import type { Multiplexed } from './multiplexer.ts';

const data = '{"origin":"tunnel-client","error_type":"mcp_initialization_required"}';

/**
 * The answer to a call of the 2025 era that comes before any `initialize`: the server would stay silent until the
 * deadline, or refuse. Its caller, which takes the session for open, learns that it has to begin anew (the reference
 * client's answer; docs/wire.md).
 */
export function notInitialized({ bytes, message }: Multiplexed): ChannelAnswer {
  const id = message.ids.at(-1);
  const callerId = id ? bytes.toString('utf8', id.start, id.end) : 'null';
  const error = `{"code":-32002,"message":"The MCP server has not been initialized: send initialize first","data":${data}}`;
  return {
    isOwn: true,
    status: 409,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from(`{"jsonrpc":"2.0","id":${callerId},"error":${error}}`),
    message: { isError: true, errorCode: -32_002 },
  };
}
