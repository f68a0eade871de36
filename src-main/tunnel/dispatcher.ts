import { TunnelError } from '../../shared/errors.ts';
import type { TraceStatus } from '../../shared/trace.ts';
import { isErrorStatus } from '../../shared/trace-status.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { Cancellation, CancelReason } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { InFlight } from '../base/in-flight.ts';
import { AnswerError, type AnswerHead, type Channel, type ChannelAnswer } from '../call/channel.ts';
import type { Command } from '../call/command.ts';
import type { CallEvents } from '../call/events.ts';
import { refusedCode, type Stage, type StageDecision } from '../call/stage.ts';
import type { PollBody } from '../control-plane/commands.ts';
import type { ResponseParts, ResponseTiming } from '../control-plane/envelope.ts';
import { batchRefusal, describeFailure, failureMessage, refusalMessage } from '../control-plane/failure.ts';
import { readMessage, type ResponseSpans } from '../json/message.ts';
import type { Log } from '../observe/log.ts';
import { Admission } from './admission.ts';
import { Lane, type LaneOwner } from './lane.ts';
import { LocalCalls, type LocalAnswer, type LocalCallOptions } from './local-calls.ts';
import type { CommandQueue } from './queue.ts';
import type { Delivery, Responder } from './responder.ts';
import { ServerAnswers } from './server-answers.ts';
import { discoverSignIn, terminateSession, type SideOutcome } from './side-commands.ts';
import { waitsOf } from './waits.ts';

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
  /** What a channel's calls pass before they are queued; none when absent. */
  readonly stages?: (channel: Channel) => readonly Stage[];
  readonly queue: CommandQueue;
  readonly responder: Responder;
  readonly clock: Clock;
  readonly events: CallEvents;
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

/** A stream of notifications changes what is shown this often. */
const heardEveryMs = 1_000;

const jsonHeaders: ChannelAnswer['headers'] = [['Content-Type', 'application/json']];

/** Takes calls to their lanes and the answers to the responder: from admission to the one end of each. */
export class Dispatcher implements LaneOwner {
  readonly #options: DispatcherOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #inFlight = new InFlight<Command>();
  readonly #admission: Admission;
  readonly #local = new LocalCalls();
  readonly answers = new ServerAnswers();
  readonly counts: Counts = { commands: 0, answered: 0, errors: 0, dropped: 0, duplicates: 0 };
  lastCommandAt: number | undefined;
  lastAnswerAt: number | undefined;
  /** Calls whose answer is on its way. */
  #answering = 0;
  /** Ends that observers asked to be awaited for. */
  #awaited = 0;
  #whenIdle: (() => void)[] = [];
  /** This process ends: what still comes is answered so. */
  #closing = false;

  constructor(options: DispatcherOptions) {
    const { channels, queue, clock, events, maxConcurrent: slots, stages = () => [] } = options;
    this.#options = options;
    this.#admission = new Admission(this.#inFlight, clock);
    for (const [name, channel] of channels)
      this.#lanes.set(
        name,
        new Lane({
          channel,
          stages: stages(channel),
          queue,
          slots: channel.slots ?? slots,
          clock,
          events,
          owner: this,
        }),
      );
  }

  /** Calls that are held, queued, with their servers or on the way back. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Calls that stages hold. */
  get held(): number {
    let held = 0;
    for (const lane of this.#lanes.values()) held += lane.held;
    return held;
  }

  /** How long callers have been waiting for their servers: what a snapshot says of it. */
  waits(): Pick<TunnelSnapshot, 'oldestCallAt' | 'quietCall'> {
    return waitsOf(this.#inFlight);
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
    if (commands.length === 0) return;
    // as many answers may come at once as calls wait, whether they came in one poll or in many
    const waiting = this.#inFlight.size - this.#answering + commands.length;
    this.#options.expecting(Math.min(waiting, this.#options.maxConcurrent));
    for (const command of commands) this.#receive(command);
    this.#options.changed();
  }

  /** A call of this process's own; see `TunnelManager.call`. */
  call(channel: string, bytes: Buffer, options: LocalCallOptions): Promise<LocalAnswer> {
    return this.#local.start(channel, bytes, options, this.#options.clock, (call) => {
      this.#start(call);
      this.#options.changed();
    });
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
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#inFlight.size === 0 && this.#awaited === 0;
  }

  #receive(command: Command): void {
    const { log, tunnel } = this.#options;
    if (!this.#admission.admit(command)) {
      this.counts.duplicates++;
      log.debug('A command came twice; it is answered once.', { request: command.requestId }, { tunnel });
      return;
    }
    this.counts.commands++;
    this.lastCommandAt = command.receipt.wall;
    this.#start(command);
  }

  #start(command: Command): void {
    const { clock, tunnel, discover } = this.#options;
    this.#inFlight.add(command);
    command.record.tunnel = tunnel;
    this.#options.events.received(command);
    const now = clock.now();
    if (command.deadlineAt !== undefined && command.deadlineAt <= now) return this.#end(command, 'expired');
    this.#limit(command, now);
    if (this.#closing) return this.#fail(command, new TunnelError('shutting_down', 'local'));
    if (command.kind === 'oauth_discovery') return this.#aside(command, discoverSignIn(command, discover));
    const lane = this.#lanes.get(command.channel);
    if (!lane || lane.channel.isRoutable === false)
      return this.#fail(command, new TunnelError('unsupported_channel', 'local', { channel: command.channel }));
    if (command.kind === 'session_termination') return this.#aside(command, terminateSession(command, lane.channel));
    if (command.message.kind === 'batch') return this.#answer(command, jsonResponse(batchRefusal, 400), 'failed');
    if (!this.#admission.passes(command)) return command.cancellation.cancel('cancelled');
    lane.run(command);
  }

  /** The caller's deadline, or our own limit; past it nothing is posted. */
  #limit(command: Command, now: number): void {
    const { clock, ownLimitMs } = this.#options;
    const { deadlineAt, record } = command;
    const own = deadlineAt === undefined;
    const ms = own ? ownLimitMs : deadlineAt - now;
    record.deadlineMs = Math.round(ms + now - command.receipt.now);
    if (own) record.deadlineOwn = true;
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

  // --- what the lanes tell ---

  isWaiting(command: Command): boolean {
    return this.#inFlight.has(command) && !command.isAnswering;
  }

  roomy(): void {
    this.#options.roomy();
  }

  changed(): void {
    this.#options.changed();
  }

  notified(command: Command, bytes: Buffer, head: AnswerHead | undefined): void {
    const now = this.#options.clock.wall();
    if (now - command.heardAt >= heardEveryMs) {
      command.heardAt = now;
      this.#options.changed();
    }
    if (command.origin !== 'caller') {
      this.#options.events.notified(command, bytes, false);
      this.#local.notify(command, bytes);
      return;
    }
    this.#options.responder.notify(command, {
      type: 'jsonrpc_notify',
      status: head?.status ?? 200,
      headers: head?.headers ?? jsonHeaders,
      json: bytes,
    });
  }

  served(command: Command, channel: Channel, outcome: ChannelAnswer | TunnelError): void {
    if (!this.#inFlight.has(command)) return;
    if (outcome instanceof TunnelError) {
      if (command.message.kind === 'request') this.#unanswered(command, outcome);
      // only an answer over HTTP, whatever it holds, shows that the call reached its server
      this.#fail(command, outcome, outcome instanceof AnswerError ? timingOf(command, channel) : undefined);
    } else if (outcome.body === undefined || command.message.kind === 'notification') {
      const type = command.message.kind === 'notification' ? 'notify_ack' : 'jsonrpc_response';
      this.#answer(command, { type, status: outcome.status, headers: outcome.headers }, 'ok');
    } else {
      const { status, headers, body: json, isOwn } = outcome;
      if (!isOwn) this.answers.answered(channel.name, this.#options.clock.wall());
      const timing = isOwn ? undefined : timingOf(command, channel);
      const parts: ResponseParts = { type: 'jsonrpc_response', status, headers, json, timing };
      this.#answer(command, parts, statusOf(command, outcome.message ?? readMessage(json)));
    }
  }

  decided(command: Command, decision: Exclude<StageDecision, { kind: 'change' }> | TunnelError): void {
    if (!this.isWaiting(command)) return;
    if (decision instanceof TunnelError) return this.#fail(command, decision);
    if (decision.kind === 'answer')
      return this.#answer(command, jsonResponse(decision.body, 200), statusOf(command, readMessage(decision.body)));
    if (command.message.kind === 'notification')
      return this.#answer(command, { type: 'notify_ack', status: 403, headers: [] }, 'refused');
    const { code = refusedCode, data } = decision;
    command.record.rpcErrorCode = code;
    this.#answer(command, jsonResponse(refusalMessage(command, code, decision.message, data), 200), 'refused');
  }

  #unanswered({ channel }: Command, error: TunnelError): void {
    // what a stage did is not its server's fault
    if (error.code !== 'stage_failed') this.answers.failed(channel, error, this.#options.clock.wall());
  }

  // --- the end of a call ---

  #aside(command: Command, work: Promise<SideOutcome>): void {
    void work.then((outcome) => {
      if (!(outcome instanceof TunnelError))
        return this.#answer(command, outcome.parts, outcome.refused ? 'failed' : 'ok');
      if (command.kind === 'oauth_discovery') {
        const { log, tunnel } = this.#options;
        log.warn('The server tells nothing of how to sign in.', { code: outcome.code }, { tunnel, channel: 'main' });
      }
      this.#fail(command, outcome);
    });
  }

  #fail(command: Command, error: TunnelError, timing?: ResponseTiming): void {
    if (!this.isWaiting(command)) return;
    if (error.code === 'cancelled') return this.#end(command, 'cancelled');
    command.record.error = error.toJSON();
    // a failed discovery is not answered at all, as by the reference client
    if (command.kind === 'oauth_discovery') return this.#end(command, 'failed');
    const failure = describeFailure(error);
    const isNotification = command.message.kind === 'notification';
    const hasMessage = command.kind === 'jsonrpc' && !isNotification;
    const headers = error instanceof AnswerError ? error.head.headers : hasMessage ? jsonHeaders : [];
    const { status } = failure;
    const parts: ResponseParts =
      command.kind === 'session_termination'
        ? { type: 'session_termination_response', status, headers }
        : isNotification
          ? { type: 'notify_ack', status: status < 300 ? 403 : status, headers }
          : { type: 'jsonrpc_response', status, headers, json: failureMessage(command, error, failure), timing };
    this.#answer(command, parts, 'failed');
  }

  #answer(command: Command, parts: ResponseParts, status: TraceStatus): void {
    if (!this.isWaiting(command)) return;
    command.isAnswering = true;
    this.#answering++;
    if (command.hold) this.#lanes.get(command.channel)?.abandon(command);
    command.record.responseCode = parts.status;
    if (command.origin !== 'caller') return this.#end(command, status, parts);
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
    const { clock, log, tunnel, events } = this.#options;
    if (delivery === 'cancelled' || !this.#inFlight.has(command)) return;
    command.record.postedMs = clock.now() - command.receipt.now;
    if (delivery === 'taken') {
      this.counts.answered++;
      this.lastAnswerAt = clock.wall();
      events.posted(command);
      // too large for the service, which has got an error in its place
      if (error) command.record.error = error.toJSON();
      return this.#end(command, error ? 'undelivered' : status, parts);
    }
    if (error) command.record.error = error.toJSON();
    log.warn(
      delivery === 'gone'
        ? 'The control plane no longer waited for an answer.'
        : 'The control plane did not take an answer.',
      { request: command.requestId, code: error?.code },
      { tunnel, channel: command.channel },
    );
    this.#end(command, 'undelivered', parts);
  }

  /** The call is over, whatever came of it. */
  #end(command: Command, status: TraceStatus, parts?: ResponseParts): void {
    if (!this.#inFlight.delete(command)) return;
    if (command.isAnswering) this.#answering--;
    command.stopLimit?.();
    command.stopLimit = undefined;
    if (command.hold) this.#lanes.get(command.channel)?.abandon(command);
    this.#admission.ended(command);
    command.record.status = status;
    if (command.origin === 'caller') {
      if (status === 'expired' || status === 'cancelled') this.counts.dropped++;
      if (isErrorStatus(status)) this.counts.errors++;
    } else {
      this.#local.ended(command, parts?.json, parts?.headers);
    }
    const awaited = this.#options.events.ended(command, parts);
    if (awaited) this.#wait(awaited);
    this.#options.changed();
    this.#options.roomy();
    this.#tellIdle();
  }

  #wait(awaited: Promise<void>): void {
    this.#awaited++;
    void awaited.then(() => {
      this.#awaited--;
      this.#tellIdle();
    });
  }

  #tellIdle(): void {
    if (!this.#isIdle) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}

const jsonResponse = (json: Buffer, status: number): ResponseParts => ({
  type: 'jsonrpc_response',
  status,
  headers: jsonHeaders,
  json,
});

const transports = { stdio: 'stdio', http: 'streamable_http', memory: undefined } as const;

function timingOf({ record }: Command, { transport: kind }: Channel): ResponseTiming | undefined {
  const transport = transports[kind];
  const { dispatchedMs, answeredMs } = record;
  if (transport === undefined || dispatchedMs === undefined || answeredMs === undefined) return undefined;
  return { transport, targetElapsedMs: answeredMs - dispatchedMs };
}

/** Whose result is a tool's; elsewhere `isError` means whatever the method's own schema says. */
const toolMethods: ReadonlySet<string> = new Set(['tools/call', 'tasks/result']);

/** How a response ends its call; notes its error code. */
function statusOf(
  { record, message: { method } }: Command,
  { isError, isToolError, errorCode }: ResponseSpans,
): TraceStatus {
  if (errorCode !== undefined) record.rpcErrorCode = errorCode;
  return isError ? 'error' : isToolError === true && toolMethods.has(method) ? 'tool_error' : 'ok';
}
