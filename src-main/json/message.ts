/** Byte offsets into a message: `start` inclusive, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The few places of a JSON-RPC message that routing needs, found without parsing it. The bytes stay as they are: key
 * order, escapes, duplicate keys and integers beyond 2^53 survive (PROTOCOL: bodies are opaque).
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
  /** `error.code` of a response, when it is a small integer. */
  readonly errorCode?: number;
  /** `params._meta.progressToken`, of a request or of a `notifications/progress` (there `params.progressToken`). */
  readonly progressToken?: Span;
  /** `params.requestId` of a `notifications/cancelled`. */
  readonly cancelledId?: Span;
  /** The subscription id of a 2026-07-28 subscription message or notification. */
  readonly subscriptionId?: Span;
  /** `params.name` or `params.uri`, decoded: the tool, prompt or resource, for the trace. */
  readonly target?: string;
}
