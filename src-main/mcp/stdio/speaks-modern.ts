import type { Channel } from '../../call/channel.ts';
import { Cancellation } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';
import { version } from '../../base/version.ts';
import { readMessage } from '../../json/message.ts';

/** How long a server may take to say which versions it speaks, in milliseconds. */
const askMs = 10_000;

/**
 * Whether a server that has heard nothing yet speaks the newer era: it answers `server/discover` (MCP 2026-07-28) with a
 * result. Nothing is done by asking. Never rejects; a server that does not answer in time does not speak it.
 */
export async function speaksModern(channel: Channel, clock: Clock): Promise<boolean> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'culvert', version },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const request = { jsonrpc: '2.0', id: 'culvert-era', method: 'server/discover', params: { _meta: meta } };
  const bytes = Buffer.from(JSON.stringify(request));
  const cancellation = new Cancellation();
  const stop = clock.after(askMs, () => cancellation.cancel('deadline'));
  try {
    const message = readMessage(bytes);
    const answer = await channel.send({ bytes, message, headers: [], cancellation, onNotification: () => undefined });
    return answer.message?.isError === false;
  } catch {
    return false;
  } finally {
    stop();
  }
}
