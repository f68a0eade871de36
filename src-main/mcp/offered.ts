import type { MessageSpans } from '../json/message.ts';
import { rewrite } from '../json/rewrite.ts';
import { JsonReader } from '../json/scan.ts';
import type { Span } from '../json/span.ts';

/** What a client of the 2025 era offers to do for a server, by requests of the server's own: these cannot come back through a tunnel. */
const unreachable: ReadonlySet<string> = new Set(['sampling', 'roots', 'elicitation']);

/**
 * An `initialize` as the server should see it: without the client capabilities that need the server to ask its caller
 * (MCP 2025-11-25, "Lifecycle"), since nothing it asks reaches the caller. All other bytes stay. Returns `bytes` itself
 * when there is nothing to leave out, for every other method, and where it is not JSON.
 */
export function withoutUnreachable(bytes: Buffer, { method, kind }: MessageSpans): Buffer {
  if (kind !== 'request' || method !== 'initialize') return bytes;
  try {
    const json = new JsonReader(bytes);
    const found: Span[] = [];
    const kept: Buffer[] = [];
    eachMember(json, 'params', () =>
      eachMember(json, 'capabilities', () => {
        const whole = json.peek();
        let dropped = false;
        if (!json.enterObject()) return void json.skip();
        kept.length = 0;
        while (json.nextMember()) {
          const { key, keySpan } = json;
          const { end } = json.skip();
          if (unreachable.has(key)) dropped = true;
          else kept.push(bytes.subarray(keySpan.start, end));
        }
        if (dropped) found.push({ start: whole, end: json.at });
      }),
    );
    const [span] = found;
    if (span === undefined || found.length > 1) return bytes;
    const members = kept.flatMap((member, index) => (index === 0 ? [member] : [Buffer.from(','), member]));
    return rewrite(bytes, [{ span, bytes: Buffer.concat([Buffer.from('{'), ...members, Buffer.from('}')]) }]);
  } catch {
    return bytes;
  }
}

/** Enters the object that is the next value, hands the member `name` to `inside`, and passes over the others. */
function eachMember(json: JsonReader, name: string, inside: () => void): void {
  if (!json.enterObject()) return void json.skip();
  while (json.nextMember()) {
    if (json.key === name) inside();
    else json.skip();
  }
}
