import type { ChannelState } from '../../../shared/tunnel.ts';
import type { Cancellation } from '../../base/cancellation.ts';
import type { Channel, ChannelAnswer, ChannelRequest } from '../../call/channel.ts';
import type { HeaderList } from '../../../shared/trace.ts';
import { type Era, eraOf, isOperation } from '../era.ts';

type Listener = (state: ChannelState) => void;

/** A channel whose child serves one era, made when the first caller of the other one comes. */
export interface EraParts {
  readonly make: () => Channel;
  /** Whether a server that has just been started speaks the newer era; asked once. Never rejects. */
  readonly speaksModern: (channel: Channel) => Promise<boolean>;
  /** A second child is started for callers of this era, or its server turned out not to speak it. */
  readonly log: (event: { readonly kind: 'second-era' | 'one-era'; readonly era: Era }) => void;
}

/**
 * A program that callers of both eras use. Many servers take the first message of their life for the era of all that
 * follow, so each era gets a child of its own: the first belongs to the era whose callers it answered first, the second is
 * started when a request of the other era comes. A server that speaks one era only keeps one child.
 */
export class EraChannel implements Channel {
  readonly #parts: EraParts;
  readonly #first: Channel;
  #second: Channel | undefined;
  /** Until it is known whether the server speaks the other era at all. */
  #trying: Promise<void> | undefined;
  /** The era of the first child; undefined while it has answered neither. */
  #era: Era | undefined;
  /** Requests that may fix it, with their era: those of the other era wait for them. */
  #opening: { readonly era: Era; readonly over: Promise<unknown> } | undefined;
  /** The server speaks one era only. */
  #single = false;
  #closed = false;
  readonly #listeners = new Set<Listener>();

  constructor(parts: EraParts) {
    this.#parts = parts;
    this.#first = parts.make();
    this.#first.onState(() => this.#tell());
  }

  get name(): string {
    return this.#first.name;
  }

  get transport(): Channel['transport'] {
    return this.#first.transport;
  }

  get target(): string {
    return this.#first.target;
  }

  get procAffinity(): boolean {
    return this.#first.procAffinity;
  }

  get stateless(): boolean {
    return this.#first.stateless;
  }

  get inFlight(): number {
    return this.#first.inFlight + (this.#second?.inFlight ?? 0);
  }

  /** The first child's, with what is to be told of the second one. */
  get state(): ChannelState {
    const first = this.#first.state;
    const second = this.#second?.state;
    if (this.#era === undefined || second === undefined || first.kind !== 'ready') return first;
    if (second.kind !== 'ready') return second.kind === 'idle' || second.kind === 'starting' ? first : second;
    const versions = [...(first.server?.protocolVersions ?? []), ...(second.server?.protocolVersions ?? [])];
    const server = {
      ...second.server,
      ...first.server,
      protocolVersions: [...new Set(versions)].toSorted().toReversed(),
    };
    return { ...first, server, ...(second.pid !== undefined && { secondPid: second.pid }) };
  }

  onState(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): Promise<void> {
    return this.#first.start();
  }

  send(request: ChannelRequest): Promise<ChannelAnswer> {
    if (this.#single) return this.#first.send(request);
    const era = eraOf(request);
    if (era === this.#era) return this.#first.send(request);
    if (this.#era === undefined) return this.#sendFirst(request, era);
    if (this.#second !== undefined && this.#trying === undefined) return this.#sendSecond(request, this.#second);
    // what is no request needs no answer, and no child of its own
    if (request.message.kind !== 'request' || this.#closed) return this.#first.send(request);
    return this.#sendLater(request, era);
  }

  terminate(headers: HeaderList, cancellation: Cancellation): Promise<ChannelAnswer> {
    return this.#first.terminate(headers, cancellation);
  }

  nudge(): void {
    this.#first.nudge();
    this.#second?.nudge();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#first.close(), this.#second?.close()]);
    this.#listeners.clear();
  }

  /** Nobody was answered yet: whoever is first decides, and callers of the other era wait until that is known. */
  async #sendFirst(request: ChannelRequest, era: Era): Promise<ChannelAnswer> {
    while (this.#opening !== undefined && this.#opening.era !== era) {
      await this.#opening.over;
      if (this.#era !== undefined) return this.send(request);
    }
    if (!opensEra(request, era)) return this.#first.send(request);
    const sent = this.#first.send(request);
    const over = sent.then(
      ({ body, message }) => {
        if (body !== undefined && message?.isError !== true) this.#era ??= era;
      },
      () => undefined,
    );
    const opening = (this.#opening ??= { era, over });
    try {
      return await sent;
    } finally {
      await over;
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  async #sendLater(request: ChannelRequest, era: Era): Promise<ChannelAnswer> {
    this.#trying ??= this.#try(era);
    await this.#trying;
    return this.#second === undefined ? this.#first.send(request) : this.#sendSecond(request, this.#second);
  }

  async #try(era: Era): Promise<void> {
    this.#parts.log({ kind: 'second-era', era });
    const second = this.#parts.make();
    this.#second = second;
    second.onState(() => this.#tell());
    await second.start();
    if (era === 'modern' && !(await this.#parts.speaksModern(second))) this.#giveUp(second, era);
    this.#trying = undefined;
  }

  async #sendSecond(request: ChannelRequest, second: Channel): Promise<ChannelAnswer> {
    const answer = await second.send(request);
    // the newer era was asked for by itself; of the older one its first message tells
    if (this.#era === 'modern' && request.message.method === 'initialize' && answer.message?.isError === true) {
      this.#giveUp(second, 'legacy');
    }
    return answer;
  }

  #giveUp(second: Channel, era: Era): void {
    if (this.#second !== second || this.#closed) return;
    this.#second = undefined;
    this.#single = true;
    this.#parts.log({ kind: 'one-era', era });
    void second.close();
    this.#tell();
  }

  #tell(): void {
    const { state } = this;
    for (const listener of this.#listeners) listener(state);
  }
}

/** Whether a result of this request says that the child is of its era. */
const opensEra = ({ message }: ChannelRequest, era: Era): boolean =>
  message.kind === 'request' && (era === 'modern' || message.method === 'initialize' || isOperation(message.method));
