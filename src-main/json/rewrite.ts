import { allocateMessage } from './roomy.ts';
import type { Span } from './span.ts';

/** What stands at `span` gives way to `bytes`. */
export interface Replacement {
  readonly span: Span;
  readonly bytes: Buffer;
}

/**
 * A copy of `bytes` with some spans replaced, in one allocation; everything between them stays byte for byte. The
 * replacements may come in any order. Throws `RangeError` when two of them overlap or one lies outside.
 */
export function rewrite(bytes: Buffer, replacements: readonly Replacement[]): Buffer {
  const ordered = replacements.length > 1 ? replacements.toSorted((a, b) => a.span.start - b.span.start) : replacements;
  let size = bytes.length;
  let at = 0;
  for (const { span, bytes: put } of ordered) {
    if (span.start < at || span.end < span.start) throw new RangeError('replacements overlap');
    size += put.length - (span.end - span.start);
    at = span.end;
  }
  if (at > bytes.length) throw new RangeError('a replacement lies outside the message');

  const out = allocateMessage(size);
  let from = 0;
  let to = 0;
  for (const { span, bytes: put } of ordered) {
    to += bytes.copy(out, to, from, span.start);
    to += put.copy(out, to);
    from = span.end;
  }
  bytes.copy(out, to, from);
  return out;
}

/** The message as one line: raw line ends, which in JSON can only be white space between tokens, become spaces. No copy when there are none. */
export function asOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(0x0a) && !bytes.includes(0x0d)) return bytes;
  const line = Buffer.from(bytes);
  for (let at = line.indexOf(0x0a); at >= 0; at = line.indexOf(0x0a, at + 1)) line[at] = 0x20;
  for (let at = line.indexOf(0x0d); at >= 0; at = line.indexOf(0x0d, at + 1)) line[at] = 0x20;
  return line;
}
