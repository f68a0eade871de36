import type { MessageSpans } from '../json/message.ts';
import type { Span } from '../json/span.ts';
import { rewrite } from '../json/rewrite.ts';

const lastId = (message: MessageSpans): Span | undefined => message.ids.at(-1);

/**
 * Whether `answer` answers `request`, and then the answer with the caller's id in its original bytes. Servers may write an
 * id in another way: escapes, or an integer beyond 2^53 that went through a double. Undefined when the ids differ.
 */
export function answerTo(
  request: { readonly bytes: Buffer; readonly message: MessageSpans },
  answer: { readonly bytes: Buffer; readonly message: MessageSpans },
): Buffer | undefined {
  const asked = lastId(request.message);
  const given = lastId(answer.message);
  if (asked === undefined || given === undefined) return undefined;
  const original = request.bytes.subarray(asked.start, asked.end);
  const returned = answer.bytes.subarray(given.start, given.end);
  if (returned.equals(original)) return answer.bytes;
  if (valueOf(returned) !== valueOf(original)) return undefined;
  return rewrite(
    answer.bytes,
    answer.message.ids.map((span) => ({ span, bytes: original })),
  );
}

/** Ids are strings and numbers; anything else equals nothing but its own bytes. */
function valueOf(id: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(id.toString());
    return typeof value === 'string' || typeof value === 'number' ? value : id;
  } catch {
    return id;
  }
}
