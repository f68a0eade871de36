import { z } from 'zod';
import { tunnelErrorSchema } from './error-schema.ts';
import { droppedSchema, importSources } from './import-words.ts';

/** An environment variable or a header of a server: a plain value, a reference, or a secret whose value went to main by `secrets.set`. */
export const envEntrySchema = z.object({
  name: z.string().min(1).max(256),
  /** `secret` = kept in the keychain under the slot of `secretSlotOf`; `value` is then empty. */
  kind: z.enum(['plain', 'reference', 'secret']),
  value: z.string().max(32_768),
});
export type EnvEntry = z.infer<typeof envEntrySchema>;

/** Where a server's secret is kept, under the id of its draft or profile. */
export const secretSlotOf = (kind: 'stdio' | 'http', channel: string, name: string): string =>
  kind === 'stdio' ? `env.${channel}.${name}` : `channel.${channel}.header.${name}`;

const draftServerBase = z.object({
  /** Of this server in this draft, whatever its channel is called by then. */
  key: z.string().min(1).max(64),
  channel: z.string().max(200),
  /** Where it was found. */
  origin: z
    .object({
      source: z.enum(importSources),
      file: z.string(),
      name: z.string(),
      dropped: z.array(droppedSchema),
    })
    .optional(),
});

export const draftServerSchema = z.discriminatedUnion('kind', [
  draftServerBase.extend({
    kind: z.literal('stdio'),
    command: z.string().max(32_768),
    cwd: z.string().max(4096).optional(),
    env: z.array(envEntrySchema).max(200),
  }),
  draftServerBase.extend({
    kind: z.literal('http'),
    url: z.string().max(4096),
    unixSocket: z.string().max(4096).optional(),
    /** Sent with every call. */
    headers: z.array(envEntrySchema).max(50),
    /** The origin that the headers are meant for: none of them is sent to another one. */
    headersFor: z.string().max(4096).optional(),
  }),
]);
export type DraftServer = z.infer<typeof draftServerSchema>;

/** What the wizard has so far. It lives in main, with the key under its id, until it is adopted or discarded. */
export const draftSchema = z.object({
  /** Becomes the profile's id. */
  id: z.string(),
  /** One a channel. */
  servers: z.array(draftServerSchema).min(1).max(64),
  controlPlane: z.string().max(4096),
  tunnelId: z.string().max(100),
  /** A key was handed over by `secrets.set` with the slot `api_key`. */
  hasKey: z.boolean(),
  /** `env:NAME` or `file:/path` in place of a typed key; empty = none. */
  keyRef: z.string().max(4096).optional(),
  name: z.string().max(100),
  startWithApp: z.boolean(),
});
export type Draft = z.infer<typeof draftSchema>;

export const draftPatchSchema = draftSchema.omit({ id: true, hasKey: true }).partial().strict();
export type DraftPatch = z.infer<typeof draftPatchSchema>;

/** What would run: shown in full and agreed to before it first does, and again when it changes. */
export const commandDescriptionSchema = z.object({
  /** Of program, arguments, folder and environment names; an approval is for exactly this. */
  hash: z.string(),
  /** Absolute path, links resolved as the system would. */
  program: z.string().optional(),
  args: z.array(z.string()),
  cwd: z.string(),
  env: z.array(z.object({ name: z.string(), source: z.enum(['plain', 'keychain', 'env', 'file']) })),
  approved: z.boolean(),
  /** Another command was agreed to for this channel before. */
  changed: z.boolean(),
  /** Why it cannot run: not found, not executable, no such folder, unbalanced quotes. */
  error: tunnelErrorSchema.optional(),
});
export type CommandDescription = z.infer<typeof commandDescriptionSchema>;

/** An MCP server that another program on this machine already has set up. Values of its environment and its headers are not in it. */
export const candidateSchema = z.object({
  id: z.string(),
  source: z.enum(importSources),
  file: z.string(),
  name: z.string(),
  /** Command line or URL, as a person would write it. */
  target: z.string(),
  kind: z.enum(['stdio', 'http']),
  cwd: z.string().optional(),
  /** The project that it is for. */
  project: z.string().optional(),
  envNames: z.array(z.string()),
  headerNames: z.array(z.string()),
  /** How many values of them go to the keychain. */
  secrets: z.number(),
  /** It is switched off there. */
  disabled: z.boolean(),
  /** Its transport cannot be spoken. */
  unusable: z.boolean(),
  /** What cannot be carried over, or has to be entered again. */
  dropped: z.array(droppedSchema),
});
export type Candidate = z.infer<typeof candidateSchema>;

/** What was found, and the files that are there but cannot be read. */
export const candidatesSchema = z.object({
  servers: z.array(candidateSchema),
  problems: z.array(tunnelErrorSchema),
});
