import { ApiError } from './api-error.ts';
import type { Answer } from './answer.ts';
import { newCommand, type Command, type CommandOptions } from './command.ts';

/** A tunnel's public record, in the wire's own names (management API). */
export interface TunnelRecord {
  readonly id: string;
  name: string;
  description: string;
  creator: string;
  tenant_ids: readonly string[];
  workspace_ids: readonly string[];
  organization_ids: readonly string[];
}

export interface TunnelLimits {
  /** Longest a caller waits for its answer: becomes each command's `response_timeout`. */
  readonly responseTimeoutMs: number;
  /** Commands that wait for a poll; one more is `tunnel_queue_full`. */
  readonly maxQueued: number;
  /** Polls that wait for a command; one more is `rate_limit_exceeded`. */
  readonly maxPolls: number;
  /** How long after its last sign of life a client counts as connected. */
  readonly graceMs: number;
}

export interface TunnelStats {
  readonly pollsWaiting: number;
  readonly queued: number;
  readonly inFlight: number;
  /** Commands handed to a poll, answers and notifications taken, callers who got nothing in time or left, answers nobody waited for. */
  delivered: number;
  answered: number;
  notified: number;
  expired: number;
  abandoned: number;
  late: number;
}

interface WaitingPoll {
  readonly limit: number;
  readonly channels: ReadonlySet<string> | undefined;
  readonly deliver: (commands: readonly Command[]) => void;
  timer?: NodeJS.Timeout;
}

/** A client whose poll broke off gets this long to come back before calls are refused. */
const abortGraceMs = 1_000;

/** One tunnel: callers put commands in, polls take them out, answers find their caller. */
export class RelayTunnel {
  readonly record: TunnelRecord;
  /** The organization a client must name in `OpenAI-Organization`. */
  readonly organization: string | undefined;
  readonly #limits: TunnelLimits;
  readonly #onPresence: (connected: boolean) => void;
  readonly #counts = { delivered: 0, answered: 0, notified: 0, expired: 0, abandoned: 0, late: 0 };
  readonly #polls = new Set<WaitingPoll>();
  readonly #inFlight = new Map<string, Command>();
  #queue: Command[] = [];
  #aliveUntil = Number.NEGATIVE_INFINITY;
  #brokeOff = true;
  #present = false;
  #presenceTimer: NodeJS.Timeout | undefined;

  constructor(
    record: TunnelRecord,
    limits: TunnelLimits,
    organization: string | undefined,
    onPresence: (connected: boolean) => void,
  ) {
    this.record = record;
    this.organization = organization;
    this.#limits = limits;
    this.#onPresence = onPresence;
  }

  get stats(): TunnelStats {
    return {
      pollsWaiting: this.#polls.size,
      queued: this.#queue.length,
      inFlight: this.#inFlight.size,
      ...this.#counts,
    };
  }

  /** Whether some tunnel client drains this tunnel, as far as its polls and posts tell. */
  get connected(): boolean {
    return this.#polls.size > 0 || performance.now() < this.#aliveUntil || (this.#inFlight.size > 0 && !this.#brokeOff);
  }

  /** Hands a call to a waiting poll or queues it; throws `tunnel_client_not_connected` or `tunnel_queue_full`. */
  enqueue(options: CommandOptions): Command {
    if (!this.connected) throw notConnected();
    const poll = this.#pollFor(options.channel);
    if (!poll && this.#queue.length >= this.#limits.maxQueued)
      throw new ApiError(429, 'tunnel_queue_full', 'Too many calls wait for the tunnel client.', {
        headers: { 'Retry-After': '1' },
      });
    const timeoutMs = Math.min(options.timeoutMs ?? Infinity, this.#limits.responseTimeoutMs);
    const command = newCommand(options, timeoutMs);
    command.timer = setTimeout(() => this.#expire(command), timeoutMs);
    if (poll) {
      this.#polls.delete(poll);
      this.#hand(poll, [command]);
    } else {
      this.#queue.push(command);
    }
    return command;
  }

  /**
   * A poll: `deliver` is called once, at once or later, with what there is, or with nothing after `timeoutMs`. Returns
   * the way to call it off when the client went away. Throws `rate_limit_exceeded`.
   */
  poll(
    limit: number,
    channels: ReadonlySet<string> | undefined,
    timeoutMs: number,
    deliver: (commands: readonly Command[]) => void,
  ): () => void {
    this.#seen();
    const taken = this.#take(limit, channels);
    const poll: WaitingPoll = { limit, channels, deliver };
    if (taken.length > 0) {
      this.#hand(poll, taken);
      return () => undefined;
    }
    if (this.#polls.size >= this.#limits.maxPolls)
      throw new ApiError(429, 'rate_limit_exceeded', 'Too many polls wait on this tunnel.', {
        headers: { 'Retry-After': '1' },
      });
    poll.timer = setTimeout(() => this.#hand(poll, []), timeoutMs);
    this.#polls.add(poll);
    return () => {
      clearTimeout(poll.timer);
      if (!this.#polls.delete(poll)) return;
      this.#brokeOff = true;
      this.#aliveUntil = performance.now() + abortGraceMs;
      this.#watchPresence();
    };
  }

  /** Whether a command with this id was handed out and still waits for its answer. */
  holds(requestId: string): boolean {
    return this.#inFlight.has(requestId);
  }

  /** Takes a posted answer. Throws 404 when nobody waits for it, 400 when it comes with another command's shard token. */
  answer(answer: Answer, shardToken: string): void {
    this.#seen();
    const command = this.#inFlight.get(answer.requestId);
    if (!command) {
      this.#counts.late++;
      throw new ApiError(404, 'pending_request_not_found', 'This request was answered, has expired or never was.');
    }
    if (command.shardToken !== shardToken)
      throw new ApiError(400, null, 'X-Tunnel-Shard-Token is not the one that came with the command.', {
        param: 'X-Tunnel-Shard-Token',
      });
    if (answer.type === 'jsonrpc_notify') {
      this.#counts.notified++;
      command.waiting.notify(answer);
      return;
    }
    this.#counts.answered++;
    this.#drop(command);
    command.waiting.finish(answer);
  }

  /** Nothing can be made of what was posted for a command: it is over, and its caller is told. */
  spoil(requestId: string, shardToken: string): void {
    const command = this.#inFlight.get(requestId);
    if (command?.shardToken !== shardToken) return;
    this.#drop(command);
    command.waiting.fail(new ApiError(502, 'invalid_json_payload', 'The MCP server’s answer cannot be passed on.'));
  }

  /**
   * A caller cancels one of its calls, named by its JSON-RPC id as bytes: it gets no answer any more. Does nothing when it is
   * not clear which call is meant, since callers use the same ids.
   */
  cancel(channel: string, rpcId: string, session: string | undefined): void {
    const meant = [...this.#queue, ...this.#inFlight.values()].filter(
      (command) => command.channel === channel && command.rpcId === rpcId && command.session === session,
    );
    const [command] = meant;
    if (!command || meant.length > 1) return;
    this.#drop(command);
    this.#counts.abandoned++;
    command.waiting.cancelled();
  }

  /** The caller went away: an answer that still comes gets 404. True when a client already had the command. */
  abandon(command: Command): boolean {
    const delivered = this.#inFlight.has(command.requestId);
    if (this.#drop(command)) this.#counts.abandoned++;
    return delivered;
  }

  /** Whether a command of this channel with this JSON-RPC id (as bytes) is in flight. */
  holdsRpcId(channel: string, rpcId: string): boolean {
    for (const command of this.#inFlight.values())
      if (command.channel === channel && command.rpcId === rpcId) return true;
    return false;
  }

  /** The tunnel is gone: everybody who waits on it is told. */
  close(error: ApiError): void {
    this.#refuse([...this.#queue, ...this.#inFlight.values()], error);
    for (const poll of [...this.#polls]) this.#hand(poll, []);
    clearTimeout(this.#presenceTimer);
  }

  #hand(poll: WaitingPoll, commands: readonly Command[]): void {
    clearTimeout(poll.timer);
    this.#polls.delete(poll);
    for (const command of commands) this.#inFlight.set(command.requestId, command);
    this.#counts.delivered += commands.length;
    this.#seen();
    poll.deliver(commands);
  }

  #pollFor(channel: string): WaitingPoll | undefined {
    for (const poll of this.#polls) if (!poll.channels || poll.channels.has(channel)) return poll;
    return undefined;
  }

  #take(limit: number, channels: ReadonlySet<string> | undefined): Command[] {
    if (this.#queue.length === 0) return [];
    if (!channels) return this.#queue.splice(0, limit);
    const taken: Command[] = [];
    this.#queue = this.#queue.filter((command) => {
      const take = taken.length < limit && channels.has(command.channel);
      if (take) taken.push(command);
      return !take;
    });
    return taken;
  }

  #drop(command: Command): boolean {
    clearTimeout(command.timer);
    if (this.#inFlight.delete(command.requestId)) return true;
    const index = this.#queue.indexOf(command);
    if (index >= 0) this.#queue.splice(index, 1);
    return index >= 0;
  }

  #expire(command: Command): void {
    if (!this.#drop(command)) return;
    this.#counts.expired++;
    command.waiting.fail(new ApiError(504, null, 'The tunnel client did not answer in time.'));
  }

  #seen(): void {
    this.#brokeOff = false;
    this.#aliveUntil = performance.now() + this.#limits.graceMs;
    if (!this.#presenceTimer) this.#watchPresence();
  }

  /** Tells of a client that came or went; calls that wait for one that went are refused rather than left to expire. */
  #watchPresence(): void {
    clearTimeout(this.#presenceTimer);
    this.#presenceTimer = undefined;
    const { connected } = this;
    if (connected !== this.#present) {
      this.#present = connected;
      this.#onPresence(connected);
      if (!connected) this.#refuse(this.#queue, notConnected());
    }
    // While a poll waits there is nothing to watch for: its end looks again.
    if (!connected || this.#polls.size > 0) return;
    const wait = Math.max(this.#aliveUntil - performance.now(), abortGraceMs) + 1;
    this.#presenceTimer = setTimeout(() => this.#watchPresence(), wait);
    this.#presenceTimer.unref();
  }

  #refuse(commands: Iterable<Command>, error: ApiError): void {
    for (const command of [...commands]) {
      this.#drop(command);
      command.waiting.fail(error);
    }
  }
}

const notConnected = (): ApiError =>
  new ApiError(
    503,
    'tunnel_client_not_connected',
    'No tunnel client is connected to this tunnel. Start one and try again.',
    { headers: { 'Retry-After': '1' } },
  );
