import { asTunnelError } from '../base/as-tunnel-error.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Channel, ChannelAnswer } from '../call/channel.ts';
import type { Command } from '../call/command.ts';
import type { ResponseParts } from '../control-plane/envelope.ts';
import { unsupportedDiscovery } from '../control-plane/failure.ts';
import type { TunnelError } from '../../shared/errors.ts';

/** How a command that is no JSON-RPC message ended: `refused` says what is posted for one that can never work. */
export type SideOutcome = { readonly parts: ResponseParts; readonly refused?: true } | TunnelError;

/** Ends a session at its server with the command's own headers. */
export async function terminateSession(call: Command, channel: Channel): Promise<SideOutcome> {
  try {
    const { status, headers } = await channel.terminate(call.headers, call.cancellation);
    return { parts: { type: 'session_termination_response', status, headers } };
  } catch (error) {
    return asTunnelError(error);
  }
}

/** Answers an `oauth_discovery`. Only `main` has one, and only where it is reached over HTTP (`discover`). */
export async function discoverSignIn(
  call: Command,
  discover: ((cancellation: Cancellation) => Promise<ChannelAnswer>) | undefined,
): Promise<SideOutcome> {
  const type = 'oauth_discovery_response';
  if (call.channel !== 'main' || !discover)
    return { parts: { type, status: 400, headers: [], json: unsupportedDiscovery(call.channel) }, refused: true };
  try {
    const { status, headers, body } = await discover(call.cancellation);
    return { parts: { type, status, headers, json: body } };
  } catch (error) {
    return asTunnelError(error);
  }
}
