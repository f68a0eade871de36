import { z } from 'zod';
import { evidenceSchema } from './evidence.ts';

/** Something Culvert can put right by itself once a person has seen it: `summary` names the catalogue's sentence, `before`/`after` what changes. */
export const fixSchema = z.object({
  id: z.string(),
  /** What it does, as a key of the catalogue of fixes, such as `profile.folder`, `keychain.move`, `ca.system`. */
  kind: z.string(),
  /** One sentence for people. */
  summary: z.string(),
  /** The file that changes; the text before stays beside it as `.bak`. */
  file: z.string().optional(),
  /** What changes, line by line; never a secret. */
  before: z.string().optional(),
  after: z.string().optional(),
});
export type Fix = z.infer<typeof fixSchema>;

/** One check: what it looks at, what it found, and why that matters. */
export const checkSchema = z.object({
  /** Stable name, such as `dns`, `proxy`, `tls`, `key`, `server`, `keychain`, `clock`. */
  id: z.string(),
  title: z.string(),
  /** What this check proves and why it matters, one or two sentences (`--explain`). */
  why: z.string(),
  profile: z.string().optional(),
  channel: z.string().optional(),
  state: z.enum(['pending', 'running', 'pass', 'warn', 'fail', 'skip']),
  ms: z.number().optional(),
  evidence: z.array(evidenceSchema),
  fix: fixSchema.optional(),
});
export type Check = z.infer<typeof checkSchema>;

/** A run of the doctor, sent whole on every step: it is small. */
export const doctorRunSchema = z.object({
  id: z.number(),
  profile: z.string().optional(),
  startedAt: z.number(),
  finishedAt: z.number().optional(),
  cancelled: z.boolean(),
  checks: z.array(checkSchema),
});
export type DoctorRun = z.infer<typeof doctorRunSchema>;
