import type { Channel } from '../call/channel.ts';
import type { Profile } from '../../shared/profile.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { CallEvents } from '../call/events.ts';
import type { LocalAnswer, LocalCallOptions } from './local-calls.ts';

export type NudgeReason = 'person' | 'wake' | 'network';

/** Several tunnels in one process. Keyed by profile id. */
export interface TunnelManager {
  /** Starts, or restarts with a changed profile without losing calls in flight. Rejects with `TunnelError` only for what can never work (bad configuration). */
  start(profile: Profile): Promise<void>;
  /** Drains: no new polls, calls in flight finish within their deadline and `graceMs`. A second call forces. */
  stop(id: string, graceMs?: number): Promise<void>;
  stopAll(graceMs?: number): Promise<void>;
  /** One immediate try of whatever waits. A `wake` first drops commands overdue by wall time and closes all sockets. */
  nudge(reason: NudgeReason, id?: string): void;
  /** How many there are, running or not. */
  readonly size: number;
  snapshots(): readonly TunnelSnapshot[];
  /** The channel that a tunnel's calls go through, while there is such a tunnel. */
  channel(id: string, name: string): Channel | undefined;
  /** Tells what was started under an id from what is started there later. */
  instance(id: string): object | undefined;
  /** What happens to the calls of all tunnels. */
  readonly events: CallEvents;
  /**
   * Calls a tunnel's server as a caller does: through the stages, queue and slots of its lane, and into the traces. `bytes`
   * is one JSON-RPC request or notification. Resolves when the call is over, whatever came of it; rejects with
   * `tunnel_not_running` or, when `bytes` are no such message, `bad_request`.
   */
  call(id: string, channel: string, bytes: Buffer, options: LocalCallOptions): Promise<LocalAnswer>;
  /** Called, coalesced, whenever a snapshot changes. Returns the way to unsubscribe. */
  onChange(listener: (snapshot: TunnelSnapshot) => void): () => void;
}
