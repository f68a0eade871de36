import { channelNamePattern } from '../../shared/names.ts';

/** What the control plane may know of a channel: its name and how it may be routed, never where or what it is. */
export interface ChannelDeclaration {
  readonly name: string;
  readonly procAffinity: boolean;
  readonly stateless: boolean;
  /** Not declared while false. */
  readonly isRoutable?: boolean;
}

/**
 * `serverInfoHeader` of channels that stay the same but for being stateless, which a server's answers may tell later, or routable:
 * worked out once, not for every request.
 */
export function cachedServerInfo(channels: readonly ChannelDeclaration[]): () => string | undefined {
  let value: string | undefined;
  let made: readonly number[] | undefined;
  const kindOf = ({ stateless, isRoutable = true }: ChannelDeclaration): number =>
    (stateless ? 1 : 0) + (isRoutable ? 2 : 0);
  return () => {
    if (!made || channels.some((channel, index) => kindOf(channel) !== made?.[index])) {
      made = channels.map(kindOf);
      value = serverInfoHeader(channels.filter(({ isRoutable = true }) => isRoutable));
    }
    return value;
  };
}

const mostChannels = 32;
const mostBytes = 4096;

/**
 * The value of `X-Tunnel-MCP-Server-Info` (protocol.md, "MCP server information"): version 1 unless a channel is
 * stateless. Undefined, and the header is left out, when the declarations are more than it may hold, repeat a name or
 * hold one that is not canonical: the header only informs, a tunnel runs without it.
 */
export function serverInfoHeader(channels: readonly ChannelDeclaration[]): string | undefined {
  const names = new Set(channels.map((channel) => channel.name));
  if (channels.length > mostChannels || names.size !== channels.length) return undefined;
  for (const name of names) if (!channelNamePattern.test(name)) return undefined;
  const value = JSON.stringify({
    version: channels.some((channel) => channel.stateless) ? 2 : 1,
    channels: channels.map(({ name, stateless, procAffinity }) => ({
      name,
      ...(stateless && { stateless }),
      ...(procAffinity && { proc_affinity: true }),
    })),
  });
  return value.length <= mostBytes ? value : undefined;
}
