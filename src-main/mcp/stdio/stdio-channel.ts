import { TunnelError } from '../../../shared/errors.ts';
import type { StdioChannelConfig } from '../../../shared/profile.ts';
import type { ChannelState, ChildExit, ServerInfo } from '../../../shared/tunnel.ts';
import { readMessage, type MessageSpans } from '../../json/message.ts';
import type { Span } from '../../json/span.ts';
import { asOneLine } from '../../json/rewrite.ts';
import { type Redact, redactor } from '../../detect/redact.ts';
import type { CancelReason } from '../../base/cancellation.ts';
import type { Clock } from '../../base/clock.ts';
import type { Channel, ChannelAnswer, ChannelRequest } from '../../call/channel.ts';
import type { EndTimes } from '../../process/tree.ts';
import { StdioChild } from './child.ts';
import { splitCommand } from '../../process/command-line.ts';
import { Handshake, serverInfoFrom } from './handshake.ts';
import { lastWords } from './last-words.ts';
import { type LaunchDeps, planLaunch } from './launch.ts';
import { eraOf, isOperation } from '../era.ts';
import { withoutUnreachable } from '../offered.ts';
import { notInitialized } from './not-initialized.ts';
import { fromSaved, type HandshakeMemory, toSaved } from './saved-handshake.ts';
import { Suspects } from './suspects.ts';
import { cancelledLine, type Multiplexed, Multiplexer, toLine } from './multiplexer.ts';
import { BrokenLines } from './broken-lines.ts';
import { type Outcome, Outgoing } from './outgoing.ts';
import { StderrLog } from './stderr-log.ts';
import { LogBudget, type StdioLog } from './stdio-log.ts';
import { type SupervisedChild, Supervisor } from './supervisor.ts';
import { channelState, type Failure, type SupervisorState } from './supervisor-state.ts';

export interface StdioChannelDeps extends LaunchDeps {
  readonly clock: Clock;
  readonly log: StdioLog;
  /** Hears of every child, so that a later process can end what this one leaves behind. */
  readonly children?: { added(pid: number): void; removed(pid: number): void };
  readonly limits?: Partial<StdioLimits>;
  /** Say `notifications/initialized` for callers, right after the answer to their `initialize`; theirs goes no further. */
  readonly sendInitialized?: boolean;
  /** The last handshake of this channel, also from before Culvert's own start. */
  readonly handshakes?: HandshakeMemory;
  /** Answer a call of the 2025 era before any `initialize` in the server's place, which would stay silent or refuse. */
  readonly handshakeFirst?: boolean;
}

export interface StdioLimits {
  /** The longest line a server may send, in bytes. */
  readonly maxLineBytes: number;
  /** Input that a child has not read yet, in bytes; further calls wait, each until its own deadline. */
  readonly maxPendingBytes: number;
  /** A call that comes while the next start is at most this far away waits for it; otherwise it prompts a try, or is refused. Milliseconds. */
  readonly holdMs: number;
  /** How long a new child may take to answer the repeated `initialize`. Milliseconds. */
  readonly handshakeMs: number;
  /** How long each step of stopping a child may take; `endTimes` when absent. */
  readonly end?: EndTimes;
}

const defaultLimits: StdioLimits = {
  maxLineBytes: 64 * 1024 * 1024,
  maxPendingBytes: 16 * 1024 * 1024,
  holdMs: 5_000,
  handshakeMs: 30_000,
};

/** A call that is suspected of ending the server waits so long for the others to be answered, in milliseconds. */
const aloneMs = 2_000;

/** A line that is too long and goes on for so long ends the child, in milliseconds. */
const endlessLineMs = 10_000;

const accepted: ChannelAnswer = { status: 202, headers: [] };
const longestNoise = 200;

/**
 * A private MCP server that is a child process. Many calls share it by private ids; it is started again when it ends,
 * while the channel stays, and hears its callers' handshake again before any call reaches it. No call is ever repeated.
 */
class StdioChannel implements Channel {
  readonly transport = 'stdio';
  readonly procAffinity = true;
  readonly stateless = false;
  readonly name: string;
  readonly target: string;
  readonly #config: StdioChannelConfig;
  readonly #deps: StdioChannelDeps;
  readonly #limits: StdioLimits;
  readonly #words: readonly [string, ...string[]];
  readonly #mux = new Multiplexer<Outgoing>();
  readonly #broken = new BrokenLines();
  readonly #handshake = new Handshake();
  readonly #suspects: Suspects;
  readonly #listeners = new Set<(state: ChannelState) => void>();
  readonly #noiseBudget: LogBudget;
  /** Not written yet, in the order of their arrival: the child is starting, does not read, or takes one call at a time. */
  readonly #waiting = new Set<Outgoing>();
  readonly #supervisor: Supervisor;
  #redact: Redact;
  /** The request that a serial server works on, or one that must run alone. */
  #turn: Outgoing | undefined;
  #sessions = 0;
  /** Calls that were answered in the place of a server whose session nobody has opened. */
  #uninitialized: { readonly calls: number; readonly lastAt: number } | undefined;
  /** A handshake from before, to be repeated once a call needs one; and whether that is under way. */
  #kept: Multiplexed | undefined;
  #isRepeating = false;
  #closing: Promise<void> | undefined;
  /** How a line began that is too long, while nobody knows whose it is. */
  #overlongHead: Buffer | undefined;
  /** The child that is in the middle of such a line. */
  #overlongSince: StdioChild | undefined;

  constructor(config: StdioChannelConfig, deps: StdioChannelDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#limits = { ...defaultLimits, ...deps.limits };
    this.#words = splitCommand(config.command);
    this.#redact = redactor();
    this.name = config.name;
    this.target = this.#redact(config.command);
    this.#suspects = new Suspects(() => deps.clock.now());
    this.#noiseBudget = new LogBudget(() => deps.clock.now(), 20, 2);
    this.#supervisor = new Supervisor({
      clock: deps.clock,
      log: deps.log,
      children: deps.children,
      end: this.#limits.end,
      spawn: (onExit) => this.#spawn(onExit),
      prepare: (child) => this.#repeatHandshake(child),
      onExit: (exit) => this.#exited(exit),
      onChange: (state, before) => this.#changed(state, before),
    });
  }

  get state(): ChannelState {
    const state = channelState(this.#supervisor.state);
    return state.kind === 'ready' && this.#uninitialized ? { ...state, uninitialized: this.#uninitialized } : state;
  }

  get inFlight(): number {
    return this.#mux.inFlight + this.#waiting.size;
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): Promise<void> {
    return this.#supervisor.start();
  }

  send(asked: ChannelRequest): Promise<ChannelAnswer> {
    const request = this.#asSent(asked);
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome): void => {
        if (outcome instanceof TunnelError) reject(outcome);
        else resolve(outcome);
      };
      const atOnce = this.#answerAtOnce(request);
      if (atOnce !== undefined) {
        settle(atOnce);
        return;
      }
      const entry = new Outgoing(request, settle, (bytes) => request.onNotification(bytes));
      const deaths = entry.isRequest ? this.#suspects.refused(entry) : undefined;
      if (deaths !== undefined) {
        settle(this.#error('call_ends_server', callParams(entry, deaths)));
        return;
      }
      entry.stopListening = request.cancellation.onCancel((reason) => this.#cancel(entry, reason));
      if (this.#waiting.size === 0 && this.#writeNow(entry)) return;
      void this.#supervisor.start();
      this.#waiting.add(entry);
      this.#pump();
    });
  }

  terminate(): Promise<ChannelAnswer> {
    return Promise.resolve({ status: 405, headers: [] });
  }

  nudge(): void {
    this.#supervisor.nudge();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const stopped = this.#supervisor.stop();
    const shuttingDown = this.#error('shutting_down');
    for (const entry of [...this.#waiting, ...this.#mux.clear()]) entry.settle(shuttingDown);
    this.#waiting.clear();
    await stopped;
    this.#listeners.clear();
  }

  // --- the child's life ---

  async #spawn(onExit: (exitCode: number | null, signal: string | null) => void): Promise<SupervisedChild> {
    const { clock, log } = this.#deps;
    this.#handshake.renew();
    this.#isRepeating = false;
    if (this.#handshake.initialize === undefined) {
      const saved = await this.#deps.handshakes?.load();
      this.#kept = saved === undefined ? undefined : fromSaved(saved);
    }
    const { plan, cwd, env, redact } = await planLaunch(this.#words, this.#config, this.#deps);
    this.#redact = redact;
    const stderr = new StderrLog(redact, log, () => clock.now());
    const child = await StdioChild.spawn(
      plan,
      { cwd, env, maxLineBytes: this.#limits.maxLineBytes },
      {
        onLine: (line) => this.#receive(line),
        onOverlong: (head) => this.#overlong(head),
        onOverlongEnd: (tail) => this.#overlongEnd(tail),
        onStderr: (chunk) => stderr.push(chunk),
        onDrain: () => this.#pump(),
        onExit,
      },
    );
    log({ kind: 'started', pid: child.pid, program: plan.file });
    return { child, stderr };
  }

  #exited(exit: ChildExit): void {
    this.#broken.clear();
    this.#turn = undefined;
    this.#overlongHead = undefined;
    const calls = this.#mux.clear();
    this.#suspects.ended(calls.filter((call) => call.onNotification !== undefined));
    const error = this.#error('server_exited', exitParams(exit));
    for (const call of calls) call.settle(error);
  }

  #changed(state: SupervisorState, before: SupervisorState): void {
    if (state.phase === 'waiting') this.#refuseWaiting();
    const shown = channelState(state);
    if (JSON.stringify(shown) !== JSON.stringify(channelState(before))) this.#tell();
    if (state.phase === 'open') this.#pump();
  }

  #tell(): void {
    const { state } = this;
    for (const listener of this.#listeners) listener(state);
  }

  #setUninitialized(calls: number): void {
    if (calls === 0 && this.#uninitialized === undefined) return;
    this.#uninitialized = calls === 0 ? undefined : { calls, lastAt: this.#deps.clock.wall() };
    this.#tell();
  }

  /** Says to a new child what callers of the 2025 era said to the one before. Rejects when it does not answer in time. */
  async #repeatHandshake(child: StdioChild): Promise<{ server?: ServerInfo }> {
    const { initialize } = this.#handshake;
    if (initialize === undefined) return {};
    const outcome = await this.#sayInitialize(child, initialize);
    if (outcome instanceof TunnelError) throw outcome;
    const body = outcome.body ?? Buffer.alloc(0);
    if (readMessage(body).isError) {
      // Its callers are better judges of that than we are: let them hear what it says to their calls.
      this.#deps.log({ kind: 'handshake-refused' });
      return {};
    }
    this.#handshake.initializeSent();
    this.#handshake.opened(body);
    if (this.#handshake.initializedLine) child.write(this.#handshake.initializedLine);
    const server = serverInfoFrom('initialize', body);
    return server ? { server } : {};
  }

  async #sayInitialize(child: StdioChild, initialize: Multiplexed): Promise<Outcome> {
    const { clock } = this.#deps;
    let stopTimer: (() => void) | undefined;
    const outcome = await new Promise<Outcome>((resolve) => {
      const own = new Outgoing(initialize, resolve);
      const { id, line } = this.#mux.open(own);
      child.write(line);
      stopTimer = clock.after(this.#limits.handshakeMs, () => {
        this.#mux.close(id);
        resolve(this.#error('handshake_failed', { detail: 'no answer to initialize after a restart' }));
      });
    });
    stopTimer?.();
    return outcome;
  }

  /** Opens the session that callers hold for open since before Culvert's own start; calls wait meanwhile. */
  async #repeatKept(child: StdioChild, kept: Multiplexed): Promise<void> {
    this.#isRepeating = true;
    this.#kept = undefined;
    const outcome = await this.#sayInitialize(child, kept);
    if (this.#supervisor.child !== child) return;
    this.#isRepeating = false;
    const body = outcome instanceof TunnelError ? undefined : outcome.body;
    if (body !== undefined && !readMessage(body).isError) {
      this.#handshake.initializeSent();
      child.write(this.#handshake.adopt(kept, body));
      this.#supervisor.answered(serverInfoFrom('initialize', body), false);
      this.#deps.log({ kind: 'handshake-kept' });
    } else this.#deps.log({ kind: 'handshake-refused' });
    this.#pump();
  }

  // --- messages to the child ---

  /** What needs no child, or cannot have one. */
  #answerAtOnce(request: ChannelRequest): Outcome | undefined {
    const { message, cancellation } = request;
    if (message.kind === 'batch') return this.#error('batch_refused');
    if (message.kind === 'invalid') return this.#error('bad_request');
    // The server's own questions are answered by the channel: a caller's answer has nowhere to go.
    if (message.kind === 'response') return accepted;
    if (cancellation.reason !== undefined) return this.#cancelledError(cancellation.reason);
    if (message.cancelledId) return this.#forwardCancel(request, message.cancelledId);
    // one level for all callers: what one of them sets must not change what the others get
    if (message.method === 'logging/setLevel' && this.#mux.isShared && message.kind === 'request')
      return { status: 200, headers: [], body: emptyResult(request) };
    if (message.method === 'initialize' && this.#handshake.takesNoOther) {
      const body = this.#handshake.answerInstead(request);
      if (body !== undefined) {
        this.#opened();
        return { status: 200, headers: [], body };
      }
    }
    return this.#refusal();
  }

  /** Why a message cannot be taken now, or undefined when it can, or may as well wait a moment. */
  #refusal(): TunnelError | undefined {
    this.#promptNextTry();
    const { state } = this.#supervisor;
    if (state.phase === 'stopped') return this.#error('shutting_down');
    if (state.phase !== 'waiting' || state.wakeAt - this.#deps.clock.now() <= this.#limits.holdMs) return undefined;
    return this.#failureError(state.failure, state.failures);
  }

  #promptNextTry(): void {
    if (this.#supervisor.state.phase === 'waiting') this.#supervisor.prompt();
  }

  #failureError(failure: Failure, failures: number): TunnelError {
    if (failure.kind === 'error') return new TunnelError(failure.error.code, failure.error.leg, failure.error.params);
    if (this.state.kind === 'crash-loop') {
      return this.#error('server_crash_loop', { attempts: failures, ...exitParams(failure.exit) });
    }
    const { exitCode, signal } = failure.exit;
    return this.#error('server_not_ready', {
      detail: signal === null ? `it ended with exit code ${exitCode ?? 'unknown'}` : `it was ended by ${signal}`,
    });
  }

  #refuseWaiting(): void {
    const refusal = this.#refusal();
    if (refusal === undefined) return;
    const refused = [...this.#waiting];
    this.#waiting.clear();
    for (const entry of refused) entry.settle(refusal);
  }

  /** Writes what can be written, in the order of arrival: a small message does not overtake a large one that waits for room. */
  #pump(): void {
    for (const entry of this.#waiting) {
      if (this.#mustWaitItsTurn(entry)) continue;
      if (!this.#writeNow(entry)) return;
      this.#waiting.delete(entry);
    }
  }

  /** A serial server's call holds up the next call, but no cancel and no other notification. */
  #mustWaitItsTurn(entry: Outgoing): boolean {
    if (this.#isRepeating) return true;
    if (!entry.isRequest) return false;
    if (this.#turn !== undefined) return true;
    if (this.#mux.inFlight === 0 || this.#suspects.deaths(entry) === 0) return false;
    const now = this.#deps.clock.now();
    if (entry.aloneFrom === undefined) {
      entry.aloneFrom = now + aloneMs;
      this.#deps.clock.after(aloneMs, () => this.#pump());
    }
    return now < entry.aloneFrom;
  }

  /** False, and nothing is written, when it has to wait. */
  #writeNow(entry: Outgoing): boolean {
    const { child, state } = this.#supervisor;
    if (child === undefined || state.phase !== 'open' || !this.#hasRoom(child, entry.bytes.length)) return false;
    if (this.#mustWaitItsTurn(entry)) return false;
    if (this.#kept !== undefined && this.#lacksHandshake(entry)) {
      void this.#repeatKept(child, this.#kept);
      return false;
    }
    this.#write(child, entry);
    return true;
  }

  #hasRoom(child: StdioChild, size: number): boolean {
    return child.pendingBytes === 0 || child.pendingBytes + size <= this.#limits.maxPendingBytes;
  }

  #write(child: StdioChild, entry: Outgoing): void {
    if (!entry.isRequest) {
      if (!this.#handshake.wasCompletedFor(entry)) child.write(toLine(asOneLine(entry.bytes)));
      this.#handshake.sent(entry);
      entry.settle(accepted);
      return;
    }
    if (this.#lacksHandshake(entry)) {
      this.#deps.log({ kind: 'not-initialized', method: entry.message.method });
      this.#setUninitialized((this.#uninitialized?.calls ?? 0) + 1);
      entry.settle(notInitialized(entry));
      return;
    }
    if (entry.message.method === 'initialize') this.#handshake.initializeSent();
    const { id, line } = this.#mux.open(entry);
    entry.id = id;
    if (this.#config.concurrency === 'serial' || this.#suspects.deaths(entry) > 0) this.#turn = entry;
    child.write(line);
  }

  #lacksHandshake(entry: Outgoing): boolean {
    return this.#deps.handshakeFirst === true && entry.isRequest && !this.#handshake.wasSent && needsHandshake(entry);
  }

  #cancel(entry: Outgoing, reason: CancelReason): void {
    if (this.#waiting.delete(entry) || entry.id === undefined) {
      entry.settle(this.#cancelledError(reason));
      return;
    }
    this.#mux.close(entry.id);
    this.#tellCancelled(entry, reason);
    entry.settle(this.#cancelledError(reason));
    this.#endTurn(entry);
  }

  /** The server hears of it once, under the id that it knows; `initialize` may not be cancelled. */
  #tellCancelled(entry: Outgoing, reason: string): void {
    if (entry.id === undefined || entry.cancelSent || entry.message.method === 'initialize') return;
    entry.cancelSent = true;
    this.#supervisor.child?.write(cancelledLine(entry.id, reason));
  }

  /**
   * A caller's own `notifications/cancelled`. It goes on only when it is clear which call it means: an id that nobody has,
   * or that two callers chose, could hit the private id of somebody else.
   */
  #forwardCancel({ bytes }: ChannelRequest, span: Span): ChannelAnswer {
    const id = bytes.subarray(span.start, span.end);
    const waiting = [...this.#waiting].filter((entry) => entry.isRequest && entry.hasCallerId(id));
    const meant = [...waiting, ...this.#mux.withCallerId(id).map(({ call }) => call)];
    const [entry] = meant;
    if (entry === undefined || meant.length > 1) return accepted;
    if (this.#waiting.delete(entry)) entry.settle(this.#cancelledError('cancelled'));
    else this.#tellCancelled(entry, 'cancelled');
    // A server need not answer a cancelled request: the next one must not wait for it.
    this.#endTurn(entry);
    return accepted;
  }

  #endTurn(entry: Outgoing): void {
    if (this.#turn === entry) this.#turn = undefined;
    if (this.#waiting.size > 0) this.#pump();
  }

  // --- messages from the child ---

  #receive(line: Buffer): void {
    const received = this.#mux.receive(line);
    if (received.kind !== 'noise') this.#broken.clear();
    switch (received.kind) {
      case 'answer':
        this.#answered(received.call, received.bytes, received.message);
        return;
      case 'bad-answer':
        this.#failBroken(received.call, line);
        return;
      case 'notification':
        if (received.call?.onNotification) received.call.onNotification(received.bytes);
        else this.#deps.log({ kind: 'unclaimed-notification', method: received.method });
        return;
      case 'reply':
        this.#answerServer(received.line);
        if (received.method !== 'ping') this.#deps.log({ kind: 'server-request', method: received.method });
        return;
      case 'noise':
        if (received.reason === 'not-json-rpc') this.#receiveBroken(line);
        else this.#noise(received.reason, line);
        return;
    }
  }

  /** A line that is no message: it may hold one, or be part of one; otherwise the call that it was for fails at once. */
  #receiveBroken(line: Buffer): void {
    const taken = this.#broken.take(line);
    if (taken === 'more') return;
    if (taken !== 'garbage') {
      this.#receive(taken);
      return;
    }
    const owner = this.#mux.ownerOfBroken(line);
    this.#noise('not-json-rpc', line);
    if (owner !== undefined) this.#failBroken(owner, line);
  }

  #failBroken(call: Outgoing, line: Buffer): void {
    call.settle(this.#error('bad_json', { detail: this.#redact(line.toString('utf8', 0, longestNoise)) }));
    this.#endTurn(call);
  }

  #answered(entry: Outgoing, body: Buffer, message: Pick<MessageSpans, 'isError' | 'errorCode'>): void {
    const { method } = entry.message;
    const { isError } = message;
    const isCall = entry.onNotification !== undefined;
    const server = isError || !isCall ? undefined : serverInfoFrom(method, body);
    if (method === 'initialize' && !isError && isCall) this.#initialized(entry, body);
    const instead = method === 'initialize' && isError && isCall ? this.#handshake.answerInstead(entry) : undefined;
    if (instead) this.#opened();
    entry.settle(instead ? { status: 200, headers: [], body: instead } : { status: 200, headers: [], body, message });
    if (isCall) this.#suspects.answered(entry);
    this.#supervisor.answered(server, isCall);
    this.#endTurn(entry);
  }

  /** A caller has a session: from the second on it is not clear for whom a notification is that names no call. */
  #opened(): void {
    this.#mux.isShared ||= this.#sessions > 0;
    this.#sessions += 1;
  }

  /** As the server should see it. */
  #asSent(request: ChannelRequest): ChannelRequest {
    const bytes = withoutUnreachable(request.bytes, request.message);
    if (bytes === request.bytes) return request;
    const { headers, cancellation } = request;
    const onNotification: ChannelRequest['onNotification'] = (notification, head) =>
      request.onNotification(notification, head);
    return { bytes, message: readMessage(bytes), headers, cancellation, onNotification };
  }

  #initialized(entry: Outgoing, body: Buffer): void {
    this.#handshake.remember(entry, body);
    this.#setUninitialized(0);
    const saved = this.#deps.handshakes && toSaved(entry);
    if (saved !== undefined) this.#deps.handshakes?.save(saved);
    this.#opened();
    if (this.#deps.sendInitialized === true) this.#supervisor.child?.write(this.#handshake.complete());
  }

  /** A server that asks without reading must not fill our memory with answers. */
  #answerServer(line: Buffer): void {
    const { child } = this.#supervisor;
    if (child && this.#hasRoom(child, line.length)) child.write(line);
  }

  #overlong(head: Buffer): void {
    const began = Buffer.from(head.subarray(0, longestNoise));
    this.#overlongHead = began;
    this.#refuseOverlong(this.#mux.ownerByHead(head));
    const { child } = this.#supervisor;
    this.#deps.clock.after(endlessLineMs, () => {
      // a line that does not end is no answer to anybody, and none can follow it
      if (child === undefined || this.#supervisor.child !== child || this.#overlongSince !== child) return;
      this.#noise('line-too-long', began);
      void child.end();
    });
    this.#overlongSince = child;
  }

  #overlongEnd(tail: Buffer): void {
    this.#overlongSince = undefined;
    const head = this.#overlongHead;
    if (head === undefined) return;
    this.#refuseOverlong(this.#mux.ownerByTail(tail));
    if (this.#overlongHead !== undefined) this.#noise('line-too-long', head);
    this.#overlongHead = undefined;
  }

  #refuseOverlong(owner: Outgoing | undefined): void {
    if (owner === undefined) return;
    this.#overlongHead = undefined;
    owner.settle(this.#error('line_too_long', { limit: this.#limits.maxLineBytes }));
    this.#endTurn(owner);
  }

  #noise(reason: Extract<Parameters<StdioLog>[0], { kind: 'noise' }>['reason'], line: Buffer): void {
    if (!this.#noiseBudget.take()) return;
    const lines = this.#noiseBudget.takeSuppressed();
    if (lines > 0) this.#deps.log({ kind: 'noise-suppressed', lines });
    this.#deps.log({ kind: 'noise', reason, text: this.#redact(line.toString('utf8', 0, longestNoise)) });
  }

  #error(code: TunnelError['code'], params: TunnelError['params'] = {}): TunnelError {
    return new TunnelError(code, 'mcp-server', { channel: this.name, ...params });
  }

  #cancelledError(reason: CancelReason): TunnelError {
    return this.#error('cancelled', { reason });
  }
}

/** `{}` as the result of a call. */
function emptyResult({ bytes, message }: Pick<ChannelRequest, 'bytes' | 'message'>): Buffer {
  const id = message.ids.at(-1);
  return Buffer.from(`{"jsonrpc":"2.0","id":${id ? bytes.toString('utf8', id.start, id.end) : 'null'},"result":{}}`);
}

const needsHandshake = (entry: Outgoing): boolean => isOperation(entry.message.method) && eraOf(entry) === 'legacy';

const callParams = ({ message }: Outgoing, deaths: number): TunnelError['params'] => ({
  method: message.method,
  ...(message.target !== undefined && { target: message.target }),
  times: deaths,
});

function exitParams(exit: ChildExit): TunnelError['params'] {
  const words = lastWords(exit.stderr);
  return {
    ...(exit.exitCode !== null && { exitCode: exit.exitCode }),
    ...(exit.signal !== null && { signal: exit.signal }),
    ...(words !== undefined && { stderr: words }),
  };
}

/** Throws `TunnelError` `config_invalid` when the command cannot be split; nothing is started yet. */
export const createStdioChannel = (config: StdioChannelConfig, deps: StdioChannelDeps): Channel =>
  new StdioChannel(config, deps);
