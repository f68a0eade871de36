import type { Fix } from '../../shared/doctor.ts';
import type { TunnelError } from '../../shared/errors.ts';
import { type Layer } from '../../shared/errors.ts';
import type { Evidence } from '../../shared/evidence.ts';
import { layerOf } from '../../shared/error-layer.ts';
import type { ChannelConfig, Profile } from '../../shared/profile.ts';
import type { TunnelSnapshot } from '../../shared/tunnel.ts';
import { asTunnelError } from '../base/as-tunnel-error.ts';
import type { Cancellation } from '../base/cancellation.ts';
import type { DoctorServices } from './services.ts';
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
