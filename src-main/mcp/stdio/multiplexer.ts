import { type MessageSpans, readMessage } from '../../json/message.ts';
import type { Span } from '../../json/span.ts';
import { asOneLine, type Replacement, rewrite } from '../../json/rewrite.ts';
import { isWellFormed } from '../../json/structure.ts';
import { withoutBom } from '../../json/bom.ts';
import { InFlightById } from '../../base/in-flight.ts';
import { replyTo } from '../server-request.ts';

/** A message and where its ids are: what the multiplexer needs of a call. */
export interface Multiplexed {
  readonly bytes: Buffer;
  readonly message: MessageSpans;
}

interface Entry<Call> {
  readonly call: Call;
  /** The caller's own id and progress token, as JSON, to be put back. */
  readonly callerId: Buffer;
  readonly callerToken: Buffer | undefined;
}

export type Noise = 'not-json-rpc' | 'batch' | 'malformed' | 'unknown-id' | 'unknown-progress-token';

/** What one line of the server turned out to be. */
export type Received<Call> =
  | { readonly kind: 'answer'; readonly call: Call; readonly bytes: Buffer; readonly message: MessageSpans }
  /** It was an answer to this call, but not JSON throughout: it must not get into an envelope. */
  | { readonly kind: 'bad-answer'; readonly call: Call }
  /** Without a call, when it names none and several are in flight, or none is. */
  | { readonly kind: 'notification'; readonly call: Call | undefined; readonly bytes: Buffer; readonly method: string }
  /** The server asked something itself: this line answers it. */
  | { readonly kind: 'reply'; readonly method: string; readonly line: Buffer }
  | { readonly kind: 'noise'; readonly reason: Noise };

const lineFeed = Buffer.from('\n');

const slice = (bytes: Buffer, { start, end }: Span): Buffer => bytes.subarray(start, end);

/** A progress token is a string or a number; anything else is not ours to mend. */
const isToken = (bytes: Buffer): boolean => /^["\d-]/.test(bytes.toString('latin1', 0, 1));

/** The number that a span holds: some servers write 7 as 7.0, others keep ids as text, `"7"`. */
function numberAt(bytes: Buffer, span: Span | undefined): number | undefined {
  if (span === undefined || span.end - span.start > 24) return undefined;
  const text = bytes.toString('latin1', span.start, span.end);
  if (/^\d/.test(text)) return Number(text);
  return /^"[1-9]\d*"$/.test(text) ? Number(text.slice(1, -1)) : undefined;
}

const numberIn = (match: RegExpExecArray | null): number | undefined => (match ? Number(match[1]) : undefined);

/**
 * Many callers on one stdio session. Every request goes out under a private id that is never used again in this process,
 * and `progressToken`, `notifications/cancelled` and subscription ids with it; what comes back is given the caller's own
 * bytes again. All other bytes stay as they are. It does no I/O: lines in, lines out.
 */
export class Multiplexer<Call extends Multiplexed> {
  readonly #entries = new InFlightById<Entry<Call>>();
  #lastId = 0;
  /** Several callers opened sessions on it: a notification that names no call may be for any of them. */
  isShared = false;

  get inFlight(): number {
    return this.#entries.size;
  }

  /** A request under a private id: its line, ready to be written. The call is in flight from now on. */
  open(call: Call): { id: number; line: Buffer } {
    const { message } = call;
    const bytes = asOneLine(call.bytes);
    const id = ++this.#lastId;
    const privateId = Buffer.from(String(id), 'latin1');
    const replacements: Replacement[] = message.ids.map((span) => ({ span, bytes: privateId }));
    let callerToken: Buffer | undefined;
    if (message.progressToken && isToken(slice(bytes, message.progressToken))) {
      callerToken = slice(bytes, message.progressToken);
      replacements.push({ span: message.progressToken, bytes: privateId });
    }
    const callerId = message.ids.at(-1);
    this.#entries.set(id, {
      call,
      callerId: callerId ? slice(call.bytes, callerId) : Buffer.from('null'),
      callerToken,
    });
    return { id, line: toLine(bytes, replacements) };
  }

  /** The call is over for its caller: a late answer will find nobody. */
  close(id: number): void {
    this.#entries.take(id);
  }

  /** Ends every call, as when the child exits. */
  clear(): Call[] {
    const calls = this.#entries.entries().map(([, { call }]) => call);
    this.#entries.clear();
    return calls;
  }

  /** The calls in flight that a caller knows by this id. Ids are the callers' own: two callers may use the same. */
  withCallerId(callerId: Buffer): { id: number; call: Call }[] {
    const found: { id: number; call: Call }[] = [];
    for (const [id, entry] of this.#entries.entries())
      if (entry.callerId.equals(callerId)) found.push({ id, call: entry.call });
    return found;
  }

  get(id: number): Call | undefined {
    return this.#entries.get(id)?.call;
  }

  /**
   * The call whose answer begins like this, for a line that is too long to keep. In a well-formed message `"id":N` before
   * any other value is the message's own.
   */
  ownerByHead(head: Buffer): Call | undefined {
    const text = head.toString('latin1', 0, 200);
    return this.#take(numberIn(/^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,/.exec(text)))?.call;
  }

  /** The same by its end: right before the last brace. Without any id it must be for the only call in flight. */
  ownerByTail(tail: Buffer): Call | undefined {
    const id = numberIn(/[^\\]"id"\s*:\s*(\d+)\s*\}\s*$/.exec(tail.toString('latin1')));
    if (id !== undefined) return this.#take(id)?.call;
    return this.#entries.size === 1 ? this.clear()[0] : undefined;
  }

  /**
   * The call that a line is for which is no message: by the id at its beginning or end, else, where it looks like an answer
   * at all, the only call in flight.
   */
  ownerOfBroken(line: Buffer): Call | undefined {
    const head = line.toString('latin1', 0, 200);
    const named =
      this.#take(
        numberIn(
          /^\s{0,20}\{\s{0,20}(?:"jsonrpc"\s{0,20}:\s{0,20}"2\.0"\s{0,20},\s{0,20})?"id"\s{0,20}:\s{0,20}(\d{1,15})/.exec(
            head,
          ),
        ),
      ) ??
      this.#take(
        numberIn(
          /"id"\s{0,20}:\s{0,20}(\d{1,15})\s{0,20}\}\s{0,20}$/.exec(
            line.toString('latin1', Math.max(0, line.length - 200)),
          ),
        ),
      );
    if (named) return named.call;
    const isAnswer = head.startsWith('{') && (head.includes('"result"') || head.includes('"error"'));
    return isAnswer && this.#entries.size === 1 ? this.clear()[0] : undefined;
  }

  /** `written` is a view that the reader may reuse; what is returned is not. */
  receive(written: Buffer): Received<Call> {
    const line = withoutBom(written);
    const message = readMessage(line);
    switch (message.kind) {
      case 'response':
        return this.#answer(line, message);
      case 'notification':
        return this.#notification(line, message);
      case 'request':
        return { kind: 'reply', method: message.method, line: toLine(asOneLine(replyTo(line, message))) };
      case 'batch':
        return { kind: 'noise', reason: 'batch' };
      case 'invalid':
        return { kind: 'noise', reason: 'not-json-rpc' };
    }
  }

  #take(id: number | undefined): Entry<Call> | undefined {
    return id === undefined ? undefined : this.#entries.take(id);
  }

  #answer(line: Buffer, message: MessageSpans): Received<Call> {
    const entry = this.#take(numberAt(line, message.ids.at(-1))) ?? this.#onlyFor(line, message);
    if (entry === undefined) return { kind: 'noise', reason: 'unknown-id' };
    const { call, callerId } = entry;
    if (!isWellFormed(line)) return { kind: 'bad-answer', call };
    if (message.ids.length === 0) return { kind: 'answer', call, bytes: withId(line, callerId), message };
    const replacements: Replacement[] = message.ids.map((span) => ({ span, bytes: callerId }));
    if (message.subscriptionId) replacements.push({ span: message.subscriptionId, bytes: callerId });
    return { kind: 'answer', call, bytes: rewrite(line, replacements), message };
  }

  /** An error without an id, or with `null`, is what a server says to a message that it could not read: the only one in flight. */
  #onlyFor(line: Buffer, { isError, ids }: MessageSpans): Entry<Call> | undefined {
    const last = ids.at(-1);
    const isNameless = last === undefined || line.toString('latin1', last.start, last.end) === 'null';
    if (!isError || !isNameless || this.#entries.size !== 1) return undefined;
    const [only] = this.#entries.entries();
    return only && this.#take(only[0]);
  }

  #notification(line: Buffer, message: MessageSpans): Received<Call> {
    const { method, progressToken, cancelledId, subscriptionId } = message;
    if (!isWellFormed(line)) return { kind: 'noise', reason: 'malformed' };
    const to = (entry: Entry<Call> | undefined, span?: Span, put?: Buffer): Received<Call> => ({
      kind: 'notification',
      call: entry?.call,
      method,
      bytes: span && put ? rewrite(line, [{ span, bytes: put }]) : Buffer.from(line),
    });

    if (method === 'notifications/progress') {
      const entry = this.#entries.get(numberAt(line, progressToken) ?? 0);
      if (entry?.callerToken === undefined) return { kind: 'noise', reason: 'unknown-progress-token' };
      return to(entry, progressToken, entry.callerToken);
    }
    const named = cancelledId ?? subscriptionId;
    if (named) {
      const entry = this.#entries.get(numberAt(line, named) ?? 0);
      return entry ? to(entry, named, entry.callerId) : { kind: 'noise', reason: 'unknown-id' };
    }
    // one that says nothing but that there is news may go to anyone; others might tell one caller of another's call
    if (this.isShared && !method.endsWith('/list_changed')) return to(undefined);
    const [only] = this.#entries.size === 1 ? this.#entries.entries() : [];
    return to(only?.[1]);
  }
}

/** An object with an `id` that it lacks. */
function withId(line: Buffer, id: Buffer): Buffer {
  const after = line.indexOf(0x7b) + 1;
  return rewrite(line, [
    { span: { start: after, end: after }, bytes: Buffer.concat([Buffer.from('"id":'), id, Buffer.from(',')]) },
  ]);
}

/** `bytes` (one line, without its end) as it is written: the line end is one more replacement, so that there is one copy. */
export function toLine(bytes: Buffer, replacements: readonly Replacement[] = []): Buffer {
  const end = { start: bytes.length, end: bytes.length };
  return rewrite(bytes, [...replacements, { span: end, bytes: lineFeed }]);
}

/** Tells the server that nobody waits for this request any more. */
export const cancelledLine = (id: number, reason: string): Buffer =>
  Buffer.from(
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":${JSON.stringify(reason)}}}\n`,
  );
