import { z } from 'zod';
import { channelNamePattern, tunnelIdPattern } from './names.ts';

/**
 * A value that may be a secret: `env:NAME`, `file:/path`, `keychain:<profile id>/<slot>`, or, for compatibility, a literal.
 * It is resolved late, by `SecretResolver`, and only the reference is ever stored, shown or sent to the renderer.
 */
export const secretRefSchema = z.string();
export type SecretRef = string;

const headers = z.record(z.string(), secretRefSchema);

const channelName = z.string().regex(channelNamePattern);

export const stdioChannelSchema = z.object({
  kind: z.literal('stdio'),
  name: channelName,
  /** Split into arguments like a shell's words; never run by a shell. */
  command: z.string().min(1),
  /** Set on top of the inherited environment less Culvert's own keys. */
  env: z.record(z.string(), secretRefSchema).default({}),
  cwd: z.string().optional(),
  concurrency: z.enum(['parallel', 'serial']).default('parallel'),
});

export const httpChannelSchema = z.object({
  kind: z.literal('http'),
  name: channelName,
  url: z.string(),
  /** Sent to this server beside those of `mcp.extraHeaders`, over which they win. */
  extraHeaders: headers.optional(),
  unixSocket: z.string().optional(),
  httpProxy: secretRefSchema.optional(),
  caBundle: z.string().optional(),
  clientCert: z.string().optional(),
  clientKey: z.string().optional(),
  clientKeyPassphrase: secretRefSchema.optional(),
});

export const channelConfigSchema = z.discriminatedUnion('kind', [stdioChannelSchema, httpChannelSchema]);
export type StdioChannelConfig = z.infer<typeof stdioChannelSchema>;
export type HttpChannelConfig = z.infer<typeof httpChannelSchema>;
export type ChannelConfig = z.infer<typeof channelConfigSchema>;

export const harpoonParameterSchema = z.object({
  type: z.string(),
  required: z.boolean(),
  description: z.string().optional(),
  pattern: z.string().optional(),
  enum: z.array(z.string()).optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  reservedValues: z.array(z.string()).optional(),
});
export type HarpoonParameter = z.infer<typeof harpoonParameterSchema>;

/** One operation with checked arguments (`harpoon.targets[].template`). */
export const harpoonTemplateSchema = z.object({
  origin: z.string(),
  method: z.literal('GET'),
  pathTemplate: z.string(),
  query: z.record(z.string(), z.string()).default({}),
  parameters: z.record(z.string(), harpoonParameterSchema),
  headers,
  allowedHeaders: z.array(z.string()).default([]),
});
export type HarpoonTemplate = z.infer<typeof harpoonTemplateSchema>;

export const harpoonTargetSchema = z.object({
  label: z.string(),
  /** The one address that may be called; of a template its origin. */
  url: z.string(),
  template: harpoonTemplateSchema.optional(),
  /** Paths below `url` may be called as well (`http_callout`). */
  allowsPaths: z.boolean().optional(),
  /** It is a GraphQL service, of which these operations may be run and nothing else. */
  graphql: z
    .object({ operations: z.array(z.string()), maxDepth: z.number().optional(), maxCost: z.number().optional() })
    .optional(),
  unixSocket: z.string().optional(),
  description: z.string().optional(),
  allowedMethods: z.array(z.string()).optional(),
  maxRequestBytes: z.number().optional(),
  maxResponseBytes: z.number().optional(),
  timeoutMs: z.number().optional(),
});

/** What traces keep of a tunnel's calls unless its profile says otherwise. */
export const defaultCapture = { bodies: true, maxBodyBytes: 1_048_576 } as const;

/** A tunnel's whole configuration, whatever file, flags or variables it came from. Durations are milliseconds. */
export const profileSchema = z.object({
  /** Immutable; keychain entries and approvals hang on it, renaming does not touch it. */
  id: z.string(),
  name: z.string(),
  controlPlane: z.object({
    baseUrl: z.string().default('https://api.openai.com'),
    urlPath: z.string().default(''),
    tunnelId: z.string().regex(tunnelIdPattern),
    apiKey: secretRefSchema.optional(),
    organizationId: z.string().optional(),
    unixSocket: z.string().optional(),
    clientCert: z.string().optional(),
    clientKey: z.string().optional(),
    clientKeyPassphrase: secretRefSchema.optional(),
    httpProxy: secretRefSchema.optional(),
    caBundle: z.string().optional(),
    extraHeaders: headers.default({}),
    pollTimeoutMs: z.number().default(30_000),
    /** The same until a poll was answered. */
    initialPollTimeoutMs: z.number().optional(),
    pollDeadlineGuardrailMs: z.number().default(5_000),
    /** Least time between two polls that came back empty at once. */
    pollIntervalMs: z.number().default(0),
    maxInflight: z.number().int().min(1).max(10_000).default(20),
    pollChannels: z.array(channelName).optional(),
    /** How many long polls may overlap; 1 = one at a time, as the reference. */
    maxPolls: z.number().int().min(1).max(64).default(8),
  }),
  channels: z.array(channelConfigSchema),
  mcp: z.object({
    httpProxy: secretRefSchema.optional(),
    caBundle: z.string().optional(),
    clientCert: z.string().optional(),
    clientKey: z.string().optional(),
    clientKeyPassphrase: secretRefSchema.optional(),
    extraHeaders: headers.default({}),
    discoveryExtraHeaders: headers.default({}),
    startupWaitMs: z.number().default(0),
    connectionMaxTtlMs: z.number().default(600_000),
    maxConcurrentRequests: z.number().int().min(1).default(10),
    /** Send `notifications/initialized` to stdio servers for callers that leave it out. */
    stdioSendInitialized: z.boolean().optional(),
    /** Copy a command's trace context into `params._meta`. */
    forwardTraceContext: z.boolean().optional(),
    /** Origins beside the server's own that OAuth discovery may ask. */
    oauthTrustedOrigins: z.array(z.string()).optional(),
  }),
  harpoon: z.object({
    targets: z.array(harpoonTargetSchema).default([]),
    allowPlaintextHttp: z.boolean().default(false),
    maxResponseBytes: z.number().default(102_400),
    maxRedirects: z.number().default(5),
    httpProxy: secretRefSchema.optional(),
    hostsIncludeSuffix: z.array(z.string()).default([]),
    hostsIncludeRegex: z.array(z.string()).default([]),
    hostsIncludeLoopback: z.boolean().default(true),
    hostsIncludePrivate: z.boolean().default(true),
    additionalTransports: z.array(z.literal('http-streamable')).optional(),
    capturePayloads: z.boolean().optional(),
  }),
  httpProxy: secretRefSchema.optional(),
  /** Hosts that the profile's own proxies are not used for, in the form of NO_PROXY's entries. */
  noProxy: z.array(z.string()).optional(),
  caBundle: z.string().optional(),
  proxyCheckIntervalMs: z.number().default(60_000),
  /** Culvert's own: start with the app; what traces keep. */
  /** One instance of a group serves the tunnel: `true`, `kubernetes`, or the folder of the lease file. */
  exclusive: z.string().optional(),
  startWithApp: z.boolean().default(false),
  capture: z.object({
    bodies: z.boolean().default(defaultCapture.bodies),
    maxBodyBytes: z.number().default(defaultCapture.maxBodyBytes),
  }),
});
export type Profile = z.infer<typeof profileSchema>;
