import { createParser } from 'eventsource-parser';

export interface SseEvent {
  /** Undefined where the stream does not say; the standard then means `message`. */
  readonly event: string | undefined;
  readonly id: string | undefined;
  /** The very bytes of the `data` lines, joined by a line feed. */
  readonly data: Buffer;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads a `text/event-stream` from chunks that split events, line ends and characters anywhere. */
export interface SseReader {
  /** False once an event outgrew the cap; from then on nothing more is read. */
  push(chunk: Buffer): boolean;
}

/**
 * Calls `onEvent` for each event that is complete, and `onRetry` with the pause before a reconnection that it asks for; one that the stream's end cuts off is dropped, as the standard says.
 * The parser is fed one character per byte: whatever is in `data` comes out as it went in, and a character split over
 * chunks needs no decoder.
 */
export function createSseReader(
  maxEventBytes: number,
  onEvent: (event: SseEvent) => void,
  onRetry?: (ms: number) => void,
): SseReader {
  let tooLong = false;
  let afterCr = false;
  let head: Buffer | undefined = Buffer.alloc(0);
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent: ({ event, id, data }) =>
      onEvent({ event: fromBytes(event), id: fromBytes(id), data: Buffer.from(data, 'latin1') }),
    ...(onRetry && { onRetry }),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') tooLong = true;
    },
  });

  /** The parser waits for the byte after a CR to know whether it was CR LF; an event must not wait for the next one. */
  const normalised = (chunk: Buffer): string => {
    const text = chunk.toString('latin1', afterCr && chunk[0] === 0x0a ? 1 : 0);
    if (chunk.length > 0) afterCr = chunk[chunk.length - 1] === 0x0d;
    return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  };

  return {
    push(chunk) {
      if (tooLong) return false;
      let rest = chunk;
      if (head) {
        rest = head.length > 0 ? Buffer.concat([head, chunk]) : chunk;
        if (rest.length < BOM.length && BOM.subarray(0, rest.length).equals(rest)) {
          head = rest;
          return true;
        }
        head = undefined;
        if (BOM.equals(rest.subarray(0, BOM.length))) rest = rest.subarray(BOM.length);
      }
      const text = normalised(rest);
      if (text !== '') parser.feed(text);
      return !tooLong;
    },
  };
}

const fromBytes = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'latin1').toString('utf8');
