export { openTunnel } from './open-tunnel.ts';
export type {
  CallSummary,
  ConnectableServer,
  FetchHandler,
  LogEntry,
  MessageTransport,
  OpenTunnel,
  ServerOption,
  TunnelEvents,
  TunnelOptions,
  TunnelState,
  TunnelStateName,
} from './types.ts';
