import { z } from 'zod';
import { tunnelErrorSchema } from './error-schema.ts';
import { callOrigins, traceStatuses } from './trace-status.ts';

export * from './trace-status.ts';

export const stageMarkSchema = z.object({
  stage: z.string(),
  did: z.enum(['held', 'changed', 'answered', 'refused', 'failed']),
});
export type StageMark = z.infer<typeof stageMarkSchema>;

export const bodyRefSchema = z.object({
  /** Bytes on the wire. */
  size: z.number(),
  /** kept = can be fetched by trace id and part; dropped = the budget took it; off = capture was off; truncated = the first bytes are kept. */
  kept: z.enum(['kept', 'dropped', 'off', 'truncated']),
});
export type BodyRef = z.infer<typeof bodyRefSchema>;

export const headerListSchema = z.array(z.tuple([z.string(), z.string()]));
export type HeaderList = readonly (readonly [string, string])[];

export const traceAttemptSchema = z.object({
  /** Milliseconds after the poll's headers. */
  at: z.number(),
  ms: z.number(),
  status: z.number().optional(),
  error: tunnelErrorSchema.optional(),
});

/** One call through a tunnel: the row of the list and, with its bodies by reference, all that is known about it. Offsets are milliseconds after `receivedAt`. */
export const traceEventSchema = z.object({
  /** Grows by one a call within a process. */
  id: z.number(),
  tunnel: z.string(),
  channel: z.string(),
  requestId: z.string(),
  kind: z.enum(['request', 'notification', 'session_termination', 'oauth_discovery', 'unknown']),
  method: z.string(),
  /** Tool, prompt or resource the method names. */
  target: z.string().optional(),
  /** JSON of the caller's id, exactly as it came. */
  rpcId: z.string().optional(),
  /** Wall-clock milliseconds at which the poll's headers arrived. */
  receivedAt: z.number(),
  status: z.enum(traceStatuses),
  /** Absent for a call that came through the tunnel. */
  origin: z.enum(callOrigins).optional(),
  /** How long stages kept it before it was queued, in milliseconds, and what each of them did. */
  heldMs: z.number().optional(),
  stages: z.array(stageMarkSchema).optional(),
  /** When the command was taken from the queue, when the server had answered, when the control plane had taken the answer. */
  dispatchedMs: z.number().optional(),
  answeredMs: z.number().optional(),
  postedMs: z.number().optional(),
  /** The time limit of the call, from `receivedAt`; `own` when it is Culvert's cap and not the caller's deadline. */
  deadlineMs: z.number().optional(),
  deadlineOwn: z.boolean().optional(),
  responseCode: z.number().optional(),
  rpcErrorCode: z.number().optional(),
  error: tunnelErrorSchema.optional(),
  attempts: z.array(traceAttemptSchema),
  notifications: z.number(),
  request: bodyRefSchema.optional(),
  response: bodyRefSchema.optional(),
});
export type TraceEvent = z.infer<typeof traceEventSchema>;

export const traceNotificationSchema = z.object({
  at: z.number(),
  size: z.number(),
  dropped: z.boolean(),
  text: z.string().optional(),
});

/** Which body of a call: the request, the final response, or the n-th notification. */
export const traceBodyPartSchema = z.union([
  z.literal('request'),
  z.literal('response'),
  z.number().int().nonnegative(),
]);
export type TraceBodyPart = z.infer<typeof traceBodyPartSchema>;
