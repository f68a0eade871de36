import { z } from 'zod';
import { tunnelErrorSchema } from './errors.ts';

/** An environment variable of a server: a plain value, a reference, or a secret whose value went to main by `secrets.set`. */
export const envEntrySchema = z.object({
  name: z.string().min(1).max(256),
  /** `secret` = kept in the keychain under the slot `env.<channel>.<NAME>`; `value` is then empty. */
  kind: z.enum(['plain', 'reference', 'secret']),
  value: z.string().max(32_768),
});
export type EnvEntry = z.infer<typeof envEntrySchema>;

export const draftServerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('stdio'),
    command: z.string().max(32_768),
    cwd: z.string().max(4096).optional(),
    env: z.array(envEntrySchema).max(200),
  }),
  z.object({
    kind: z.literal('http'),
    url: z.string().max(4096),
    /** Sent with every call; a secret is kept under the slot `mcp.header.<NAME>`. */
    headers: z.array(envEntrySchema).max(50).optional(),
  }),
]);
export type DraftServer = z.infer<typeof draftServerSchema>;

/** What the wizard has so far. It lives in main, with the key under its id, until it is adopted or discarded. */
export const draftSchema = z.object({
  /** Becomes the profile's id. */
  id: z.string(),
  server: draftServerSchema,
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

/** An MCP server that another program on this machine already has set up. Values of its environment are not in it. */
export const candidateSchema = z.object({
  id: z.string(),
  source: z.enum(['claude-desktop', 'claude-code', 'cursor', 'vscode', 'windsurf', 'codex']),
  file: z.string(),
  name: z.string(),
  /** Command line or URL, as a person would write it. */
  target: z.string(),
  kind: z.enum(['stdio', 'http']),
  cwd: z.string().optional(),
  envNames: z.array(z.string()),
  /** What cannot be carried over, or has to be entered again; never a value. */
  dropped: z.array(z.string()).optional(),
});
export type Candidate = z.infer<typeof candidateSchema>;
