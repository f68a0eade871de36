import { z } from 'zod';
import { tunnelErrorSchema } from './error-schema.ts';
import { httpChannelSchema, profileSchema, stdioChannelSchema } from './profile.ts';

/**
 * Stands, in form and text alike, for a literal secret of the file: `kept:<n>`. The literal itself never leaves main; saving puts it back,
 * and the editor offers to move it to the keychain.
 */
export const keptSecretPrefix = 'kept:';

/** A profile as a form has it while a person types: complete in shape, not yet in every value. */
export const profileFormSchema = profileSchema.extend({
  controlPlane: profileSchema.shape.controlPlane.extend({ tunnelId: z.string() }),
  channels: z.array(
    z.discriminatedUnion('kind', [
      stdioChannelSchema.extend({ name: z.string(), command: z.string() }),
      httpChannelSchema.extend({ name: z.string() }),
    ]),
  ),
});

export const problemSchema = z.object({
  severity: z.enum(['error', 'warning']),
  /** From 1. */
  line: z.number(),
  column: z.number(),
  endColumn: z.number().optional(),
  /** Dotted path of the field in the YAML, such as `control_plane.tunnel_id`. */
  field: z.string().optional(),
  error: tunnelErrorSchema,
});
export type Problem = z.infer<typeof problemSchema>;

/** A secret of a profile: which slot, where its value is, and whether it is there. */
export const secretStateSchema = z.object({
  /** `api_key`, `http_proxy`, `env.<channel>.<NAME>`, … */
  slot: z.string(),
  /** `keychain:…`, `env:…`, `file:…` or `kept:…`. */
  ref: z.string(),
  set: z.boolean(),
});
export type SecretState = z.infer<typeof secretStateSchema>;

/** A profile open in the editor. `profile` is what the text says, also where a value is not allowed; absent when it cannot be read. */
export const profileDocumentSchema = z.object({
  id: z.string(),
  name: z.string(),
  file: z.string(),
  format: z.enum(['culvert', 'reference-yaml', 'reference-json']),
  text: z.string(),
  /** Of the file; saving with an older one is refused (`revision_conflict`), so that no edit is lost. */
  revision: z.string(),
  profile: profileFormSchema.optional(),
  problems: z.array(problemSchema),
  secrets: z.array(secretStateSchema),
  /** By slot: what becomes of a keychain entry when the text is saved. */
  unsavedSecrets: z.record(z.string(), z.enum(['kept', 'gone'])),
});
export type ProfileDocument = z.infer<typeof profileDocumentSchema>;

/** Text checked: what it means, and what is wrong where. */
export const checkedTextSchema = z.object({
  text: z.string(),
  profile: profileFormSchema.optional(),
  problems: z.array(problemSchema),
});
export type CheckedText = z.infer<typeof checkedTextSchema>;

export const saveResultSchema = z.object({
  revision: z.string(),
  /** What a running tunnel did with it: nothing runs, taken over live, or these channels restart. */
  applied: z.enum(['not-running', 'live', 'restarting']),
  restarting: z.array(z.string()),
});
export type SaveResult = z.infer<typeof saveResultSchema>;
