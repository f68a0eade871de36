import { z } from 'zod';
import { tunnelErrorSchema } from './error-schema.ts';

/** Times are wall-clock milliseconds since the epoch: they are shown to people. Deadlines are monotonic and stay inside the engine. */
const time = z.number();

/**
 * State of a tunnel. *degraded* = polls succeed but a channel is not usable; *waiting* = no poll succeeds, a retry is
 * set; *unauthorised* = 401, 403 or 404: the key or the tunnel id is not taken, a person must act, retried slowly.
 */
export const tunnelStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stopped'), since: time, error: tunnelErrorSchema.optional() }),
  z.object({
    kind: z.literal('starting'),
    since: time,
    step: z.enum(['secrets', 'channels', 'server-wait', 'first-poll']),
  }),
  z.object({ kind: z.literal('connected'), since: time }),
  z.object({ kind: z.literal('degraded'), since: time, channels: z.array(z.string()) }),
  z.object({ kind: z.literal('waiting'), since: time, error: tunnelErrorSchema, attempt: z.number(), nextTryAt: time }),
  z.object({ kind: z.literal('unauthorised'), since: time, error: tunnelErrorSchema, nextTryAt: time }),
  z.object({ kind: z.literal('stopping'), since: time, inFlight: z.number(), forced: z.boolean() }),
]);
export type TunnelState = z.infer<typeof tunnelStateSchema>;

export const serverInfoSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  /** MCP revisions the server was seen to speak, newest first. */
  protocolVersions: z.array(z.string()),
  /** Names of tools, when they were listed. */
  tools: z.array(z.string()).optional(),
});
export type ServerInfo = z.infer<typeof serverInfoSchema>;

/** How a stdio child ended: exit code or signal, and the last lines of its stderr (secrets masked). */
export const childExitSchema = z.object({
  at: time,
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  stderr: z.array(z.string()),
});
export type ChildExit = z.infer<typeof childExitSchema>;

/** State of a channel, that is of one private MCP server behind the tunnel. */
export const channelStateSchema = z.discriminatedUnion('kind', [
  /** Not started, or an HTTP server nobody has called yet. */
  z.object({ kind: z.literal('idle'), since: time }),
  z.object({ kind: z.literal('starting'), since: time }),
  z.object({
    kind: z.literal('ready'),
    since: time,
    server: serverInfoSchema.optional(),
    pid: z.number().optional(),
    /** Callers of both MCP eras use the program, and each era has a process of its own: that of the other one. */
    secondPid: z.number().optional(),
    /** Calls of the 2025 era came before any `initialize`, and Culvert told their callers to begin anew; gone once one has. */
    uninitialized: z.object({ calls: z.number(), lastAt: time }).optional(),
  }),
  /** The child ended and is started again at `nextTryAt`. */
  z.object({ kind: z.literal('restarting'), since: time, exit: childExitSchema, attempt: z.number(), nextTryAt: time }),
  /** It ended too often in a row: needs a person, still retried slowly. */
  z.object({ kind: z.literal('crash-loop'), since: time, exit: childExitSchema, attempt: z.number(), nextTryAt: time }),
  /** It could not be started or reached at all. */
  z.object({ kind: z.literal('unusable'), since: time, error: tunnelErrorSchema, nextTryAt: time.optional() }),
  z.object({ kind: z.literal('stopped'), since: time }),
]);
export type ChannelState = z.infer<typeof channelStateSchema>;

export const channelSnapshotSchema = z.object({
  name: z.string(),
  transport: z.enum(['stdio', 'http', 'memory']),
  /** What a person recognises it by: program and arguments, or URL without credentials. */
  target: z.string(),
  state: channelStateSchema,
  inFlight: z.number(),
  lastAnswerAt: time.optional(),
  /** Calls in a row that this server gave no answer to: since when, how many, and why the last one. */
  failing: z.object({ since: time, calls: z.number(), error: tunnelErrorSchema }).optional(),
});
export type ChannelSnapshot = z.infer<typeof channelSnapshotSchema>;

export const certificateSchema = z.object({
  /** Whose it is: what the control plane or a server showed on the last connection, or our own client certificate. */
  of: z.enum(['control-plane', 'mcp-server', 'client']),
  subject: z.string(),
  notAfter: time,
});
export type CertificateSeen = z.infer<typeof certificateSchema>;

/** Whether a proxy lets a route through, as of the last look. */
export const proxyHealthSchema = z.object({
  route: z.enum(['control-plane', 'mcp', 'mcp-discovery', 'oauth', 'harpoon']),
  /** Channel or Harpoon label. */
  name: z.string().optional(),
  /** `scheme://host:port`. */
  proxy: z.string(),
  /** The setting or variable that names it. */
  source: z.string(),
  state: z.enum(['healthy', 'unhealthy']),
  checkedAt: time,
  succeededAt: time.optional(),
  ms: z.number().optional(),
  error: tunnelErrorSchema.optional(),
});
export type ProxyHealth = z.infer<typeof proxyHealthSchema>;

export const tunnelSnapshotSchema = z.object({
  /** The profile's immutable id; also the id of the running tunnel in this process. */
  id: z.string(),
  name: z.string(),
  tunnelId: z.string(),
  controlPlane: z.string(),
  state: tunnelStateSchema,
  channels: z.array(channelSnapshotSchema),
  /** From the control plane's metadata. */
  title: z.string().optional(),
  description: z.string().optional(),
  queue: z.object({ depth: z.number(), capacity: z.number() }),
  inFlight: z.number(),
  /** Of these, calls that a stage holds: they wait for no server. */
  held: z.number().optional(),
  /** When the oldest call that has no answer yet came. */
  oldestCallAt: time.optional(),
  /** The call that keeps its caller waiting first: nothing was heard of it since `since`, which is long from `longAt` on. */
  quietCall: z.object({ channel: z.string(), since: time, longAt: time }).optional(),
  pollsOut: z.number(),
  /** Since the start. */
  polls: z.object({ answered: z.number(), failed: z.number() }).optional(),
  /** Something between Culvert and the control plane closes quiet connections after `cutAfterMs`: polls now wait `waitMs`. */
  pollCut: z.object({ cutAfterMs: z.number(), waitMs: z.number() }).optional(),
  /** Calls seem to get lost before they come, or answers after they went. */
  silence: z
    .discriminatedUnion('kind', [
      z.object({
        kind: z.literal('silent'),
        channel: z.string(),
        silentMs: z.number(),
        rhythmMs: z.number(),
        others: z.number(),
      }),
      z.object({
        kind: z.literal('repeats'),
        channel: z.string(),
        method: z.string(),
        times: z.number(),
        withinMs: z.number(),
      }),
    ])
    .optional(),
  /** What the control plane answered last, word for word, secrets masked; of commands only how many there were. */
  lastWord: z
    .object({
      at: time,
      to: z.enum(['poll', 'answer']),
      status: z.number(),
      headers: z.array(z.string()),
      body: z.string(),
    })
    .optional(),
  counts: z.object({
    commands: z.number(),
    answered: z.number(),
    errors: z.number(),
    dropped: z.number(),
    duplicates: z.number(),
  }),
  lastPollAt: time.optional(),
  lastCommandAt: time.optional(),
  lastAnswerAt: time.optional(),
  /** Round trip of the last posted answer, in milliseconds: the distance to the control plane. A long poll's length is not one. */
  roundTripMs: z.number().optional(),
  /** Of every route that goes through a proxy. */
  proxies: z.array(proxyHealthSchema).optional(),
  certificates: z.array(certificateSchema).optional(),
});
export type TunnelSnapshot = z.infer<typeof tunnelSnapshotSchema>;

export { expiryError, expiryWarning, daysUntil } from './certificates.ts';
export type { TunnelErrorData } from './errors.ts';
