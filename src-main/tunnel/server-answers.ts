import type { ErrorCode, TunnelError } from '../../shared/errors.ts';
import type { ChannelSnapshot } from '../../shared/tunnel.ts';

type Failing = NonNullable<ChannelSnapshot['failing']>;

/** Nothing that the server did or left undone. */
const notItsFault: ReadonlySet<ErrorCode> = new Set(['cancelled', 'shutting_down', 'batch_refused', 'bad_request']);

/** Whoever calls without a token is asked to sign in: a server that does so works. */
const asksToSignIn = ({ params: { status } }: TunnelError): boolean => status === 401 || status === 403;

/**
 * What became of the calls of each channel's server: when it last answered one, and which it has not answered since. An
 * error of its own is an answer; a failure on the way, an answer that is none, and none in time are not.
 */
export class ServerAnswers {
  readonly #answeredAt = new Map<string, number>();
  readonly #failing = new Map<string, Failing>();

  /** @param at - wall-clock milliseconds */
  answered(channel: string, at: number): void {
    this.#answeredAt.set(channel, at);
    if (this.#failing.size > 0) this.#failing.delete(channel);
  }

  /** @param at - wall-clock milliseconds */
  failed(channel: string, error: TunnelError, at: number): void {
    if (notItsFault.has(error.code) || asksToSignIn(error)) return;
    const { since, calls } = this.#failing.get(channel) ?? { since: at, calls: 0 };
    this.#failing.set(channel, { since, calls: calls + 1, error: error.toJSON() });
  }

  /** The server could not be reached, and now it can: what failed meanwhile says nothing of what comes. */
  forgive(channel: string): void {
    this.#failing.delete(channel);
  }

  /** What a channel's snapshot says of it. */
  of(channel: string): Pick<ChannelSnapshot, 'lastAnswerAt' | 'failing'> {
    const lastAnswerAt = this.#answeredAt.get(channel);
    const failing = this.#failing.get(channel);
    return { ...(lastAnswerAt === undefined ? {} : { lastAnswerAt }), ...(failing && { failing }) };
  }
}
