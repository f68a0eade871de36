import { z } from 'zod';
import { layers } from './errors.ts';
import { tunnelErrorSchema } from './error-schema.ts';
import { serverInfoSchema } from './tunnel.ts';

/** One thing that was proved, or failed to be: probes return a list of these, doctor, wizard and `culvert run` only show them. */
export const evidenceSchema = z.object({
  /** Stable name of what was tried, such as `program.resolved`, `server.handshake`, `server.tools`, `control-plane.metadata`, `key.use`. */
  step: z.string(),
  outcome: z.enum(['pass', 'warn', 'fail', 'skip']),
  layer: z.enum(layers),
  /** Wall-clock milliseconds. */
  at: z.number(),
  ms: z.number().optional(),
  /** Facts for people and for `--json`: resolved path, addresses, versions, subject and expiry of a certificate. Never a secret. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  error: tunnelErrorSchema.optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const probeResultSchema = z.object({
  evidence: z.array(evidenceSchema),
  server: serverInfoSchema.optional(),
});
export type ProbeResult = z.infer<typeof probeResultSchema>;

/**
 * One sentence's worth of blame: which layer, why, and what to do. `unknown` is a verdict too, and `nothing-arrived` says
 * that the calling product has sent nothing, never that it is broken.
 */
export const verdictSchema = z.object({
  layer: z.enum([...layers, 'none', 'unknown']),
  reason: z.enum([
    'stopped',
    'starting',
    'stopping',
    'fault',
    'no-answer-yet',
    'calls-fail',
    'not-yet-known',
    'waiting-first-call',
    'nothing-arrived',
    'ok',
  ]),
  /** What went wrong, when `reason` is `fault` or `calls-fail`: the catalogue's key and parameters. */
  error: tunnelErrorSchema.optional(),
  /** How many calls in a row, when `reason` is `calls-fail`. */
  calls: z.number().optional(),
  channel: z.string().optional(),
  /** Wall-clock milliseconds since which this holds, and when the next try is due. */
  since: z.number().optional(),
  nextTryAt: z.number().optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;
