import type { Fix } from '../../shared/doctor.ts';
import { TunnelError, type Layer } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { layerOf } from '../../shared/messages.ts';
import type { ChannelConfig, Profile } from '../../shared/profile.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import type { Platform } from '../api/platform.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { Probes } from '../diagnosis/probes.ts';
import type { Environment } from '../mcp/process-environment.ts';
import type { RouteDeps } from '../network/routes.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import type { SecretResolver } from '../secrets/secret-resolver.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { Cancellation } from '../tunnel/cancellation.ts';
import type { TunnelManager } from '../tunnel/tunnel-manager.ts';
import type { Way } from './way.ts';

/** A change that the doctor can make once a person has seen `fix`. */
export interface PlannedFix {
  readonly fix: Omit<Fix, 'id'>;
  /** Checks of the same profile that look at what it changes, beside the one that offers it and those that stand on it. */
  readonly looksAgain?: readonly string[];
  apply(): Promise<void>;
}

/** What a check found. Its state is the worst outcome of its evidence. */
export interface Finding {
  readonly evidence: readonly Evidence[];
  readonly fix?: PlannedFix;
}

/** What the checks work with: the same in the app, in `culvert doctor` and in tests. */
export interface DoctorServices {
  readonly env: Environment;
  readonly secrets: SecretResolver;
  readonly secretStore: () => SecretStore;
  readonly probes: Probes;
  readonly manager: TunnelManager;
  /** The app's: as the engine's routes have it. */
  readonly systemProxy?: RouteDeps['systemProxy'];
  /** The PATH that programs are looked up on. */
  readonly searchPath: () => Promise<string>;
  /** Asks the login shell for its PATH; `refresh`, where this process remembers one, makes its answer the one above. */
  readonly loginPath?: { readonly ask: () => Promise<string>; readonly refresh?: () => Promise<void> };
  readonly store: ProfileStore;
  /** Absent where whoever asks has typed the command: then it needs no consent. */
  readonly approvals?: Pick<Approvals, 'describe' | 'require'>;
  /** Where the processes of this account find each other, and Culvert's own folder. */
  readonly runtimeFolder: string;
  readonly folder: string;
  /** What only a host with a desktop has. */
  readonly desktop?: {
    readonly tray: () => 'shown' | 'no-host' | 'none';
    /** What the settings say, and what the system says; no entry where this host cannot start at login. */
    readonly startAtLogin: () => Promise<{
      readonly wanted: boolean;
      readonly entry: Awaited<ReturnType<NonNullable<Platform['loginEntry']>>> | undefined;
    }>;
    readonly setStartAtLogin: (wanted: boolean) => Promise<void>;
  };
  readonly platform?: NodeJS.Platform;
  /** Wall-clock milliseconds. */
  readonly now?: () => number;
}

/** A profile as the doctor was given it: what it says, or why it says nothing. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly file?: string;
  readonly profile?: Profile;
  readonly error?: TunnelError;
  /** It is in the store: its file can be changed. */
  readonly stored: boolean;
  /** Where its process listens when it is run from here: `null` = the default, which moves on when it is taken. */
  readonly listen?: string | null;
}

export interface MachineLook {
  readonly services: DoctorServices;
  readonly subjects: readonly Subject[];
  readonly cancellation: Cancellation;
}
export interface ProfileLook extends MachineLook {
  readonly subject: Subject;
  readonly profile: Profile;
  readonly way: Way;
  readonly running: TunnelSnapshot | undefined;
}
export interface ChannelLook extends ProfileLook {
  readonly channel: ChannelConfig;
}

export interface CheckWords {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** Checks of the same profile and channel, or of the machine, without which this one proves nothing. */
  readonly after?: readonly string[];
  /** Checks of the same profile's commands beside which it must not run: two of one server may fight over a port or a file. */
  readonly behindCommands?: readonly string[];
  /** Milliseconds; past it the check fails. Default 15,000. */
  readonly limitMs?: number;
}
export type MachineCheck = CheckWords & { readonly scope: 'machine'; run(look: MachineLook): Promise<Finding> };
export type SubjectCheck = CheckWords & {
  readonly scope: 'subject';
  run(look: MachineLook & { readonly subject: Subject }): Promise<Finding>;
};
export type ProfileCheck = CheckWords & { readonly scope: 'profile'; run(look: ProfileLook): Promise<Finding> };
export type ChannelCheck = CheckWords & {
  readonly scope: 'channel';
  readonly kind?: ChannelConfig['kind'];
  run(look: ChannelLook): Promise<Finding>;
};

type Facts = Evidence['facts'];

const evidence = (step: string, layer: Layer, rest: Pick<Evidence, 'outcome' | 'facts'> & Partial<Evidence>) =>
  ({ step, layer, at: Date.now(), ...rest }) satisfies Evidence;

export const passed = (step: string, layer: Layer, facts: Facts = {}): Evidence =>
  evidence(step, layer, { outcome: 'pass', facts });

/** Not looked at, and why: `reason` is a half-sentence for people. */
export const skipped = (step: string, layer: Layer, reason: string): Evidence =>
  evidence(step, layer, { outcome: 'skip', facts: { reason } });

export const failed = (step: string, error: TunnelError, outcome: 'fail' | 'warn' = 'fail', facts: Facts = {}) =>
  evidence(step, layerOf(error), { outcome, facts, error: error.toJSON() });

export const warned = (step: string, layer: Layer, summary: string, facts: Facts = {}): Evidence =>
  evidence(step, layer, { outcome: 'warn', facts: { ...facts, summary } });

export const asTunnelError = (cause: unknown): TunnelError =>
  cause instanceof TunnelError ? cause : new TunnelError('internal', 'local', {}, { cause });

/** Runs what proves a step; what it throws is the step's failure. */
export async function prove(step: string, layer: Layer, work: () => Facts | Promise<Facts>): Promise<Evidence> {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  try {
    const facts = await work();
    return { ...passed(step, layer, facts), ms: ms() };
  } catch (cause) {
    return { ...failed(step, asTunnelError(cause)), ms: ms() };
  }
}
