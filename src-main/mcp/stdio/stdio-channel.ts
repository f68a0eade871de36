import { resolve as resolvePath } from 'node:path';
import { TunnelError } from '../../../shared/errors.ts';
import type { StdioChannelConfig } from '../../../shared/profile.ts';
import type { ChannelState, ChildExit, ServerInfo } from '../../../shared/tunnel.ts';
import { readMessage, type Span } from '../../json/message.ts';
import { asOneLine } from '../../json/rewrite.ts';
import { isSecretName, type Redact, redactor } from '../../observe/redact.ts';
import type { SecretResolver } from '../../secrets/secret-resolver.ts';
import type { CancelReason } from '../../tunnel/cancellation.ts';
import type { Clock } from '../../tunnel/clock.ts';
import type { Channel, ChannelAnswer, ChannelRequest } from '../channel.ts';
import { childEnvironment, type Environment, variable } from '../process-environment.ts';
import { resolveProgram, type SpawnPlan, spawnPlan } from '../process-program.ts';
import type { EndTimes } from '../process-tree.ts';
import { StdioChild } from './child.ts';
import { splitCommand } from './command-line.ts';
import { Handshake, serverInfoFrom } from './handshake.ts';
import { cancelledLine, Multiplexer, toLine } from './multiplexer.ts';
import { StderrLog } from './stderr-log.ts';
import { LogBudget, type StdioLog } from './stdio-log.ts';
import { channelState, type Failure, next, type SupervisorEvent, type SupervisorState } from './supervisor-state.ts';

export interface StdioChannelDeps {
  readonly clock: Clock;
  /** Culvert's own environment; what a child must not see of it is left out here. */
  readonly environment: Environment;
  /** Variables that no child inherits, beside Culvert's own keys: see `withheldVariables`. */
  readonly withheld: readonly string[];
  readonly secrets: SecretResolver;
  readonly log: StdioLog;
  /** The PATH for programs and children, when it is not the inherited one: `desktopPath` in the app. */
  readonly searchPath?: () => Promise<string>;
  /** Where servers run that name no folder; the current one by default, which for a desktop app is no useful place. */
  readonly folder?: string;
  /** Hears of every child, so that a later process can end what this one leaves behind. */
  readonly children?: { added(pid: number): void; removed(pid: number): void };
  readonly limits?: Partial<StdioLimits>;
}

export interface StdioLimits {
  /** The longest line a server may send, in bytes. */
  readonly maxLineBytes: number;
  /** Input that a child has not read yet, in bytes; further calls wait, each until its own deadline. */
  readonly maxPendingBytes: number;
  /** A call that comes while the next start is at most this far away waits for it; otherwise it is refused at once. Milliseconds. */
  readonly holdMs: number;
  /** How long a new child may take to answer the repeated `initialize`. Milliseconds. */
  readonly handshakeMs: number;
  /** How long each step of stopping a child may take; `endTimes` when absent. */
  readonly end?: EndTimes;
}

const defaultLimits: StdioLimits = {
  maxLineBytes: 64 * 1024 * 1024,
  maxPendingBytes: 16 * 1024 * 1024,
  holdMs: 1_000,
  handshakeMs: 30_000,
};

const accepted: ChannelAnswer = { status: 202, headers: [] };
const longestNoise = 200;

/** A message on its way: waiting to be written, or written and, if it is a request, in flight under `id`. */
class Message {
  readonly bytes: Buffer;
  readonly message: ChannelRequest['message'];
  /** Absent for the channel's own repeated `initialize`. */
  readonly onNotification: ((bytes: Buffer) => void) | undefined;
  readonly #settle: (outcome: ChannelAnswer | TunnelError) => void;
  id: number | undefined;
  cancelSent = false;
  stopListening: (() => void) | undefined;

  constructor(
    { bytes, message }: Pick<ChannelRequest, 'bytes' | 'message'>,
    settle: (outcome: ChannelAnswer | TunnelError) => void,
    onNotification?: (bytes: Buffer) => void,
  ) {
    this.bytes = bytes;
    this.message = message;
    this.#settle = settle;
    this.onNotification = onNotification;
  }

  get isRequest(): boolean {
    return this.message.kind === 'request';
  }

  settle(outcome: ChannelAnswer | TunnelError): void {
    this.stopListening?.();
    this.stopListening = undefined;
    this.#settle(outcome);
  }
}

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
  readonly #mux = new Multiplexer<Message>();
  readonly #handshake = new Handshake();
  readonly #listeners = new Set<(state: ChannelState) => void>();
  readonly #noiseBudget: LogBudget;
  /** Not written yet, in the order of their arrival: the child is starting, does not read, or takes one call at a time. */
  readonly #waiting = new Set<Message>();
  #state: SupervisorState;
  #child: StdioChild | undefined;
  #redact: Redact;
  /** Ends with the current try to start a child. */
  #starting: Promise<void> | undefined;
  /** The child before, until all that it started is gone. */
  #leaving: Promise<unknown> = Promise.resolve();
  #cancelTick: (() => void) | undefined;
  /** The request that a serial server works on. */
  #turn: Message | undefined;
  #closing: Promise<void> | undefined;
  /** How a line began that is too long, while nobody knows whose it is. */
  #overlongHead: Buffer | undefined;

  constructor(config: StdioChannelConfig, deps: StdioChannelDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#limits = { ...defaultLimits, ...deps.limits };
    this.#words = splitCommand(config.command);
    this.#redact = redactor();
    this.name = config.name;
    this.target = this.#redact(config.command);
    this.#state = { phase: 'idle', since: deps.clock.wall() };
    this.#noiseBudget = new LogBudget(() => deps.clock.now(), 20, 2);
  }

  get state(): ChannelState {
    return channelState(this.#state);
  }

  get inFlight(): number {
    return this.#mux.inFlight + this.#waiting.size;
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    this.#apply({ kind: 'start' });
    await this.#starting;
  }

  send(request: ChannelRequest): Promise<ChannelAnswer> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: ChannelAnswer | TunnelError): void => {
        if (outcome instanceof TunnelError) reject(outcome);
        else resolve(outcome);
      };
      const atOnce = this.#answerAtOnce(request);
      if (atOnce !== undefined) {
        settle(atOnce);
        return;
      }
      const entry = new Message(request, settle, (bytes) => request.onNotification(bytes));
      entry.stopListening = request.cancellation.onCancel((reason) => this.#cancel(entry, reason));
      if (this.#waiting.size === 0 && this.#writeNow(entry)) return;
      if (this.#state.phase === 'idle') this.#apply({ kind: 'start' });
      this.#waiting.add(entry);
      this.#pump();
    });
  }

  terminate(): Promise<ChannelAnswer> {
    return Promise.resolve({ status: 405, headers: [] });
  }

  nudge(): void {
    this.#apply({ kind: 'nudge' });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#apply({ kind: 'stop' });
    const shuttingDown = this.#error('shutting_down');
    for (const entry of [...this.#waiting, ...this.#mux.clear()]) entry.settle(shuttingDown);
    this.#waiting.clear();
    await this.#starting;
    const child = this.#child;
    if (child) await this.#end(child);
    await this.#leaving;
    this.#listeners.clear();
  }

  // --- the child's life ---

  #apply(event: SupervisorEvent): void {
    const { clock } = this.#deps;
    const before = this.#state;
    const now = clock.now();
    const after = next(before, event, { now, wall: clock.wall(), random: clock.random() });
    if (after === before) return;
    this.#state = after;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    if ('wakeAt' in after) {
      this.#cancelTick = clock.after(Math.max(0, after.wakeAt - now), () => this.#apply({ kind: 'tick' }));
    }
    if (after.phase === 'starting' && before.phase !== 'starting') this.#starting = this.#spawn();
    if (after.phase === 'waiting') this.#refuseWaiting();
    const shown = channelState(after);
    if (JSON.stringify(shown) !== JSON.stringify(channelState(before))) {
      for (const listener of this.#listeners) listener(shown);
    }
    if (after.phase === 'open') this.#pump();
  }

  async #spawn(): Promise<void> {
    await this.#leaving;
    try {
      const { plan, cwd, env } = await this.#plan();
      if (!this.#isStarting()) return;
      const child = await this.#startChild(plan, cwd, env);
      if (!this.#isStarting()) return;
      this.#apply({ kind: 'spawned', pid: child.pid });
      const opened = await this.#repeatHandshake(child);
      // It may have ended meanwhile: then its exit was told already.
      if (this.#child === child) this.#apply({ kind: 'opened', ...opened });
    } catch (error) {
      const known = error instanceof TunnelError ? error : this.#error('internal');
      this.#apply({ kind: 'failed', failure: { kind: 'error', error: known.toJSON() } });
    }
  }

  /** False once the channel is being closed; what was spawned meanwhile is then ended by `close`. */
  #isStarting(): boolean {
    return this.#state.phase === 'starting';
  }

  async #plan(): Promise<{ plan: SpawnPlan; cwd: string; env: Record<string, string> }> {
    const { environment, withheld, secrets, searchPath } = this.#deps;
    const { env: references, cwd: folder = this.#deps.folder ?? '.' } = this.#config;
    const own: Record<string, string> = {};
    const secretValues: string[] = [];
    for (const [name, reference] of Object.entries(references)) {
      const value = await secrets.resolve(reference);
      own[name] = value;
      if (value !== reference || isSecretName(name)) secretValues.push(value);
    }
    this.#redact = redactor(secretValues);
    const path = searchPath && { PATH: await searchPath() };
    const env = childEnvironment({ base: environment, withheld, own: { ...path, ...own } });
    const cwd = resolvePath(folder);
    const [program, ...args] = this.#words;
    const file = await resolveProgram(program, { path: variable(env, 'PATH') ?? '', cwd, environment: env });
    return { plan: spawnPlan(file, args, env), cwd, env };
  }

  async #startChild(plan: SpawnPlan, cwd: string, env: Record<string, string>): Promise<StdioChild> {
    const { clock, children, log } = this.#deps;
    const stderr = new StderrLog(this.#redact, log, () => clock.now());
    const child = await StdioChild.spawn(
      plan,
      { cwd, env, maxLineBytes: this.#limits.maxLineBytes },
      {
        onLine: (line) => this.#receive(line),
        onOverlong: (head) => this.#overlong(head),
        onOverlongEnd: (tail) => this.#overlongEnd(tail),
        onStderr: (chunk) => stderr.push(chunk),
        onDrain: () => this.#pump(),
        onExit: (exitCode, signal) => this.#exited(child, stderr, exitCode, signal),
      },
    );
    this.#child = child;
    children?.added(child.pid);
    log({ kind: 'started', pid: child.pid, program: plan.file });
    return child;
  }

  #exited(child: StdioChild, stderr: StderrLog, exitCode: number | null, signal: string | null): void {
    const { children, log, clock } = this.#deps;
    stderr.end();
    this.#leaving = child.gone.then(() => children?.removed(child.pid));
    log({ kind: 'exited', pid: child.pid, exitCode, signal });
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#turn = undefined;
    this.#overlongHead = undefined;
    const exit = { at: clock.wall(), exitCode, signal, stderr: stderr.last };
    const calls = this.#mux.clear();
    const error = this.#error('server_exited', exitParams(exit));
    for (const call of calls) call.settle(error);
    this.#apply({ kind: 'failed', failure: { kind: 'exit', exit } });
  }

  async #end(child: StdioChild, times = this.#limits.end): Promise<void> {
    const survivors = await child.end(times);
    if (survivors.length > 0) this.#deps.log({ kind: 'survivors', pids: survivors });
  }

  /** Says to a new child what callers of the 2025 era said to the one before. Rejects when it does not answer in time. */
  async #repeatHandshake(child: StdioChild): Promise<{ server?: ServerInfo }> {
    const { initialize } = this.#handshake;
    if (initialize === undefined) return {};
    const { clock, log } = this.#deps;
    let stopTimer: (() => void) | undefined;
    const outcome = await new Promise<ChannelAnswer | TunnelError>((resolve) => {
      const own = new Message(initialize, resolve);
      const { id, line } = this.#mux.open(own);
      child.write(line);
      stopTimer = clock.after(this.#limits.handshakeMs, () => {
        this.#mux.close(id);
        resolve(this.#error('handshake_failed', { detail: 'no answer to initialize after a restart' }));
      });
    });
    stopTimer?.();
    if (outcome instanceof TunnelError) {
      if (this.#child !== child) return {};
      // It hangs. Let go of it first, so that its end is not taken for another failure.
      this.#child = undefined;
      this.#leaving = this.#end(child).then(() => this.#deps.children?.removed(child.pid));
      throw outcome;
    }
    const body = outcome.body ?? Buffer.alloc(0);
    if (readMessage(body).isError) {
      // Its callers are better judges of that than we are: let them hear what it says to their calls.
      log({ kind: 'handshake-refused' });
      return {};
    }
    if (this.#handshake.initializedLine) child.write(this.#handshake.initializedLine);
    const server = serverInfoFrom('initialize', body);
    return server ? { server } : {};
  }

  // --- messages to the child ---

  /** What needs no child, or cannot have one. */
  #answerAtOnce(request: ChannelRequest): ChannelAnswer | TunnelError | undefined {
    const { message, cancellation } = request;
    if (message.kind === 'batch') return this.#error('batch_refused');
    if (message.kind === 'invalid') return this.#error('bad_request');
    // The server's own questions are answered by the channel: a caller's answer has nowhere to go.
    if (message.kind === 'response') return accepted;
    if (cancellation.reason !== undefined) return this.#cancelledError(cancellation.reason);
    if (message.cancelledId) return this.#forwardCancel(request, message.cancelledId);
    return this.#refusal();
  }

  /** Why a message cannot be taken now, or undefined when it can, or may as well wait a moment. */
  #refusal(): TunnelError | undefined {
    const state = this.#state;
    if (state.phase === 'stopped') return this.#error('shutting_down');
    if (state.phase !== 'waiting' || state.wakeAt - this.#deps.clock.now() <= this.#limits.holdMs) return undefined;
    return this.#failureError(state.failure, state.failures);
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
  #mustWaitItsTurn(entry: Message): boolean {
    return entry.isRequest && this.#turn !== undefined;
  }

  /** False, and nothing is written, when it has to wait. */
  #writeNow(entry: Message): boolean {
    const child = this.#child;
    if (child === undefined || this.#state.phase !== 'open' || !this.#hasRoom(child, entry.bytes.length)) return false;
    if (this.#mustWaitItsTurn(entry)) return false;
    this.#write(child, entry);
    return true;
  }

  #hasRoom(child: StdioChild, size: number): boolean {
    return child.pendingBytes === 0 || child.pendingBytes + size <= this.#limits.maxPendingBytes;
  }

  #write(child: StdioChild, entry: Message): void {
    if (!entry.isRequest) {
      child.write(toLine(asOneLine(entry.bytes)));
      this.#handshake.sent(entry);
      entry.settle(accepted);
      return;
    }
    const { id, line } = this.#mux.open(entry);
    entry.id = id;
    if (this.#config.concurrency === 'serial') this.#turn = entry;
    child.write(line);
  }

  #cancel(entry: Message, reason: CancelReason): void {
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
  #tellCancelled(entry: Message, reason: string): void {
    if (entry.id === undefined || entry.cancelSent || entry.message.method === 'initialize') return;
    entry.cancelSent = true;
    this.#child?.write(cancelledLine(entry.id, reason));
  }

  /**
   * A caller's own `notifications/cancelled`. It goes on only when it is clear which call it means: an id that nobody has,
   * or that two callers chose, could hit the private id of somebody else.
   */
  #forwardCancel({ bytes }: ChannelRequest, span: Span): ChannelAnswer {
    const id = bytes.subarray(span.start, span.end);
    const waiting = [...this.#waiting].filter(({ message }) => message.kind === 'request');
    const idOf = (entry: Message): Buffer => {
      const last = entry.message.ids.at(-1);
      return entry.bytes.subarray(last?.start ?? 0, last?.end ?? 0);
    };
    const meant = [
      ...waiting.filter((entry) => idOf(entry).equals(id)),
      ...this.#mux.withCallerId(id).map(({ call }) => call),
    ];
    const [entry] = meant;
    if (entry === undefined || meant.length > 1) return accepted;
    if (this.#waiting.delete(entry)) entry.settle(this.#cancelledError('cancelled'));
    else this.#tellCancelled(entry, 'cancelled');
    // A server need not answer a cancelled request: the next one must not wait for it.
    this.#endTurn(entry);
    return accepted;
  }

  #endTurn(entry: Message): void {
    if (this.#turn === entry) this.#turn = undefined;
    if (this.#waiting.size > 0) this.#pump();
  }

  // --- messages from the child ---

  #receive(line: Buffer): void {
    const received = this.#mux.receive(line);
    switch (received.kind) {
      case 'answer':
        this.#answered(received.call, received.bytes, received.isError);
        return;
      case 'bad-answer':
        received.call.settle(this.#error('bad_json'));
        this.#endTurn(received.call);
        return;
      case 'notification':
        if (received.call?.onNotification) received.call.onNotification(received.bytes);
        else this.#deps.log({ kind: 'unclaimed-notification', method: received.method });
        return;
      case 'reply':
        // A server that asks without reading must not fill our memory with answers.
        if (this.#child && this.#hasRoom(this.#child, received.line.length)) this.#child.write(received.line);
        if (received.method !== 'ping') this.#deps.log({ kind: 'server-request', method: received.method });
        return;
      case 'noise':
        this.#noise(received.reason, line);
    }
  }

  #answered(entry: Message, body: Buffer, isError: boolean): void {
    const { method } = entry.message;
    const server = isError || entry.onNotification === undefined ? undefined : serverInfoFrom(method, body);
    if (method === 'initialize' && !isError && entry.onNotification) this.#handshake.remember(entry);
    entry.settle({ status: 200, headers: [], body });
    this.#apply({ kind: 'answered', ...(server && { server }) });
    this.#endTurn(entry);
  }

  #overlong(head: Buffer): void {
    this.#overlongHead = Buffer.from(head.subarray(0, longestNoise));
    this.#refuseOverlong(this.#mux.ownerByHead(head));
  }

  #overlongEnd(tail: Buffer): void {
    const head = this.#overlongHead;
    if (head === undefined) return;
    this.#refuseOverlong(this.#mux.ownerByTail(tail));
    if (this.#overlongHead !== undefined) this.#noise('line-too-long', head);
    this.#overlongHead = undefined;
  }

  #refuseOverlong(owner: Message | undefined): void {
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

/** The last lines only, and not the empty ones: the state has more of them. */
function exitParams(exit: ChildExit): TunnelError['params'] {
  const lines = exit.stderr.filter((line) => line.trim() !== '').slice(-8);
  return {
    ...(exit.exitCode !== null && { exitCode: exit.exitCode }),
    ...(exit.signal !== null && { signal: exit.signal }),
    ...(lines.length > 0 && { stderr: lines.join('\n').slice(-1_000) }),
  };
}

/** Throws `TunnelError` `config_invalid` when the command cannot be split; nothing is started yet. */
export const createStdioChannel = (config: StdioChannelConfig, deps: StdioChannelDeps): Channel =>
  new StdioChannel(config, deps);
