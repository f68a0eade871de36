import type { TunnelView } from '../../shared/app.ts';
import type { TraceEvent } from '../../shared/trace.ts';
import type { TraceStore } from '../observe/trace-store.ts';

type Said = NonNullable<TunnelView['caller']>;

interface Seen {
  /** Calls that were not looked into yet: the last `initialize`, and the last of all. */
  initialize: number | undefined;
  last: number | undefined;
  said: Said | undefined;
}

/** A request that introduces somebody is small. */
const longestRequest = 65_536;
const longestName = 200;
const metaKey = 'io.modelcontextprotocol/clientInfo';

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, longestName) : undefined;

/** `clientInfo` of an `initialize`, or of any request's `_meta` (2026-07-28). */
function clientInfoIn(request: Buffer | undefined): Said | undefined {
  if (!request || request.length > longestRequest || !request.includes('clientInfo')) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(request.toString('utf8'));
  } catch {
    return undefined;
  }
  const params = memberOf(message, 'params');
  const info =
    memberOf(memberOf(params, '_meta'), metaKey) ??
    (memberOf(message, 'method') === 'initialize' ? memberOf(params, 'clientInfo') : undefined);
  const name = textOf(memberOf(info, 'name'));
  const version = textOf(memberOf(info, 'version'));
  return name === undefined ? undefined : { name, ...(version === undefined ? {} : { version }) };
}

/**
 * What the last MCP client of each tunnel said of itself, from the requests that the traces keep. A call costs two
 * assignments; requests are read when somebody looks at the tunnel.
 */
export class LastCallers {
  readonly #traces: Pick<TraceStore, 'body'>;
  readonly #seen = new Map<string, Seen>();

  constructor(traces: Pick<TraceStore, 'body'>) {
    this.#traces = traces;
  }

  /** A call is over. */
  called({ id, tunnel, method, origin }: Pick<TraceEvent, 'id' | 'tunnel' | 'method' | 'origin'>): void {
    if (origin !== undefined) return;
    let seen = this.#seen.get(tunnel);
    if (!seen) this.#seen.set(tunnel, (seen = { initialize: undefined, last: undefined, said: undefined }));
    if (method === 'initialize') seen.initialize = id;
    else seen.last = id;
  }

  /** Undefined while nobody introduced themselves, or bodies are not kept. */
  of(tunnel: string): Said | undefined {
    const seen = this.#seen.get(tunnel);
    if (!seen) return undefined;
    const newestFirst = [seen.initialize, seen.last].filter((id) => id !== undefined).sort((a, b) => b - a);
    for (const id of newestFirst) {
      const said = clientInfoIn(this.#traces.body(id, 'request'));
      if (!said) continue;
      seen.said = said;
      break;
    }
    seen.initialize = undefined;
    seen.last = undefined;
    return seen.said;
  }
}
