import { z } from 'zod';
import { bodyRefSchema, headerListSchema, traceEventSchema, traceNotificationSchema } from './trace.ts';

/** A row of the list. */
export const traceRowSchema = traceEventSchema.extend({ pinned: z.boolean() });
export type TraceRow = z.infer<typeof traceRowSchema>;

/**
 * The part of a subscription's list that is on screen. Index 0 is the newest match. With `upTo` the list ends, at its new
 * side, at that call: it stands still while newer ones come, which are counted in `newer`.
 */
export const traceWindowSchema = z.object({
  /** Of the subscription's window; an answer or delta with an older one than the last asked for is stale. */
  version: z.number(),
  total: z.number(),
  newer: z.number(),
  /** Calls looked at so far while a search still runs; absent when it is done. */
  searched: z.number().optional(),
  kept: z.number(),
  from: z.number(),
  rows: z.array(traceRowSchema),
});
export type TraceWindow = z.infer<typeof traceWindowSchema>;

export const windowRequestSchema = z.object({
  version: z.number(),
  from: z.number().int().min(0),
  count: z.number().int().min(0).max(500),
  upTo: z.number().optional(),
});
export type WindowRequest = z.infer<typeof windowRequestSchema>;

export const traceDetailSchema = z.object({
  row: traceRowSchema,
  /** Masked, as everything in it. */
  requestHeaders: headerListSchema,
  responseHeaders: headerListSchema,
  notifications: z.array(traceNotificationSchema.extend({ body: bodyRefSchema })),
  /** What the server wrote to stderr while the call ran. */
  stderr: z.array(z.object({ at: z.number(), text: z.string() })),
});
export type TraceDetail = z.infer<typeof traceDetailSchema>;

/** A body as it may be seen. A hidden value is the string `hiddenValue` in `text`, and its place is in `hidden`. */
export const traceBodySchema = z.object({
  ref: bodyRefSchema,
  text: z.string().optional(),
  /** `base64` when the bytes are not UTF-8. */
  encoding: z.enum(['utf8', 'base64']),
  /** JSON Pointers (RFC 6901) of the values that are hidden. */
  hidden: z.array(z.string()),
});
export type TraceBody = z.infer<typeof traceBodySchema>;

export const hiddenValue = '••••••';

/** Where a hidden value is: in a body (by JSON Pointer) or in a header (by name and position, as `name/0`). */
export const hiddenPlaceSchema = z.object({
  part: z.union([
    z.literal('request'),
    z.literal('response'),
    z.literal('request-headers'),
    z.literal('response-headers'),
    z.number().int().nonnegative(),
  ]),
  pointer: z.string(),
});
export type HiddenPlace = z.infer<typeof hiddenPlaceSchema>;

/** A file that was asked for: written where the dialog said, or to be fetched by a browser from `url`, once. */
export const fileResultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('saved'), path: z.string() }),
  z.object({ kind: z.literal('download'), url: z.string(), name: z.string() }),
  z.object({ kind: z.literal('cancelled') }),
]);
export type FileResult = z.infer<typeof fileResultSchema>;
