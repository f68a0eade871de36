import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { Command } from '../call/command.ts';

type Silence = NonNullable<TunnelSnapshot['silence']>;

/** A channel has a rhythm once so many commands came; it is silent when it is quiet so many times longer than ever before. */
const commandsForRhythm = 5;
const timesLonger = 4;
const leastSilenceMs = 600_000;
/** What must have come for others in the meantime: the way from the service is open then. */
const othersThatTell = 3;
/** Nobody begins a session again so often that has got the answer. */
const beginningsThatTell = 4;
const beginningsWithinMs = 180_000;
const beginnings: ReadonlySet<string> = new Set(['initialize', 'server/discover']);

interface Heard {
  count: number;
  readonly firstAt: number;
  lastAt: number;
  longestGapMs: number;
  /** Commands of other channels since `lastAt`. */
  others: number;
  /** When the session was begun, since anything else was asked. */
  begun: number[];
  beginning: string;
  told: boolean;
}

/**
 * Tells a channel that gets no calls any more, or whose caller does not get the answers, from one that nobody uses. Times are
 * monotonic milliseconds. Looked at with every poll: it needs no timer of its own.
 */
export class SilenceWatch {
  readonly #heard = new Map<string, Heard>();
  #found: Silence | undefined;

  /** What was found last, until the channel is heard of again. */
  get found(): Silence | undefined {
    return this.#found;
  }

  saw({ channel, kind, message, record }: Command, now: number): void {
    for (const [name, other] of this.#heard) if (name !== channel) other.others++;
    const heard = this.#heard.get(channel) ?? {
      count: 0,
      firstAt: now,
      lastAt: now,
      longestGapMs: 0,
      others: 0,
      begun: [],
      beginning: '',
      told: false,
    };
    this.#heard.set(channel, heard);
    if (heard.count > 0) heard.longestGapMs = Math.max(heard.longestGapMs, now - heard.lastAt);
    heard.count++;
    heard.lastAt = now;
    heard.others = 0;
    if (kind === 'jsonrpc' && beginnings.has(record.method)) {
      heard.begun.push(now);
      heard.beginning = record.method;
      while (heard.begun.length > 0 && now - (heard.begun[0] ?? 0) > beginningsWithinMs) heard.begun.shift();
      return;
    }
    // a caller that goes on has got its answer
    if (message.kind !== 'request' && message.kind !== 'notification') return;
    heard.begun.length = 0;
    heard.told = false;
    if (this.#found?.channel === channel) this.#found = undefined;
  }

  /** Something new that is worth saying; undefined when there is nothing, or it was said already. */
  look(now: number): Silence | undefined {
    for (const [channel, heard] of this.#heard) {
      const silence = heard.told ? undefined : findingOf(channel, heard, now);
      if (!silence) continue;
      heard.told = true;
      this.#found = silence;
      return silence;
    }
    return undefined;
  }
}

function findingOf(channel: string, heard: Heard, now: number): Silence | undefined {
  const [first] = heard.begun;
  if (first !== undefined && heard.begun.length >= beginningsThatTell)
    return { kind: 'repeats', channel, method: heard.beginning, times: heard.begun.length, withinMs: now - first };
  const silentMs = now - heard.lastAt;
  // every other channel is used now and then; `main` is what the calling product uses
  const isSilent =
    channel === 'main' &&
    heard.lastAt - heard.firstAt >= leastSilenceMs &&
    heard.count >= commandsForRhythm &&
    heard.others >= othersThatTell &&
    silentMs > Math.max(leastSilenceMs, timesLonger * heard.longestGapMs);
  if (!isSilent) return undefined;
  return { kind: 'silent', channel, silentMs, rhythmMs: heard.longestGapMs, others: heard.others };
}
