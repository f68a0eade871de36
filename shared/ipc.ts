import { z } from 'zod';
import { appDeltaSchema, appSnapshotSchema, destinationSchema } from './app.ts';
import { doctorRunSchema, fixSchema } from './doctor.ts';
import { candidatesSchema, commandDescriptionSchema, draftPatchSchema, draftSchema } from './draft.ts';
import type { TunnelErrorData } from './errors.ts';
import { droppedSchema } from './import-words.ts';
import { evidenceSchema, probeResultSchema } from './evidence.ts';
import { linkKeys } from './links.ts';
import { logLineSchema } from './log.ts';
import {
  adminKeyStateSchema,
  controlPlaneAtSchema,
  draftWaitSchema,
  managedTunnelSchema,
  newTunnelSchema,
  tunnelChangeSchema,
  tunnelScopeSchema,
} from './managed-tunnel.ts';
import { checkedTextSchema, profileDocumentSchema, profileFormSchema, saveResultSchema } from './profile-editor.ts';
import { settingsPatchSchema, settingsSchema } from './settings.ts';
import { logLevels } from './log-level.ts';
import { traceBodyPartSchema } from './trace.ts';
import { tunnelIdPattern } from './names.ts';
import {
  fileResultSchema,
  hiddenPlaceSchema,
  traceBodySchema,
  traceDetailSchema,
  traceWindowSchema,
  windowRequestSchema,
} from './trace-view.ts';

/**
 * The contract between the engine's process and whatever shows it: every call and every event once. Preload, handlers,
 * the renderer's API and the browser's transport are derived from it, so that a new call stops both sides from compiling
 * until it is handled. Arguments are parsed with these schemas in one wrapper, which also checks who is asking.
 * No secret is in any result: `secrets.set` and `management.setKey` are ways in, and nothing leads out.
 */
const call = <A extends z.ZodType, R extends z.ZodType>(args: A, result: R) => ({ args, result });

const nothing = z.void();
const id = z.string().min(1).max(200);
const byId = z.strictObject({ id });
const text = z.string().max(1_048_576);
const candidateIds = z.array(id).min(1).max(64);
const subscription = z.number().int();
const patiently = z.strictObject({ id, patience: draftWaitSchema.shape.why.optional() });
const at = controlPlaneAtSchema;
const tunnelId = z.string().regex(tunnelIdPattern);
/** Which calls: these, or all that match a filter (empty = all). */
const selection = z.union([
  z.strictObject({ ids: z.array(z.number()).min(1).max(100_000) }),
  z.strictObject({ query: z.string().max(500) }),
]);

export const calls = {
  /** Everything once. From here on `app.delta` follows, without a gap. */
  'app.snapshot': call(nothing, appSnapshotSchema),
  'app.about': call(
    nothing,
    z.object({
      licences: z.array(z.object({ name: z.string(), version: z.string(), licence: z.string(), text: z.string() })),
    }),
  ),

  'tunnels.start': call(byId, nothing),
  /** Drains; a second call while it is stopping forces. */
  'tunnels.stop': call(byId, nothing),
  'tunnels.startAll': call(nothing, nothing),
  'tunnels.stopAll': call(nothing, nothing),
  /** Stops it and starts it again after `minutes`; starting it ends the pause. */
  'tunnels.pause': call(z.strictObject({ id, minutes: z.number().int().min(1).max(1440) }), nothing),
  /** One try now of whatever waits. */
  'tunnels.retry': call(byId, nothing),

  'approvals.describe': call(z.strictObject({ id, channel: z.string() }), commandDescriptionSchema),
  /** For exactly the command that was shown; anything else is `command_not_approved`. */
  'approvals.approve': call(z.strictObject({ id, channel: z.string(), hash: z.string() }), nothing),

  'profiles.get': call(byId, profileDocumentSchema),
  /** Nothing is saved. */
  'profiles.check': call(z.strictObject({ id, text }), checkedTextSchema),
  /** The form's values written into the text, comments and order kept. Nothing is saved. */
  'profiles.render': call(z.strictObject({ id, text, profile: profileFormSchema }), checkedTextSchema),
  /** One connection the way the text says, to the control plane or to a server of it: nothing is asked, nothing is saved. */
  'profiles.testRoute': call(
    z.discriminatedUnion('purpose', [
      z.strictObject({ id, text, purpose: z.literal('control-plane') }),
      z.strictObject({ id, text, purpose: z.literal('mcp'), channel: z.string().max(64) }),
    ]),
    probeResultSchema,
  ),
  /** Servers that were found, as further channels. What is secret of them waits in main until the text is saved. */
  'profiles.addServers': call(
    z.strictObject({ id, text, candidates: candidateIds }),
    checkedTextSchema.extend({ added: z.array(z.object({ channel: z.string(), dropped: z.array(droppedSchema) })) }),
  ),
  /** What was typed in the editor and was not saved is gone: secrets that wait for it in main, too. */
  'profiles.discard': call(byId, nothing),
  'profiles.save': call(z.strictObject({ id, text, revision: z.string() }), saveResultSchema),
  'profiles.create': call(z.strictObject({ name: z.string().min(1).max(100) }), z.object({ id: z.string() })),
  /** Gives its file another name; what hangs on its id stays. */
  'profiles.rename': call(z.strictObject({ id, name: z.string().min(1).max(100) }), z.object({ id: z.string() })),
  'profiles.duplicate': call(byId, z.object({ id: z.string() })),
  'profiles.delete': call(byId, z.object({ undo: z.string() })),
  'profiles.undoDelete': call(z.strictObject({ undo: z.string() }), z.object({ id: z.string() })),
  /** Without `text` a file dialog asks. `undefined` = cancelled. */
  'profiles.import': call(
    z.strictObject({ name: z.string().max(100).optional(), text: text.optional() }),
    z.object({ id: z.string() }).optional(),
  ),
  'profiles.export': call(
    z.strictObject({ id, format: z.enum(['culvert', 'reference-yaml']) }),
    z.object({
      file: fileResultSchema,
      /** Settings that the other format has no place for, and references that became `env:`. */
      dropped: z.array(z.string()),
    }),
  ),

  /** `owner` is a profile or a draft. The value waits in main until that is saved, and is forgotten with it. */
  'secrets.set': call(
    z.strictObject({ owner: id, slot: z.string().min(1).max(400), value: z.string().min(1).max(32_768) }),
    z.object({ ref: z.string() }),
  ),
  'secrets.delete': call(z.strictObject({ owner: id, slot: z.string().min(1).max(400) }), nothing),
  'secrets.has': call(
    z.strictObject({ owner: id, slots: z.array(z.string().max(400)).max(200) }),
    z.record(z.string(), z.boolean()),
  ),

  /** Another runtime key for what runs, in the place that its profile names: the next request uses it. */
  'secrets.replaceKey': call(z.strictObject({ owner: id, value: z.string().min(1).max(32_768) }), nothing),

  'candidates.list': call(nothing, candidatesSchema),
  /** A draft of its own, or of servers that were found, one a channel; what is secret of them waits with the draft. */
  'drafts.create': call(z.strictObject({ candidates: candidateIds.optional() }), draftSchema),
  /** Adds servers that were found. */
  'drafts.add': call(z.strictObject({ id, candidates: candidateIds }), draftSchema),
  'drafts.get': call(byId, draftSchema),
  'drafts.update': call(z.strictObject({ id, patch: draftPatchSchema }), draftSchema),
  /** `key` is that of a server of the draft. */
  'drafts.describe': call(z.strictObject({ id, key: id }), commandDescriptionSchema),
  'drafts.approve': call(z.strictObject({ id, key: id, hash: z.string() }), nothing),
  /** Probes tell each step by `draft.evidence` while they run. */
  'drafts.probeServer': call(z.strictObject({ id, key: id }), probeResultSchema),
  /**
   * Metadata proves Read; Use is proved by a real poll of a tunnel that is started from the draft and stays. A refusal of
   * a tunnel that was created here moments ago is waited out, and with `patience` any that time may end: `draft.waiting`
   * tells of it, and `drafts.cancelProbe` ends it with the last refusal as the result.
   */
  'drafts.probeControlPlane': call(patiently, probeResultSchema),
  'drafts.probeKey': call(patiently, probeResultSchema),
  'drafts.cancelProbe': call(byId, nothing),
  /** Saves it as a profile; its tunnel goes on running. */
  'drafts.adopt': call(byId, z.object({ id: z.string() })),
  'drafts.discard': call(byId, nothing),

  /**
   * Tunnels at a control plane, with its admin key; all but the first three reject with `admin_key_missing` without one,
   * and with `admin_key_refused` or `management_forbidden` when it is not good enough.
   */
  'management.keyState': call(z.strictObject({ at }), adminKeyStateSchema),
  /** Rejects with `key_is_runtime`. Replaces the one there was. */
  'management.setKey': call(z.strictObject({ at, key: z.string().min(1).max(4096) }), adminKeyStateSchema),
  'management.forgetKey': call(z.strictObject({ at }), adminKeyStateSchema),
  'management.list': call(z.strictObject({ at, scope: tunnelScopeSchema }), z.array(managedTunnelSchema)),
  'management.get': call(z.strictObject({ at, id: tunnelId }), managedTunnelSchema),
  'management.create': call(z.strictObject({ at, tunnel: newTunnelSchema }), managedTunnelSchema),
  'management.update': call(z.strictObject({ at, id: tunnelId, change: tunnelChangeSchema }), managedTunnelSchema),
  'management.delete': call(z.strictObject({ at, id: tunnelId }), managedTunnelSchema),

  /** Relay, server and tunnel on this machine, and one real call through them. A second start answers with what runs. */
  'demo.start': call(
    nothing,
    z.object({
      tunnel: z.string(),
      mcpUrl: z.string(),
      tool: z.string(),
      answer: z.string(),
      ms: z.number(),
      trace: z.number().optional(),
    }),
  ),
  'demo.stop': call(nothing, nothing),

  'traces.subscribe': call(
    z.strictObject({ query: z.string().max(500), window: windowRequestSchema }),
    z.object({ subscription: z.number(), window: traceWindowSchema }),
  ),
  'traces.window': call(z.strictObject({ subscription, window: windowRequestSchema }), traceWindowSchema),
  'traces.unsubscribe': call(z.strictObject({ subscription }), nothing),
  /** `undefined` = no longer kept. */
  'traces.get': call(z.strictObject({ id: z.number() }), traceDetailSchema.optional()),
  'traces.body': call(z.strictObject({ id: z.number(), part: traceBodyPartSchema }), traceBodySchema),
  /** One hidden value, as JSON text for a body and as it is for a header. Not remembered. */
  'traces.reveal': call(z.strictObject({ id: z.number(), place: hiddenPlaceSchema }), z.object({ value: z.string() })),
  'traces.pin': call(z.strictObject({ ids: z.array(z.number()).max(10_000), pinned: z.boolean() }), nothing),
  /** All but the pinned. */
  'traces.clear': call(nothing, z.object({ cleared: z.number() })),
  'traces.export': call(selection, fileResultSchema),
  'traces.copyAs': call(
    z.strictObject({ id: z.number(), format: z.enum(['curl', 'json-rpc']) }),
    z.object({ text: z.string() }),
  ),
  /** What the filter bar offers: values seen among the calls that are kept. */
  'traces.values': call(
    nothing,
    z.object({
      tunnels: z.array(z.string()),
      channels: z.array(z.string()),
      methods: z.array(z.string()),
      tools: z.array(z.string()),
    }),
  ),

  'doctor.run': call(z.strictObject({ profile: id.optional() }), doctorRunSchema),
  'doctor.cancel': call(nothing, nothing),
  /** What it would change, to be shown first. */
  'doctor.previewFix': call(byId, fixSchema),
  'doctor.applyFix': call(byId, nothing),
  'doctor.report': call(nothing, z.object({ text: z.string() })),

  /** The last lines; while following, `logs.lines` brings the new ones. */
  'logs.follow': call(
    z.strictObject({ limit: z.number().int().min(1).max(5000) }),
    z.object({ lines: z.array(logLineSchema), level: z.enum(logLevels) }),
  ),
  'logs.unfollow': call(nothing, nothing),

  'settings.get': call(nothing, settingsSchema),
  'settings.set': call(settingsPatchSchema, settingsSchema),

  'system.open': call(z.strictObject({ link: z.enum(linkKeys) }), nothing),
  'system.copy': call(z.strictObject({ text: z.string().max(10_485_760) }), nothing),
  'system.showProfile': call(byId, nothing),
  'system.chooseFolder': call(nothing, z.string().optional()),
  'system.diagnostics': call(nothing, z.object({ text: z.string() })),
  'system.supportBundle': call(nothing, fileResultSchema),
  'system.quit': call(nothing, nothing),

  /** The same pages in a browser: an address with a token that works once. */
  'browser.address': call(nothing, z.object({ url: z.string() })),
  /** Ends every browser's session. */
  'browser.revoke': call(nothing, nothing),
} as const;

export const events = {
  'app.delta': appDeltaSchema,
  'app.navigate': destinationSchema,
  'draft.evidence': z.object({
    id: z.string(),
    probe: z.enum(['server', 'control-plane', 'key']),
    /** The server that is probed. */
    key: z.string().optional(),
    evidence: evidenceSchema,
  }),
  /** A probe waits for what time may change; without `wait` it no longer does. */
  'draft.waiting': z.object({ id: z.string(), wait: draftWaitSchema.optional() }),
  /** At most ten a second and subscription; a window that did not change is not sent. */
  'traces.delta': z.object({ subscription: z.number(), window: traceWindowSchema }),
  'logs.lines': z.object({ lines: z.array(logLineSchema), dropped: z.number() }),
} as const;

export type CallName = keyof typeof calls;
export type EventName = keyof typeof events;

/** What a caller passes, what a handler gets (parsed, defaults filled in), and what comes back. */
export type CallArgs<N extends CallName> = z.input<(typeof calls)[N]['args']>;
export type HandlerArgs<N extends CallName> = z.output<(typeof calls)[N]['args']>;
export type CallResult<N extends CallName> = z.output<(typeof calls)[N]['result']>;
export type EventPayload<N extends EventName> = z.output<(typeof events)[N]>;

/** Errors cross the border as data, never as a rejected promise: IPC would turn them into strings. */
export type Reply<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: TunnelErrorData };

/** One window or browser session. Its subscriptions end with it. */
export interface Caller {
  readonly id: string;
  readonly host: 'window' | 'browser';
  /** A `browser` that is the command line of this account: it came with the instance's own token. */
  readonly isCommandLine?: boolean;
  send<N extends EventName>(event: N, payload: EventPayload<N>): void;
  /** Runs when the window or session is gone. */
  onGone(cleanUp: () => void): void;
}

/** What main implements. A handler throws `TunnelError`; the wrapper makes a `Reply` of it. */
export type Handlers = {
  readonly [N in CallName]: (args: HandlerArgs<N>, caller: Caller) => CallResult<N> | Promise<CallResult<N>>;
};

/** What preload puts into the window as `culvert`; the browser's transport has the same shape. */
export interface Transport {
  call<N extends CallName>(name: N, args: CallArgs<N>): Promise<Reply<CallResult<N>>>;
  on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void;
  /** Told when the other side went away or came back; after it came back everything is asked for again. */
  onConnection?(listener: (up: boolean) => void): () => void;
}

export const callNames = Object.keys(calls) as CallName[];
