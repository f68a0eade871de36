import { decodeString, isLiteral, JsonReader, JsonSyntaxError } from './scan.ts';
import type { Span } from './span.ts';

/**
 * The few places of a JSON-RPC message that routing needs, found without parsing it. The bytes stay as they are: key
 * order, escapes, duplicate keys and integers beyond 2^53 survive (docs/wire.md).
 */
export interface MessageSpans {
  /** `batch` is an array at top level (2025-03-26), which Culvert refuses; `invalid` is not a JSON-RPC message. */
  readonly kind: 'request' | 'notification' | 'response' | 'batch' | 'invalid';
  /** Every top-level `id`, in order: JSON allows duplicates; the last one counts. */
  readonly ids: readonly Span[];
  /** Decoded `method`, empty for responses. */
  readonly method: string;
  /** A response holds `error` rather than `result`. */
  readonly isError: boolean;
  /** `result.isError` is `true` and the result is final: the tool that was called failed. */
  readonly isToolError?: boolean | undefined;
  /** `error.code` of a response, when it is a small integer. */
  readonly errorCode?: number | undefined;
  /** `params._meta.progressToken`, of a request or of a `notifications/progress` (there `params.progressToken`). */
  readonly progressToken?: Span | undefined;
  /** `params.requestId` of a `notifications/cancelled`. */
  readonly cancelledId?: Span | undefined;
  /**
   * `_meta["io.modelcontextprotocol/subscriptionId"]` of a 2026-07-28 notification (in `params`) or of the answer to a
   * `subscriptions/listen` (in `result`). It is the id of the listen request.
   */
  readonly subscriptionId?: Span | undefined;
  /** `params.name` or `params.uri`, decoded: the tool, prompt or resource, for the trace. */
  readonly target?: string | undefined;
}

/** How a response ended its call. */
export type ResponseSpans = Pick<MessageSpans, 'isError' | 'isToolError' | 'errorCode'>;

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

const invalid: MessageSpans = { kind: 'invalid', ids: [], method: '', isError: false };
const batch: MessageSpans = { ...invalid, kind: 'batch' };

/** What `params`, `result` or `error` hold, as far as routing cares. */
interface Members {
  name?: Span;
  uri?: Span;
  code?: Span;
  isError?: Span;
  resultType?: Span;
  requestId?: Span;
  progressToken?: Span;
  metaProgressToken?: Span | undefined;
  subscriptionId?: Span | undefined;
}

function readMeta(json: JsonReader, into: Members): void {
  into.metaProgressToken = undefined;
  into.subscriptionId = undefined;
  if (!json.enterObject()) {
    json.skip();
    return;
  }
  while (json.nextMember()) {
    const { key } = json;
    const span = json.skip();
    if (key === 'progressToken') into.metaProgressToken = span;
    else if (key === SUBSCRIPTION_ID) into.subscriptionId = span;
  }
}

/** Undefined for `null`. */
function readMembers(bytes: Buffer, json: JsonReader): Members | undefined {
  const members: Members = {};
  if (!json.enterObject()) return isLiteral(bytes, json.skip(), 'null') ? undefined : members;
  while (json.nextMember()) {
    const { key } = json;
    if (key === '_meta') {
      readMeta(json, members);
      continue;
    }
    const span = json.skip();
    switch (key) {
      case 'name':
      case 'uri':
      case 'code':
      case 'isError':
      case 'resultType':
      case 'requestId':
      case 'progressToken':
        members[key] = span;
    }
  }
  return members;
}

/** A result that asks for more input first (2026-07-28, `resultType`) is no outcome yet. */
const isToolError = (bytes: Buffer, { isError, resultType }: Members): boolean =>
  isError !== undefined &&
  isLiteral(bytes, isError, 'true') &&
  (resultType === undefined || decodeString(bytes, resultType) === 'complete');

/** A small integer at `span`. */
function smallInteger(bytes: Buffer, span: Span): number | undefined {
  const text = bytes.toString('latin1', span.start, Math.min(span.end, span.start + 12));
  return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function read(bytes: Buffer): MessageSpans {
  const json = new JsonReader(bytes);
  if (json.enterArray()) return batch;
  if (!json.enterObject()) return invalid;

  const ids: Span[] = [];
  let methodSpan: Span | undefined;
  let params: Members = {};
  let result: Members | undefined;
  let error: Members | undefined;
  // Where a key is repeated the last value counts, as for JSON.parse.
  while (json.nextMember()) {
    switch (json.key) {
      case 'id':
        ids.push(json.skip());
        break;
      case 'method':
        methodSpan = json.skip();
        break;
      case 'params':
        params = readMembers(bytes, json) ?? {};
        break;
      case 'result':
        result = readMembers(bytes, json) ?? {};
        break;
      case 'error':
        error = readMembers(bytes, json);
        break;
      default:
        json.skip();
    }
  }
  json.finish();

  if (methodSpan !== undefined) {
    const method = decodeString(bytes, methodSpan);
    if (method === undefined) return invalid;
    const named = params.name ?? params.uri;
    return {
      kind: ids.length > 0 ? 'request' : 'notification',
      ids,
      method,
      isError: false,
      progressToken: method === 'notifications/progress' ? params.progressToken : params.metaProgressToken,
      cancelledId: method === 'notifications/cancelled' ? params.requestId : undefined,
      subscriptionId: params.subscriptionId,
      target: named && decodeString(bytes, named),
    };
  }
  if (result === undefined && error === undefined) return invalid;
  return {
    kind: 'response',
    ids,
    method: '',
    isError: error !== undefined,
    isToolError: error === undefined && result !== undefined && isToolError(bytes, result),
    errorCode: error?.code && smallInteger(bytes, error.code),
    subscriptionId: result?.subscriptionId,
  };
}

/**
 * Finds the spans of one JSON-RPC message in one pass over its bytes; a string of any length costs one native search.
 * Never throws: what is not a message is `invalid`. It does not prove that the bytes are JSON throughout: that is
 * `isWellFormed`.
 */
export function readMessage(bytes: Buffer): MessageSpans {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return invalid;
    throw error;
  }
}
