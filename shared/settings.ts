import { z } from 'zod';
import { logLevels } from './log-level.ts';
import { tunnelScopeSchema } from './managed-tunnel.ts';

export * from './log-level.ts';

export const savedFilterSchema = z.object({ name: z.string().min(1).max(60), query: z.string().max(500) });

/** What a person chose for this machine. No secret is ever in here. */
export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  language: z.enum(['system', 'en', 'de', 'fr', 'pseudo']).default('system'),
  /** Start with the session, hidden in the tray. */
  startAtLogin: z.boolean().default(false),
  startHidden: z.boolean().default(false),
  notifications: z
    .object({
      lost: z.boolean().default(true),
      keyRefused: z.boolean().default(true),
      crashLoop: z.boolean().default(true),
      recovered: z.boolean().default(true),
      certificate: z.boolean().default(true),
    })
    .default({ lost: true, keyRefused: true, crashLoop: true, recovered: true, certificate: true }),
  /** The trace store's budget for bodies, in MiB, in memory only. */
  traceBudgetMiB: z.number().int().min(4).max(1024).default(64),
  logLevel: z.enum(logLevels).default('info'),
  savedFilters: z.array(savedFilterSchema).max(50).default([]),
  /** Whose tunnels were looked at last, by the origin of their control plane. */
  tunnelScopes: z.record(z.string().max(300), tunnelScopeSchema).default({}),
  /** Said once: that this desktop has no place for a tray icon, and that closing the window keeps the tunnels. */
  seen: z
    .object({ noTrayHost: z.boolean().default(false), closeKeepsRunning: z.boolean().default(false) })
    .default({ noTrayHost: false, closeKeepsRunning: false }),
});
export type Settings = z.infer<typeof settingsSchema>;

/** A change: what is left out stays, `notifications` and `seen` are merged. */
export const settingsPatchSchema = z
  .object({
    theme: settingsSchema.shape.theme.unwrap(),
    language: settingsSchema.shape.language.unwrap(),
    startAtLogin: z.boolean(),
    startHidden: z.boolean(),
    notifications: z
      .object({
        lost: z.boolean(),
        keyRefused: z.boolean(),
        crashLoop: z.boolean(),
        recovered: z.boolean(),
        certificate: z.boolean(),
      })
      .partial(),
    traceBudgetMiB: settingsSchema.shape.traceBudgetMiB.unwrap(),
    logLevel: z.enum(logLevels),
    savedFilters: settingsSchema.shape.savedFilters.unwrap(),
    tunnelScopes: settingsSchema.shape.tunnelScopes.unwrap(),
    seen: z.object({ noTrayHost: z.boolean(), closeKeepsRunning: z.boolean() }).partial(),
  })
  .partial()
  .strict();
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;
