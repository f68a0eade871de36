import type { HeaderList } from '../../shared/trace.ts';

/** What of the server's answer the caller may see, spelled as the reference spells it. */
const allowed: ReadonlyMap<string, string> = new Map(
  [
    'Content-Type',
    'Mcp-Session-Id',
    'Mcp-Protocol-Version',
    'Last-Event-Id',
    'Access-Control-Expose-Headers',
    'Www-Authenticate',
  ].map((name) => [name.toLowerCase(), name]),
);

/** How an answer's `Content-Type` is shown: a message is JSON or a stream, whatever the server called it. */
export type ContentTypeRule = 'message' | 'notification' | 'as-is';

const isMessageType = (value: string): boolean => /^\s*(?:application\/json|text\/event-stream)\s*(?:;|$)/i.test(value);

/** By list, then by rule: the channel hands out the same list for the same headers. */
const known = new WeakMap<HeaderList, Map<ContentTypeRule, string | undefined>>();

/**
 * `resp_headers` as JSON: the allow-list, less what `Connection` names and less empty values, repeated ones repeated
 * (protocol.md, "Structured MCP errors and synthesized tunnel failures"). Undefined when nothing is left.
 */
export function responseHeadersJson(headers: HeaderList, rule: ContentTypeRule): string | undefined {
  if (headers.length === 0 && rule === 'message') return '{"Content-Type":["application/json"]}';
  let byRule = known.get(headers);
  if (!byRule) known.set(headers, (byRule = new Map<ContentTypeRule, string | undefined>()));
  if (!byRule.has(rule)) byRule.set(rule, toJson(headers, rule));
  return byRule.get(rule);
}

function toJson(headers: HeaderList, rule: ContentTypeRule): string | undefined {
  const dropped = new Set<string>();
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'connection') {
      for (const option of value.split(',')) dropped.add(option.trim().toLowerCase());
    }
  }
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const canonical = allowed.get(lower);
    if (canonical === undefined || value === '' || dropped.has(lower)) continue;
    if (canonical === 'Content-Type' && rule === 'message' && !isMessageType(value)) continue;
    const known = values.get(canonical);
    if (known) known.push(value);
    else values.set(canonical, [value]);
  }
  if (rule !== 'as-is' && !values.has('Content-Type')) {
    values.set('Content-Type', [rule === 'message' ? 'application/json' : 'text/event-stream']);
  }
  return values.size === 0 ? undefined : JSON.stringify(Object.fromEntries(values));
}
