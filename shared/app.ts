import { z } from 'zod';
import { tunnelErrorSchema } from './error-schema.ts';
import { verdictSchema } from './evidence.ts';
import { settingsSchema } from './settings.ts';
import { certificateSchema, tunnelSnapshotSchema } from './tunnel.ts';
import { doctorRunSchema } from './doctor.ts';

/** The last hour of a tunnel. Latency is from the poll's headers to the moment the control plane had taken the answer. */
export const ratesSchema = z.object({
  /** Calls in each of the last 60 minutes, oldest first; the last one is the current minute. */
  perMinute: z.array(z.number()),
  errorsPerMinute: z.array(z.number()),
  calls: z.number(),
  errors: z.number(),
  p50Ms: z.number().optional(),
  p95Ms: z.number().optional(),
});
export type Rates = z.infer<typeof ratesSchema>;

/** A profile's tunnel, running or not: what the engine, attribution and the last hour say about it. */
export const tunnelViewSchema = z.object({
  /** The profile's id; of a draft, its draft id, which becomes the profile's. */
  id: z.string(),
  snapshot: tunnelSnapshotSchema,
  verdict: verdictSchema,
  rates: ratesSchema,
  /** What the last MCP client said of itself, never guessed. */
  caller: z.object({ name: z.string(), version: z.string().optional() }).optional(),
  certificates: z.array(certificateSchema),
  /** Wall-clock milliseconds at which a pause ends. */
  pausedUntil: z.number().optional(),
  /** Started from the wizard and not saved yet: the overview leaves it out. */
  draft: z.boolean(),
  /** The relay and server of `culvert demo`. */
  demo: z.boolean(),
  /** Where an MCP client reaches this tunnel, when Culvert knows (the local relay's do). */
  mcpUrl: z.string().optional(),
});
export type TunnelView = z.infer<typeof tunnelViewSchema>;

export const profileSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  file: z.string(),
  /** Culvert's own, or the reference client's files that are edited in place. */
  format: z.enum(['culvert', 'reference-yaml', 'reference-json']),
  tunnelId: z.string(),
  controlPlane: z.string(),
  channels: z.array(z.object({ name: z.string(), kind: z.enum(['stdio', 'http']), target: z.string() })),
  startWithApp: z.boolean(),
  modifiedAt: z.number(),
  /** Why it cannot be used as it is: the file is listed all the same. */
  problem: tunnelErrorSchema.optional(),
  /** Why it is off although it was to start: the last try failed, and neither it nor its file has changed since. */
  notStarted: tunnelErrorSchema.optional(),
});
export type ProfileSummary = z.infer<typeof profileSummarySchema>;

/** What this host can do. A control is there when its feature is, never before. */
export const capabilitiesSchema = z.object({
  host: z.enum(['window', 'browser']),
  platform: z.enum(['linux', 'darwin', 'win32', 'other']),
  keychain: z.object({
    /** Where secrets go; `none` = only `env:` and `file:` references work. */
    backend: z.enum(['keychain', 'safe-storage', 'none']),
    /** Why it is not the keychain. */
    error: tunnelErrorSchema.optional(),
  }),
  /** `no-host` = this desktop shows no tray icons: closing the window minimises. */
  tray: z.enum(['shown', 'no-host', 'none']),
  startAtLogin: z.boolean(),
  notifications: z.boolean(),
  /** File dialogs and showing a file in its folder. */
  files: z.boolean(),
  /** `system.quit`. */
  quit: z.boolean(),
  demo: z.boolean(),
  doctor: z.boolean(),
  /** `browser.address` and `browser.revoke`. */
  browserUi: z.boolean(),
  supportBundle: z.boolean(),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

export const versionsSchema = z.object({
  app: z.string(),
  wireProtocol: z.string(),
  node: z.string(),
  electron: z.string().optional(),
  chrome: z.string().optional(),
});

/** Everything a window needs to draw itself; from then on only deltas come. */
export const appSnapshotSchema = z.object({
  /** Grows by one a delta: a delta whose `seq` is not the next one means that the snapshot has to be fetched again. */
  seq: z.number(),
  tunnels: z.array(tunnelViewSchema),
  profiles: z.array(profileSummarySchema),
  settings: settingsSchema,
  capabilities: capabilitiesSchema,
  versions: versionsSchema,
  /** Calls kept in the trace store. */
  traces: z.object({ count: z.number(), errors: z.number() }),
  doctor: doctorRunSchema.optional(),
});
export type AppSnapshot = z.infer<typeof appSnapshotSchema>;

/** What changed, at most ten times a second: each part, when there, replaces the one before. */
export const appDeltaSchema = z.object({
  seq: z.number(),
  /** Only those that changed. */
  tunnels: z.array(tunnelViewSchema).optional(),
  removedTunnels: z.array(z.string()).optional(),
  profiles: z.array(profileSummarySchema).optional(),
  settings: settingsSchema.optional(),
  capabilities: capabilitiesSchema.optional(),
  traces: appSnapshotSchema.shape.traces.optional(),
  doctor: doctorRunSchema.optional(),
});
export type AppDelta = z.infer<typeof appDeltaSchema>;

/** Where the tray, a notification, a deep link or a second start wants the window to be. */
export const destinationSchema = z.discriminatedUnion('page', [
  z.object({ page: z.literal('overview'), tunnel: z.string().optional() }),
  z.object({ page: z.literal('traces'), trace: z.number().optional(), query: z.string().optional() }),
  z.object({ page: z.literal('profiles'), profile: z.string().optional() }),
  z.object({ page: z.literal('doctor'), profile: z.string().optional() }),
  z.object({ page: z.literal('logs') }),
  z.object({ page: z.literal('settings') }),
  z.object({ page: z.literal('about') }),
  /** A draft that is already made, for example from a deep link: shown in full, nothing runs. */
  z.object({ page: z.literal('wizard'), draft: z.string().optional() }),
]);
export type Destination = z.infer<typeof destinationSchema>;
