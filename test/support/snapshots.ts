import type { ChannelSnapshot, ChannelState, TunnelSnapshot, TunnelState } from '../../shared/tunnel.ts';

/** Snapshots for tests of what is said about a tunnel; `since` of everything is 1000 unless told. */
export function channelIn(state: ChannelState, name = 'main'): ChannelSnapshot {
  return { name, transport: 'stdio', target: 'node server.mjs', state, inFlight: 0 };
}

export function tunnelIn(state: TunnelState, rest: Partial<TunnelSnapshot> = {}): TunnelSnapshot {
  return {
    id: 'p1',
    name: 'CRM',
    tunnelId: `tunnel_${'a'.repeat(32)}`,
    controlPlane: 'https://api.openai.com',
    state,
    channels: [channelIn({ kind: 'ready', since: 1000 })],
    queue: { depth: 0, capacity: 20 },
    inFlight: 0,
    pollsOut: 1,
    counts: { commands: 0, answered: 0, errors: 0, dropped: 0, duplicates: 0 },
    ...rest,
  };
}
