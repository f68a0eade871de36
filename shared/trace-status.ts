export const traceStatuses = [
  'held',
  'queued',
  'running',
  'ok',
  'error',
  'tool_error',
  'refused',
  'failed',
  'cancelled',
  'expired',
  'undelivered',
] as const;
/**
 * held = a stage in Culvert keeps it before the queue; ok = the server answered with a result; error = it answered with a
 * JSON-RPC error; tool_error = its tool ran and failed (`isError`); refused = a stage refused it; failed = no answer,
 * Culvert synthesised one; cancelled / expired = nothing was posted; undelivered = the control plane did not take the answer.
 */
export type TraceStatus = (typeof traceStatuses)[number];

const openStatuses: ReadonlySet<TraceStatus> = new Set(['held', 'queued', 'running']);
const errorStatuses: ReadonlySet<TraceStatus> = new Set(['error', 'tool_error', 'failed', 'expired', 'undelivered']);

/** The call is not over. */
export const isOpenStatus = (status: TraceStatus): boolean => openStatuses.has(status);

/** The one definition of an error, for counts, rates, charts and filters: the caller did not get what it asked for. A refusal is the user's own rule at work. */
export const isErrorStatus = (status: TraceStatus): boolean => errorStatuses.has(status);

/** Where a call came from: through the tunnel, or from the pages of this process. */
export const callOrigins = ['caller', 'workbench', 'replay'] as const;
export type CallOrigin = (typeof callOrigins)[number];
