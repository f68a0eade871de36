export { createRelay } from '../relay/relay.ts';
export type { AddedTunnel, Relay, RelayEvent, RelayOptions, TunnelOptions } from '../relay/relay.ts';
