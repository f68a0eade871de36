import { TunnelError } from '../../shared/errors.ts';
import type { Profile } from '../../shared/profile.ts';
import { describeSilence } from '../../shared/silence-words.ts';
import type { TunnelSnapshot, TunnelState } from '../../shared/tunnel.ts';
import { ControlPlaneClient, type TunnelMetadata } from '../control-plane/client.ts';
import { controlPlaneUrl } from '../network/control-plane-url.ts';
import type { ClientIdentity } from '../control-plane/request-headers.ts';
import { forwardTraceContext } from '../control-plane/trace-context.ts';
import { cachedServerInfo } from '../control-plane/server-info.ts';
import type { Channel, ChannelAnswer } from '../call/channel.ts';
import type { RouteWatch } from '../network/route-watch.ts';
import type { Routes } from '../network/routes.ts';
import type { Log } from '../observe/log.ts';
import type { CallEvents } from '../call/events.ts';
import type { Stage } from '../call/stage.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { Dispatcher } from './dispatcher.ts';
import type { LocalAnswer, LocalCallOptions } from './local-calls.ts';
import { Poller } from './poller.ts';
import { CommandQueue } from './queue.ts';
import { Responder } from './responder.ts';
import { RoundTrip } from './round-trip.ts';
import { SilenceWatch } from './silence-watch.ts';
import { next, stoppedSince, type TunnelEvent } from './state.ts';
import type { NudgeReason } from './tunnel-manager.ts';

export interface TunnelParts {
  readonly clock: Clock;
  readonly secrets: SecretResolver;
  readonly routes: Routes;
  readonly channels: readonly Channel[];
  readonly identity: ClientIdentity;
  readonly events: CallEvents;
  readonly stages?: (channel: Channel) => readonly Stage[];
  readonly log: Log;
  readonly discover: ((cancellation: Cancellation) => Promise<ChannelAnswer>) | undefined;
  /** Whether proxies let the tunnel through, and which certificates end when. */
  readonly ways?: RouteWatch;
  /** Looks at start, before the first poll, at what the service wants to know of the servers. Never rejects. */
  readonly beforePolling?: () => Promise<void>;
  /** Something that the snapshot shows has changed. */
  readonly changed: () => void;
}

/** The service is asked for the tunnel's name, and may take this long; the first poll waits a little for it. */
const metadataLimitMs = 5_000;
const metadataPatienceMs = 1_000;
/** Longer than a load balancer or proxy usually keeps a connection. */
const oldConnectionMs = 1_800_000;
/** What is left of a drain is answered, and the answers posted, within this time. */
const lastWordsMs = 1_000;

const unusableKinds: ReadonlySet<Channel['state']['kind']> = new Set([
  'restarting',
  'crash-loop',
  'unusable',
  'stopped',
]);

/** One running tunnel: polls, hands to channels, posts. Made for one start; a changed profile makes another. */
export class Tunnel {
  readonly profile: Profile;
  readonly #parts: TunnelParts;
  readonly #client: ControlPlaneClient;
  readonly #queue: CommandQueue;
  readonly #poller: Poller;
  readonly #responder: Responder;
  readonly #dispatcher: Dispatcher;
  readonly #stopListening: (() => void)[] = [];
  /** Channels that cannot take calls. One whose server is being started again is still among them: that proves nothing. */
  readonly #unusable = new Set<string>();
  #state: TunnelState;
  #metadata: TunnelMetadata = {};
  #lastPollAt: number | undefined;
  #roundTripMs: number | undefined;
  readonly #roundTrip = new RoundTrip();
  #pollCut: TunnelSnapshot['pollCut'];
  readonly #silence = new SilenceWatch();
  /** Monotonic time since when the connections are the same, as far as is known. */
  #connectionsSince = 0;
  readonly #polls = { answered: 0, failed: 0 };
  #stopping: Promise<void> | undefined;
  #force: (() => void) | undefined;

  constructor(profile: Profile, parts: TunnelParts) {
    const { clock, secrets, routes, channels, identity, events, log, stages } = parts;
    const { controlPlane: config, mcp } = profile;
    this.profile = profile;
    this.#parts = parts;
    this.#state = stoppedSince(clock.wall());
    this.#client = new ControlPlaneClient({
      config,
      routes,
      secrets,
      clock,
      identity,
      serverInfo: cachedServerInfo(channels),
      onReplaced: () => this.nudge('person'),
    });
    this.#queue = new CommandQueue(config.maxInflight, channels.length);
    this.#responder = new Responder({
      client: this.#client,
      clock,
      events,
      posted: (ms) => this.#answered(ms),
      refused: (error, waitMs) => this.#answerRefused(error, waitMs),
    });
    this.#dispatcher = new Dispatcher({
      tunnel: profile.id,
      channels: new Map(channels.map((channel) => [channel.name, channel])),
      queue: this.#queue,
      responder: this.#responder,
      clock,
      events,
      ...(stages && { stages }),
      log,
      maxConcurrent: mcp.maxConcurrentRequests,
      ownLimitMs: mcp.connectionMaxTtlMs,
      discover: parts.discover,
      changed: () => this.#changed(),
      roomy: () => this.#poller.fill(),
      expecting: (answers) => this.#client.warm(answers),
    });
    this.#poller = new Poller({
      client: this.#client,
      clock,
      timeoutMs: config.pollTimeoutMs,
      initialTimeoutMs: config.initialPollTimeoutMs,
      guardrailMs: config.pollDeadlineGuardrailMs,
      intervalMs: config.pollIntervalMs,
      maxPolls: config.maxPolls,
      roundTripMs: () => this.#roundTrip.shortestMs,
      free: () => this.#queue.free,
      deliver: (body) => {
        for (const command of body.commands) {
          if (mcp.forwardTraceContext) forwardTraceContext(command);
          this.#silence.saw(command, clock.now());
        }
        this.#dispatcher.accept(body);
      },
      succeeded: () => this.#polled(),
      failed: (error, attempt, waitMs, refusals) => this.#pollFailed(error, attempt, waitMs, refusals),
      cut: (cut) => {
        this.#pollCut = cut;
        log.info('Something on the way closes quiet connections; polls wait less from now on.', cut, {
          tunnel: profile.id,
        });
        this.#changed();
      },
    });
    for (const channel of channels) {
      let wasUnusable = false;
      if (unusableKinds.has(channel.state.kind)) this.#unusable.add(channel.name);
      this.#stopListening.push(
        channel.onState(({ kind }) => {
          if (wasUnusable && kind === 'ready') this.#dispatcher.answers.forgive(channel.name);
          wasUnusable = kind === 'unusable';
          if (unusableKinds.has(kind)) this.#unusable.add(channel.name);
          else if (kind !== 'starting') this.#unusable.delete(channel.name);
          this.#apply({ kind: 'channels', at: clock.wall(), unusable: [...this.#unusable] });
          this.#changed();
        }),
      );
    }
  }

  get state(): TunnelState {
    return this.#state;
  }

  get inFlight(): number {
    return this.#dispatcher.inFlight;
  }

  /** The channel that calls of this name go through. */
  channel(name: string): Channel | undefined {
    return this.#parts.channels.find((channel) => channel.name === name);
  }

  /** See `TunnelManager.call`. */
  call(channel: string, bytes: Buffer, options: LocalCallOptions): Promise<LocalAnswer> {
    return this.#stopping
      ? Promise.reject(new TunnelError('tunnel_not_running', 'local'))
      : this.#dispatcher.call(channel, bytes, options);
  }

  snapshot(): TunnelSnapshot {
    const { profile } = this;
    const { ways } = this.#parts;
    const { name: title, description } = this.#metadata;
    const { lastCommandAt, lastAnswerAt, held } = this.#dispatcher;
    return {
      id: profile.id,
      name: profile.name,
      tunnelId: profile.controlPlane.tunnelId,
      controlPlane: controlPlaneUrl(profile.controlPlane).origin,
      state: this.#state,
      channels: this.#parts.channels
        .filter(({ isRoutable = true }) => isRoutable)
        .map(({ name, transport, target, state, inFlight }) => ({
          name,
          transport,
          target,
          state,
          inFlight,
          ...this.#dispatcher.answers.of(name),
        })),
      queue: { depth: this.#queue.depth, capacity: this.#queue.capacity },
      inFlight: this.#dispatcher.inFlight,
      ...(held === 0 ? {} : { held }),
      ...this.#dispatcher.waits(),
      pollsOut: this.#poller.out,
      polls: { ...this.#polls },
      counts: { ...this.#dispatcher.counts },
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(this.#lastPollAt === undefined ? {} : { lastPollAt: this.#lastPollAt }),
      ...(lastCommandAt === undefined ? {} : { lastCommandAt }),
      ...(lastAnswerAt === undefined ? {} : { lastAnswerAt }),
      ...(this.#roundTripMs === undefined ? {} : { roundTripMs: this.#roundTripMs }),
      ...(this.#pollCut === undefined ? {} : { pollCut: this.#pollCut }),
      ...(this.#silence.found && { silence: this.#silence.found }),
      ...(this.#client.lastWord && { lastWord: this.#client.lastWord }),
      ...(ways && { proxies: [...ways.proxies], certificates: [...ways.certificates] }),
    };
  }

  /** Starts the servers, asks for the tunnel's name and begins to poll. Resolves when polling has begun; never rejects. */
  async start(): Promise<void> {
    const { clock, channels, beforePolling } = this.#parts;
    this.#apply({ kind: 'start', at: clock.wall() });
    this.#apply({ kind: 'step', at: clock.wall(), step: 'channels' });
    const metadata = this.#client.metadata(metadataLimitMs).then(
      (found) => {
        this.#metadata = found;
        this.#changed();
      },
      // the first poll says what is wrong; a 404 here is tolerated
      () => undefined,
    );
    await Promise.all([
      this.#within(metadataPatienceMs, [metadata]),
      beforePolling?.(),
      ...channels.map((channel) => channel.start()),
    ]);
    if (this.#stopping) return;
    this.#apply({ kind: 'step', at: clock.wall(), step: 'first-poll' });
    this.#connectionsSince = clock.now();
    this.#poller.start();
    this.#parts.ways?.start();
    this.#changed();
  }

  nudge(reason: NudgeReason): void {
    const { clock, channels, routes } = this.#parts;
    if (this.#stopping) return;
    for (const channel of channels) channel.nudge();
    this.#parts.ways?.nudge();
    this.#responder.nudge();
    if (reason === 'person') routes.forgiveProxies();
    if (reason === 'wake') {
      const now = clock.wall();
      // the monotonic clock stood still: by the caller's clock these are over
      this.#dispatcher.cancelAll(
        'deadline',
        ({ deadlineAt, receipt }) => deadlineAt !== undefined && now - receipt.wall > deadlineAt - receipt.now,
      );
    }
    if (reason === 'person') return this.#poller.nudge();
    this.#pollCut = undefined;
    this.#roundTrip.forget();
    this.#connectionsSince = clock.now();
    void routes.closeIdle().finally(() => this.#poller.restart());
  }

  /** Drains: no new polls, calls in flight finish within `graceMs`, the rest is answered `client_internal`. A second call forces. */
  stop(graceMs: number): Promise<void> {
    if (this.#stopping) {
      this.#apply({ kind: 'stop', at: this.#parts.clock.wall(), inFlight: this.inFlight, forced: true });
      this.#force?.();
      this.#changed();
      return this.#stopping;
    }
    this.#stopping = this.#drain(graceMs);
    return this.#stopping;
  }

  async #drain(graceMs: number): Promise<void> {
    const { clock, channels, routes } = this.#parts;
    this.#apply({ kind: 'stop', at: clock.wall(), inFlight: this.inFlight, forced: false });
    this.#changed();
    const forced = new Promise<void>((resolve) => (this.#force = resolve));
    this.#responder.stop();
    await this.#within(graceMs, [this.#poller.stop().then(() => this.#dispatcher.idle())], forced);
    this.#dispatcher.failAll();
    this.#poller.abort();
    // a person who forces waits for no call, but its caller is still told
    await this.#within(lastWordsMs, [this.#dispatcher.idle()]);
    this.#dispatcher.cancelAll('shutdown');
    await Promise.all(channels.map((channel) => channel.close()));
    for (const stop of this.#stopListening) stop();
    this.#client.close();
    this.#parts.ways?.stop();
    await routes.close();
    this.#apply({ kind: 'stopped', at: clock.wall() });
    this.#changed();
  }

  /** Resolves when the work is done, the time is up, or a person forces. */
  async #within(ms: number, work: Promise<unknown>[], ...forced: Promise<void>[]): Promise<void> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<void>((resolve) => (cancel = this.#parts.clock.after(ms, resolve)));
    await Promise.race([Promise.all(work), limit, ...forced]);
    cancel();
  }

  #polled(): void {
    const { clock } = this.#parts;
    this.#lastPollAt = clock.wall();
    this.#polls.answered++;
    this.#apply({ kind: 'polled', at: this.#lastPollAt, unusable: [...this.#unusable] });
    this.#watchSilence();
    this.#changed();
  }

  /** Renews the connections when calls seem to get lost, and from time to time anyway: what is on the way may forget old ones. */
  #watchSilence(): void {
    const { clock, log, routes } = this.#parts;
    const now = clock.now();
    const silence = this.#silence.look(now);
    if (silence) {
      const { title, cause, next } = describeSilence(silence);
      log.warn(`${title}. ${cause} ${next}`, {}, { tunnel: this.profile.id, channel: silence.channel });
    }
    if (!silence && now - this.#connectionsSince < oldConnectionMs) return;
    this.#connectionsSince = now;
    // requests under way end on the old ones
    void routes.closeIdle();
  }

  #pollFailed(error: TunnelError, attempt: number, waitMs: number, refusals: number): void {
    const { clock, log } = this.#parts;
    const at = clock.wall();
    this.#polls.failed++;
    this.#apply({ kind: 'poll-failed', at, error: error.toJSON(), attempt, refusals, nextTryAt: at + waitMs });
    log.warn(
      'A poll failed.',
      { code: error.code, attempt, next_try_s: Math.round(waitMs / 100) / 10 },
      { tunnel: this.profile.id },
    );
    this.#changed();
  }

  #answered(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
    this.#roundTrip.saw(roundTripMs, this.#parts.clock.now());
    if (this.#state.kind === 'unauthorised')
      this.#apply({ kind: 'answered', at: this.#parts.clock.wall(), unusable: [...this.#unusable] });
  }

  /** The key polls, yet what it answers is refused: nobody gets an answer until a person has acted. */
  #answerRefused(error: TunnelError, waitMs: number): void {
    const { clock, log } = this.#parts;
    const at = clock.wall();
    this.#apply({ kind: 'answer-refused', at, error: error.toJSON(), nextTryAt: at + waitMs });
    log.error('The control plane refuses an answer.', { code: error.code }, { tunnel: this.profile.id });
    this.#changed();
  }

  #apply(event: TunnelEvent): void {
    this.#state = next(this.#state, event);
  }

  #changed(): void {
    this.#parts.changed();
  }
}
