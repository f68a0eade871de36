import { asTunnelError } from '../base/as-tunnel-error.ts';
import { TunnelError } from '../../shared/errors.ts';
import type { StageMark } from '../../shared/trace.ts';
import type { Clock } from '../base/clock.ts';
import type { AnswerHead, Channel, ChannelAnswer } from '../call/channel.ts';
import type { Command, NotificationTaker } from '../call/command.ts';
import type { CallEvents } from '../call/events.ts';
import type { Stage, StageDecision } from '../call/stage.ts';
import { readMessage } from '../json/message.ts';
import { isWellFormed } from '../json/structure.ts';
import type { CommandQueue } from './queue.ts';

type Decision = Exclude<StageDecision, { kind: 'change' }>;

/** Whom a lane tells what came of its calls. */
export interface LaneOwner {
  /** The call is in flight and has no answer yet. */
  isWaiting(call: Command): boolean;
  /** A notification to post. */
  notified(call: Command, bytes: Buffer, head: AnswerHead | undefined): void;
  /** What the server answered, or why there is no answer. The call may be over by now. */
  served(call: Command, channel: Channel, outcome: ChannelAnswer | TunnelError): void;
  /** A stage answered or refused the call; a `TunnelError` when the stage failed. Nothing was sent. */
  decided(call: Command, decision: Decision | TunnelError): void;
  /** The queue has room again. */
  roomy(): void;
  /** Something that a snapshot shows has changed. */
  changed(): void;
}

export interface LaneOptions {
  readonly channel: Channel;
  readonly stages: readonly Stage[];
  /** Shared by the lanes of a tunnel; each has its part of it. */
  readonly queue: CommandQueue;
  /** Calls that its server works on at a time. */
  readonly slots: number;
  readonly clock: Clock;
  readonly events: CallEvents;
  readonly owner: LaneOwner;
}

/** The path of a call to one channel: its stages, its part of the queue, its slots. A held call is in neither of the last two. */
export class Lane implements NotificationTaker {
  readonly channel: Channel;
  readonly #options: LaneOptions;
  readonly #stages: readonly Stage[];
  /** Calls that each stage holds. */
  readonly #held: number[];
  #running = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.channel = options.channel;
    this.#stages = options.stages;
    this.#held = options.stages.map(() => 0);
  }

  /** Calls that stages hold. */
  get held(): number {
    let sum = 0;
    for (const held of this.#held) sum += held;
    return sum;
  }

  /** Takes an admitted call through its stages to the queue, and on as soon as there is a slot. */
  run(call: Command): void {
    if (this.#stages.length > 0) this.#offer(call, 0);
    else this.#enqueue(call);
  }

  /** A held call is over, or gets an answer without its stage's decision. */
  abandon(call: Command): void {
    const { hold } = call;
    if (hold === undefined) return;
    this.#letGo(call, hold);
    const stage = this.#stages[hold.stage];
    if (stage) abandon(stage, call);
  }

  /** A notification of a call that runs; called by the call itself. */
  take(call: Command, bytes: Buffer, head: AnswerHead | undefined): void {
    const { owner, events } = this.#options;
    if (!owner.isWaiting(call)) return;
    const passed = this.#stages.length === 0 ? bytes : this.#passNotification(call, bytes);
    if (passed === undefined) events.notified(call, bytes, true);
    else owner.notified(call, passed, head);
  }

  #offer(call: Command, from: number): void {
    for (let index = from; index < this.#stages.length; index++) {
      const stage = this.#stages[index];
      if (stage?.receive === undefined) continue;
      let decision: ReturnType<NonNullable<Stage['receive']>>;
      try {
        decision = stage.receive(call);
      } catch (error) {
        return this.#deny(call, stage, error);
      }
      if (decision !== undefined && 'then' in decision) return this.#hold(call, index, stage, decision);
      if (!this.#apply(call, stage, decision)) return;
    }
    this.#enqueue(call);
  }

  #hold(call: Command, index: number, stage: Stage, decision: Promise<StageDecision | undefined>): void {
    const { clock, events, owner } = this.#options;
    const held = this.#held[index] ?? 0;
    if (held >= stage.mostHeld) {
      decision.catch(() => undefined);
      this.#mark(call, stage, 'refused');
      owner.decided(call, new TunnelError('stage_full', 'local', { stage: stage.name, held }));
      abandon(stage, call);
      return;
    }
    this.#held[index] = held + 1;
    const hold = { stage: index, since: clock.now() };
    call.hold = hold;
    this.#mark(call, stage, 'held');
    if (call.record.status !== 'held') {
      call.record.status = 'held';
      events.held(call);
    }
    owner.changed();
    const go = (settled: () => void): void => {
      // over meanwhile: cancelled, expired, or answered because the tunnel stops
      if (call.hold !== hold) return;
      this.#letGo(call, hold);
      settled();
      owner.changed();
    };
    decision.then(
      (decided) => go(() => this.#apply(call, stage, decided) && this.#offer(call, index + 1)),
      (error: unknown) => go(() => this.#deny(call, stage, error)),
    );
  }

  #letGo(call: Command, hold: NonNullable<Command['hold']>): void {
    const { clock } = this.#options;
    call.hold = undefined;
    this.#held[hold.stage] = (this.#held[hold.stage] ?? 1) - 1;
    call.record.heldMs = (call.record.heldMs ?? 0) + clock.now() - hold.since;
    call.waitsSince = clock.wall();
    call.heardAt = call.waitsSince;
  }

  /** Whether the call goes on to the next stage. */
  #apply(call: Command, stage: Stage, decision: StageDecision | undefined): boolean {
    if (decision === undefined) return true;
    try {
      if (decision.kind === 'change') change(call, decision.bytes);
      else if (decision.kind === 'answer' && !isAnswerTo(call, decision.body))
        throw new TypeError('the answer of a stage is not a response to the call');
    } catch (error) {
      this.#deny(call, stage, error);
      return false;
    }
    if (decision.kind === 'change') {
      this.#mark(call, stage, 'changed');
      return true;
    }
    this.#mark(call, stage, decision.kind === 'answer' ? 'answered' : 'refused');
    this.#options.owner.decided(call, decision);
    return false;
  }

  #deny(call: Command, stage: Stage, cause: unknown): void {
    this.#options.owner.decided(call, this.#failed(call, stage, cause));
  }

  #failed(call: Command, stage: Stage, cause: unknown): TunnelError {
    this.#mark(call, stage, 'failed');
    return new TunnelError('stage_failed', 'local', { stage: stage.name }, { cause });
  }

  #mark({ record }: Command, { name: stage }: Stage, did: StageMark['did']): void {
    (record.stages ??= []).push({ stage, did });
  }

  #enqueue(call: Command): void {
    const { queue, events } = this.#options;
    call.record.status = 'queued';
    queue.push(call);
    events.queued(call);
    this.#pump();
  }

  #pump(): void {
    const { queue, slots, clock, events, owner } = this.#options;
    const { channel } = this;
    let taken = false;
    while (this.#running < slots) {
      const call = queue.shift(channel.name);
      if (!call) break;
      taken = true;
      this.#running++;
      const { record } = call;
      record.status = 'running';
      record.dispatchedMs = clock.now() - call.receipt.now;
      events.dispatched(call);
      call.notifications = this;
      channel.send(call).then(
        (answer) => this.#served(call, answer),
        (error: unknown) => this.#served(call, asTunnelError(error)),
      );
    }
    if (taken) owner.roomy();
  }

  #served(call: Command, outcome: ChannelAnswer | TunnelError): void {
    const { clock, events, owner } = this.#options;
    this.#running--;
    call.record.answeredMs = clock.now() - call.receipt.now;
    events.answered(call);
    const staged =
      this.#stages.length > 0 && !(outcome instanceof TunnelError) && owner.isWaiting(call)
        ? this.#passAnswer(call, outcome)
        : outcome;
    owner.served(call, this.channel, staged);
    this.#pump();
  }

  /** Through the stages in the opposite order: the first to see a call is the last to see its answer. */
  #passAnswer(call: Command, given: ChannelAnswer): ChannelAnswer | TunnelError {
    let answer = given;
    if (answer.body === undefined) return answer;
    for (const stage of this.#stages.toReversed()) {
      if (stage.answer === undefined) continue;
      try {
        const passed = stage.answer(call, answer);
        if (passed === answer) continue;
        if (passed.body === answer.body) {
          answer = passed;
          continue;
        }
        if (passed.body === undefined || !isAnswerTo(call, passed.body))
          throw new TypeError('the changed answer is not a response to the call');
        this.#mark(call, stage, 'changed');
        answer = { ...passed, message: readMessage(passed.body) };
      } catch (error) {
        return this.#failed(call, stage, error);
      }
    }
    return answer;
  }

  #passNotification(call: Command, given: Buffer): Buffer | undefined {
    let bytes = given;
    for (const stage of this.#stages.toReversed()) {
      if (stage.notify === undefined) continue;
      try {
        const passed = stage.notify(call, bytes);
        if (passed === bytes) continue;
        if (passed === undefined || !isWellFormed(passed) || readMessage(passed).kind !== 'notification')
          return undefined;
        bytes = passed;
      } catch {
        return undefined;
      }
    }
    return bytes;
  }
}

function abandon(stage: Stage, call: Command): void {
  try {
    stage.abandon?.(call);
  } catch {
    // the call is over: there is nothing left to deny
  }
}

const idOf = (bytes: Buffer, message = readMessage(bytes)): Buffer | undefined => {
  const span = message.ids.at(-1);
  return span && bytes.subarray(span.start, span.end);
};

function change(call: Command, bytes: Buffer): void {
  const message = readMessage(bytes);
  const [before, after] = [idOf(call.bytes, call.message), idOf(bytes, message)];
  const sameId = before === undefined ? after === undefined : after?.equals(before) === true;
  if (!isWellFormed(bytes) || message.kind !== call.message.kind || !sameId)
    throw new TypeError('the changed message is not the same kind of message with the same id');
  call.change(bytes, message);
}

function isAnswerTo(call: Command, body: Buffer): boolean {
  const message = readMessage(body);
  const id = idOf(call.bytes, call.message);
  return (
    message.kind === 'response' && id !== undefined && idOf(body, message)?.equals(id) === true && isWellFormed(body)
  );
}
