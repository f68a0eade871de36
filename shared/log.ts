import { z } from 'zod';
import { logLevels } from './log-level.ts';

export const logLineSchema = z.object({
  /** Grows by one a line within a process. */
  seq: z.number(),
  at: z.number(),
  level: z.enum(logLevels),
  message: z.string(),
  tunnel: z.string().optional(),
  channel: z.string().optional(),
  /** The rest of the line, masked. */
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type LogLine = z.infer<typeof logLineSchema>;
