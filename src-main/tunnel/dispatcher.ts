import { TunnelError } from '../../shared/errors.ts';
import type { TraceStatus } from '../../shared/trace.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { Command } from '../call/command.ts';
import type { PollBody } from '../control-plane/commands.ts';
import type { ResponseParts } from '../control-plane/envelope.ts';
import { batchRefusal, describeFailure, failureMessage, unsupportedDiscovery } from '../control-plane/failure.ts';
import { AnswerError, type Channel, type ChannelAnswer } from '../call/channel.ts';
import { InFlight } from '../base/in-flight.ts';
import type { Log } from '../observe/log.ts';
import type { TraceSink } from '../call/trace-sink.ts';
import { readMessage } from '../json/message.ts';
import type { CancelReason, Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { EarlyCancels, sameCall } from './cancel-matching.ts';
import type { CommandQueue } from './queue.ts';
import { RecentRequests } from './recent-requests.ts';
import type { Delivery, Responder } from './responder.ts';
import { ServerAnswers } from './server-answers.ts';

export interface Counts {
  commands: number;
  answered: number;
  errors: number;
  dropped: number;
  duplicates: number;
}

export interface DispatcherOptions {
  readonly tunnel: string;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly queue: CommandQueue;
  readonly responder: Responder;
  readonly clock: Clock;
  readonly traces: TraceSink;
  readonly log: Log;
  /** Calls at a time on each channel: not on all together, so that one server that hangs does not starve the others. */
  readonly maxConcurrent: number;
  /** A call's limit when its caller set none, in milliseconds. */
  readonly ownLimitMs: number;
  /** Answers an `oauth_discovery`; absent where `main` is not reached over HTTP. */
  readonly discover: ((cancellation: Cancellation) => Promise<ChannelAnswer>) | undefined;
  /** Something that a snapshot shows has changed. */
  readonly changed: () => void;
  /** The queue has room again. */
  readonly roomy: () => void;
  /** Commands came: answers to them will be posted soon. */
  readonly expecting: (answers: number) => void;
}

/** A server may take this long, or half its caller's time, before its silence is worth a word. */
const longWaitMs = 30_000;
/** A stream of notifications changes what is shown this often. */
const heardEveryMs = 1_000;

const jsonHeaders: ChannelAnswer['headers'] = [['Content-Type', 'application/json']];

/** Takes polled commands to their channels and the answers to the responder. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #running = new Map<string, number>();
  readonly #inFlight = new InFlight<Command>();
  readonly #recent = new RecentRequests(() => this.#inFlight.all().map(({ requestId }) => requestId));
  readonly #early: EarlyCancels;
  readonly answers = new ServerAnswers();
  readonly counts: Counts = { commands: 0, answered: 0, errors: 0, dropped: 0, duplicates: 0 };
  lastCommandAt: number | undefined;
  lastAnswerAt: number | undefined;
  #whenIdle: (() => void)[] = [];
  /** This process ends: what still comes is answered so. */
  #closing = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#early = new EarlyCancels(options.clock);
  }

  /** Commands that are queued, with their servers or on the way back. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** How long callers have been waiting for their servers: what a snapshot says of it. */
  waits(): Pick<TunnelSnapshot, 'oldestCallAt' | 'quietCall'> {
    let oldestCallAt = Infinity;
    let quietCall: TunnelSnapshot['quietCall'];
    for (const command of this.#inFlight) {
      if (command.message.kind !== 'request' || command.isAnswering) continue;
      const { receipt, deadlineAt, channel, heardAt: since } = command;
      oldestCallAt = Math.min(oldestCallAt, receipt.wall);
      const limit = deadlineAt === undefined ? Infinity : deadlineAt - receipt.now;
      const longAt = since + Math.min(longWaitMs, limit / 2);
      if (quietCall === undefined || longAt < quietCall.longAt) quietCall = { channel, since, longAt };
    }
    return quietCall === undefined ? {} : { oldestCallAt, quietCall };
  }

  /** Everything that one poll brought. */
  accept({ commands, skipped }: PollBody): void {
    const { log, tunnel } = this.#options;
    for (const { reason, detail, requestId } of skipped) {
      this.counts.dropped++;
      const text =
        reason === 'malformed'
          ? 'A command is malformed and was passed over.'
          : 'A command is of a type that is not known here.';
      log.warn(text, { detail, request: requestId }, { tunnel });
    }
    if (commands.length > 0) this.#options.expecting(Math.min(commands.length, this.#options.maxConcurrent));
    for (const command of commands) this.#accept(command);
    if (commands.length > 0) this.#options.changed();
  }

  /** Cancels what is queued or in flight. */
  cancelAll(reason: CancelReason, which: (command: Command) => boolean = () => true): void {
    for (const command of this.#inFlight.all()) if (which(command)) command.cancellation.cancel(reason);
  }

  /** Answers what is still in flight with `client_internal`: this process ends. */
  failAll(): void {
    this.#closing = true;
    for (const command of this.#inFlight.all()) {
      this.#options.queue.remove(command);
      this.#fail(command, new TunnelError('shutting_down', 'local'));
    }
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    if (this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #accept(command: Command): void {
    const { clock, log, tunnel, channels } = this.#options;
    if (!this.#recent.admit(command.requestId, command.receipt.now)) {
      this.counts.duplicates++;
      log.debug('A command came twice; it is answered once.', { request: command.requestId }, { tunnel });
      return;
    }
    this.counts.commands++;
    this.lastCommandAt = command.receipt.wall;
    this.#inFlight.add(command);
    this.#trace(command);
    const now = clock.now();
    if (command.deadlineAt !== undefined && command.deadlineAt <= now) return this.#end(command, 'expired');
    this.#limit(command, now);
    if (this.#closing) return this.#fail(command, new TunnelError('shutting_down', 'local'));
    const channel = channels.get(command.channel);
    if (command.kind === 'oauth_discovery') return void this.#discover(command);
    if (!channel)
      return this.#fail(command, new TunnelError('unsupported_channel', 'local', { channel: command.channel }));
    if (command.kind === 'session_termination') return void this.#terminate(command, channel);
    if (command.message.kind === 'batch') {
      return this.#answer(
        command,
        { type: 'jsonrpc_response', status: 400, headers: jsonHeaders, json: batchRefusal },
        'failed',
      );
    }
    if (command.message.kind === 'notification' && command.message.cancelledId) this.#cancelCall(command);
    if (command.message.kind === 'request' && this.#early.takes(command))
      return command.cancellation.cancel('cancelled');
    this.#options.queue.push(command);
    this.#pump(command.channel, channel);
  }

  #trace(command: Command): void {
    const { message, receipt } = command;
    const { rpcIdJson } = command;
    command.trace = this.#options.traces.open(
      {
        tunnel: this.#options.tunnel,
        channel: command.channel,
        requestId: command.requestId,
        kind: command.kind !== 'jsonrpc' ? command.kind : message.kind === 'notification' ? 'notification' : 'request',
        method: command.kind === 'jsonrpc' ? message.method : command.kind,
        receivedAt: receipt.wall,
        status: 'queued',
        attempts: [],
        notifications: 0,
        target: message.target,
        rpcId: rpcIdJson,
      },
      command.kind === 'jsonrpc' ? command.bytes : undefined,
      command.headers,
    );
  }

  /** The caller's deadline, or our own limit; past it nothing is posted. */
  #limit(command: Command, now: number): void {
    const { clock, ownLimitMs } = this.#options;
    const { deadlineAt } = command;
    const own = deadlineAt === undefined;
    const ms = own ? ownLimitMs : deadlineAt - now;
    if (command.trace) {
      command.trace.deadlineMs = Math.round(ms + now - command.receipt.now);
      if (own) command.trace.deadlineOwn = true;
    }
    command.stopLimit = clock.after(ms, () => {
      // with its server since it was dispatched, and still without an answer
      if (command.message.kind === 'request' && command.notifications && !command.isAnswering)
        this.#unanswered(command, new TunnelError('timed_out', 'mcp-server', { seconds: Math.round(ms / 100) / 10 }));
      command.cancellation.cancel(own ? 'lifetime' : 'deadline');
    });
    command.cancellation.onCancel((reason) => {
      this.#options.queue.remove(command);
      this.#end(command, reason === 'deadline' || reason === 'lifetime' ? 'expired' : 'cancelled');
    });
  }

  /**
   * A caller's `notifications/cancelled`: the call it means is cancelled, wherever it is. The notification itself goes on to
   * the server, which up to 2025-11-25 does not take a closed stream for a cancellation; a stdio channel passes it on once.
   */
  #cancelCall(cancel: Command): void {
    const meant = this.#inFlight.all().filter((other) => sameCall(other, cancel));
    const [call] = meant;
    if (call === undefined) this.#early.remember(cancel);
    // with two calls of that id it is not clear which is meant: cancelling the wrong one is worse than none
    else if (meant.length === 1) call.cancellation.cancel('cancelled');
  }

  #pump(name: string, channel: Channel): void {
    const { queue, maxConcurrent, clock } = this.#options;
    let running = this.#running.get(name) ?? 0;
    let taken = false;
    while (running < maxConcurrent) {
      const command = queue.shift(name);
      if (!command) break;
      taken = true;
      running++;
      this.#running.set(name, running);
      if (command.trace) {
        command.trace.status = 'running';
        command.trace.dispatchedMs = clock.now() - command.receipt.now;
        this.#options.traces.update(command.trace);
      }
      command.notifications = this;
      channel.send(command).then(
        (answer) => this.#served(command, channel, answer),
        (error: unknown) => this.#served(command, channel, toTunnelError(error)),
      );
    }
    if (taken) this.#options.roomy();
  }

  /** A notification of a call that runs; called by the command itself. */
  take(
    command: Command,
    bytes: Buffer,
    head?: { readonly status: number; readonly headers: ChannelAnswer['headers'] },
  ): void {
    if (!this.#inFlight.has(command) || command.isAnswering) return;
    const now = this.#options.clock.wall();
    if (now - command.heardAt >= heardEveryMs) {
      command.heardAt = now;
      this.#options.changed();
    }
    this.#options.responder.notify(command, {
      type: 'jsonrpc_notify',
      status: head?.status ?? 200,
      headers: head?.headers ?? jsonHeaders,
      json: bytes,
    });
  }

  #served(command: Command, channel: Channel, outcome: ChannelAnswer | TunnelError): void {
    this.#running.set(channel.name, (this.#running.get(channel.name) ?? 1) - 1);
    if (command.trace) command.trace.answeredMs = this.#options.clock.now() - command.receipt.now;
    if (!this.#inFlight.has(command)) {
      // cancelled, expired or answered for us while it ran
      if (command.trace) this.#options.traces.update(command.trace);
    } else if (outcome instanceof TunnelError) {
      if (command.message.kind === 'request') this.#unanswered(command, outcome);
      this.#fail(command, outcome);
    } else if (outcome.body === undefined || command.message.kind === 'notification') {
      const type = command.message.kind === 'notification' ? 'notify_ack' : 'jsonrpc_response';
      this.#answer(command, { type, status: outcome.status, headers: outcome.headers }, 'ok');
    } else {
      this.answers.answered(channel.name, this.#options.clock.wall());
      const message = outcome.message ?? readMessage(outcome.body);
      if (command.trace && message.errorCode !== undefined) command.trace.rpcErrorCode = message.errorCode;
      const parts: ResponseParts = {
        type: 'jsonrpc_response',
        status: outcome.status,
        headers: outcome.headers,
        json: outcome.body,
      };
      this.#answer(command, parts, message.isError ? 'error' : 'ok');
    }
    this.#pump(channel.name, channel);
  }

  #unanswered({ channel }: Command, error: TunnelError): void {
    this.answers.failed(channel, error, this.#options.clock.wall());
  }

  async #terminate(command: Command, channel: Channel): Promise<void> {
    try {
      const { status, headers } = await channel.terminate(command.headers, command.cancellation);
      this.#answer(command, { type: 'session_termination_response', status, headers }, 'ok');
    } catch (error) {
      this.#fail(command, toTunnelError(error));
    }
  }

  /** Only `main` has it; a failed discovery is not answered at all, as by the reference client. */
  async #discover(command: Command): Promise<void> {
    const { discover, log, tunnel } = this.#options;
    if (command.channel !== 'main' || !discover) {
      const json = unsupportedDiscovery(command.channel);
      return this.#answer(command, { type: 'oauth_discovery_response', status: 400, headers: [], json }, 'failed');
    }
    try {
      const { status, headers, body } = await discover(command.cancellation);
      this.#answer(command, { type: 'oauth_discovery_response', status, headers, json: body }, 'ok');
    } catch (error) {
      const failure = toTunnelError(error);
      log.warn('The server tells nothing of how to sign in.', { code: failure.code }, { tunnel, channel: 'main' });
      this.#fail(command, failure);
    }
  }

  #fail(command: Command, error: TunnelError): void {
    if (!this.#inFlight.has(command) || command.isAnswering) return;
    if (error.code === 'cancelled') return this.#end(command, 'cancelled');
    if (command.kind === 'oauth_discovery') {
      if (command.trace) command.trace.error = error.toJSON();
      return this.#end(command, 'failed');
    }
    const failure = describeFailure(error);
    if (command.trace) command.trace.error = error.toJSON();
    const isNotification = command.message.kind === 'notification';
    const hasMessage = command.kind === 'jsonrpc' && !isNotification;
    const headers = error instanceof AnswerError ? error.head.headers : hasMessage ? jsonHeaders : [];
    const parts: ResponseParts =
      command.kind === 'session_termination'
        ? { type: 'session_termination_response', status: failure.status, headers }
        : isNotification
          ? { type: 'notify_ack', status: failure.status, headers }
          : {
              type: 'jsonrpc_response',
              status: failure.status,
              headers,
              json: failureMessage(command, error, failure),
            };
    this.#answer(command, parts, 'failed');
  }

  #answer(command: Command, parts: ResponseParts, status: TraceStatus): void {
    if (!this.#inFlight.has(command) || command.isAnswering) return;
    command.isAnswering = true;
    if (command.trace) command.trace.responseCode = parts.status;
    this.#options.responder.answer(command, parts, (delivery, error) =>
      this.#delivered(command, parts, status, delivery, error),
    );
  }

  #delivered(
    command: Command,
    parts: ResponseParts,
    status: TraceStatus,
    delivery: Delivery,
    error?: TunnelError,
  ): void {
    const { clock, log, tunnel } = this.#options;
    if (delivery === 'cancelled' || !this.#inFlight.has(command)) return;
    if (command.trace) command.trace.postedMs = clock.now() - command.receipt.now;
    if (delivery === 'taken') {
      this.counts.answered++;
      this.lastAnswerAt = clock.wall();
      return this.#end(command, status, parts);
    }
    if (error && command.trace) command.trace.error = error.toJSON();
    log.warn(
      delivery === 'gone'
        ? 'The control plane no longer waited for an answer.'
        : 'The control plane did not take an answer.',
      { request: command.requestId, code: error?.code },
      { tunnel, channel: command.channel },
    );
    this.#end(command, 'undelivered', parts);
  }

  /** The command is over, whatever came of it. */
  #end(command: Command, status: TraceStatus, parts?: ResponseParts): void {
    if (!this.#inFlight.delete(command)) return;
    command.stopLimit?.();
    command.stopLimit = undefined;
    this.#early.ended(command);
    if (status === 'expired' || status === 'cancelled') this.counts.dropped++;
    if (status === 'error' || status === 'failed' || status === 'undelivered') this.counts.errors++;
    if (command.trace) {
      command.trace.status = status;
      this.#options.traces.close(command.trace, parts?.json, parts?.headers);
    }
    this.#options.changed();
    this.#options.roomy();
    if (this.#inFlight.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}

const toTunnelError = (error: unknown): TunnelError =>
  error instanceof TunnelError ? error : new TunnelError('internal', 'local', {}, { cause: error });
