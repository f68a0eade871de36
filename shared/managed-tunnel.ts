import { z } from 'zod';
import { tunnelErrorSchema } from './error-schema.ts';

const ownerIds = z
  .array(z.string().trim().min(1).max(200))
  .max(100)
  .refine((ids) => new Set(ids).size === ids.length, { error: 'an id is named twice' });

/** A tunnel as the control plane's management API knows it: whether anything here runs it is another matter. */
export const managedTunnelSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  creator: z.string().optional(),
  organizationIds: z.array(z.string()),
  workspaceIds: z.array(z.string()),
  tenantIds: z.array(z.string()),
});
export type ManagedTunnel = z.infer<typeof managedTunnelSchema>;

/** Whose tunnels: the service lists those of exactly one owner. */
export const tunnelScopeSchema = z.strictObject({
  kind: z.enum(['organization', 'workspace', 'tenant']),
  id: z.string().trim().min(1).max(200),
});
export type TunnelScope = z.infer<typeof tunnelScopeSchema>;

const fields = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2000),
  organizationIds: ownerIds,
  workspaceIds: ownerIds,
  tenantIds: ownerIds,
});

export const newTunnelSchema = fields.refine(
  ({ organizationIds, workspaceIds }) => organizationIds.length + workspaceIds.length > 0,
  { error: 'a tunnel belongs to at least one organization or workspace', path: ['organizationIds'] },
);
export type NewTunnel = z.input<typeof newTunnelSchema>;

/** What is left out stays; a list that is given replaces the one there was. */
export const tunnelChangeSchema = fields
  .partial()
  .refine((change) => Object.keys(change).length > 0, { error: 'nothing is to change' });
export type TunnelChange = z.input<typeof tunnelChangeSchema>;

/** Which control plane: that of a draft or a profile, with its proxy, certificates and authorities, or one by its address alone. */
export const controlPlaneAtSchema = z.union([
  z.strictObject({ draft: z.string().min(1).max(200) }),
  z.strictObject({ profile: z.string().min(1).max(200) }),
  z.strictObject({ baseUrl: z.string().min(1).max(4096) }),
]);
export type ControlPlaneAt = z.infer<typeof controlPlaneAtSchema>;

/** Where the admin key of a control plane is, never the key; `memory` = until Culvert quits, since there is no keychain. */
export const adminKeyStateSchema = z.object({
  /** One key for each: a key is never sent to another address than the one it was given for. */
  origin: z.string(),
  kept: z.enum(['keychain', 'memory', 'none']),
});
export type AdminKeyState = z.infer<typeof adminKeyStateSchema>;

/** A refusal that time may change: a tunnel that was just created, or a role that was just given. Times are wall-clock milliseconds. */
export const draftWaitSchema = z.object({
  why: z.enum(['new-tunnel', 'new-role']),
  since: z.number(),
  /** When it is given up. */
  until: z.number(),
  attempts: z.number().int(),
  nextTryAt: z.number(),
  /** What the control plane answered last. */
  error: tunnelErrorSchema,
});
export type DraftWait = z.infer<typeof draftWaitSchema>;
